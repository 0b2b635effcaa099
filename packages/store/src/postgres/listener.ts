import { setTimeout as delay } from 'node:timers/promises'
import { fullJitterMs } from '@ikoma/kernel'
import { clientConfig, type Log, withClient } from './connection.ts'

interface ListenerOptions {
  url: string
  hear: (payload: string) => void
  /** Called when listening begins, and begins again: what was said meanwhile is lost. */
  catchUp: () => void
  log: Log
}

const backoff = { baseMs: 200, capMs: 10_000 }
/** Finds out that a connection is dead although nothing said so. */
const probeEveryMs = 10_000

/** Listens on a connection of its own for as long as it takes: whenever that breaks, on another one. */
export function openListener({ url, hear, catchUp, log }: ListenerOptions): { close(): Promise<void> } {
  const closing = new AbortController()
  const run = async () => {
    for (let failures = 0; !closing.signal.aborted; failures += 1) {
      try {
        await listenOnce({
          url,
          hear,
          closing: closing.signal,
          onListening: () => {
            failures = 0
            catchUp()
          },
        })
      } catch (error) {
        if (!closing.signal.aborted) log('listening for notifications was interrupted', error)
      }
      const pause = fullJitterMs(backoff, failures + 1, Math.random())
      await delay(pause, undefined, { signal: closing.signal, ref: false }).catch(() => undefined)
    }
  }
  const running = run()
  return {
    async close() {
      closing.abort()
      await running
    },
  }
}

interface ListenOnce {
  url: string
  hear: (payload: string) => void
  onListening: () => void
  closing: AbortSignal
}

/** Resolves when closing, rejects when the connection breaks. */
async function listenOnce({ url, hear, onListening, closing }: ListenOnce): Promise<void> {
  await withClient(clientConfig(url), async (client) => {
    const broken = new AbortController()
    client.on('end', () => broken.abort())
    client.on('notification', ({ payload }) => hear(payload ?? ''))
    await client.query('listen ikoma')
    onListening()
    const over = AbortSignal.any([closing, broken.signal])
    while (!over.aborted) {
      await delay(probeEveryMs, undefined, { signal: over, ref: false }).catch(() => undefined)
      if (!closing.aborted) await client.query('select 1')
    }
  })
}
