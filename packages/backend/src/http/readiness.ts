import { Socket } from 'node:net'
import { withDeadline } from '@ikoma/kernel'
import type { Log } from '@ikoma/kernel/node'
import pg from 'pg'

/** An answer is due within two seconds, whatever the database does. */
const probeMs = 1_500

interface Connection {
  client: pg.Client
  socket: Socket
}

/**
 * Whether the database answers, on a connection of its own: a pool that is used up is no reason to be taken out. One probe
 * at a time, whose answer all get who ask meanwhile.
 */
export class Readiness {
  readonly #url: string | null
  readonly #log: Log
  #connection: Connection | null = null
  #probing: Promise<boolean> | null = null
  #draining = false

  constructor({ url, log }: { url: string | null; log: Log }) {
    this.#url = url
    this.#log = log
  }

  /** From here on it is not ready, so that whoever balances load sends no more. */
  drain(): void {
    this.#draining = true
  }

  get draining(): boolean {
    return this.#draining
  }

  async isReady(): Promise<boolean> {
    if (this.#draining) return false
    if (this.#url === null) return true
    this.#probing ??= this.#probe(this.#url).finally(() => {
      this.#probing = null
    })
    // It may have begun to stop meanwhile.
    return (await this.#probing) && !this.#draining
  }

  close(): void {
    this.#drop()
  }

  async #probe(url: string): Promise<boolean> {
    try {
      await withDeadline(this.#ask(url), probeMs, () => new Error(`no answer within ${probeMs} ms`))
      return true
    } catch (error) {
      this.#log.warn({ err: error }, 'the database does not answer')
      this.#drop()
      return false
    }
  }

  async #ask(url: string): Promise<void> {
    if (!this.#connection) {
      const socket = new Socket()
      const client = new pg.Client({ connectionString: url, application_name: 'readyz', stream: () => socket })
      const connection = { client, socket }
      // The server may end it between two probes.
      client.on('error', () => this.#drop(connection))
      client.on('end', () => this.#drop(connection))
      this.#connection = connection
      await client.connect()
    }
    await this.#connection?.client.query('SELECT 1')
  }

  /** Not `end()`, which waits for the server. */
  #drop(connection = this.#connection): void {
    if (this.#connection === connection) this.#connection = null
    connection?.socket.destroy()
  }
}
