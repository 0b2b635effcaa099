import { createHash } from 'node:crypto'
import { mkdir, readdir, readFile, rm } from 'node:fs/promises'
import { join } from 'node:path'
import { type LogChunkBody, logChunkBody } from '@ikoma/api'
import type { Backoff, Clock } from '@ikoma/kernel'
import * as z from 'zod'
import { replaceFile } from '../host/durable-file.ts'
import type { Logger } from '../logger.ts'
import { Comeback } from '../protocol/comeback.ts'
import type { Hold } from '../protocol/control-plane-client.ts'
import { messageOf, retryDelayMs, troubleOf } from '../protocol/trouble.ts'
import { missingLine } from './log-stream.ts'

export interface LogOutboxDeps {
  /** Where the lines lie until they are taken; of this runner alone. */
  folder: string
  send(hold: Hold, chunk: LogChunkBody, signal: AbortSignal): Promise<{ truncated: boolean }>
  clock: Clock
  logger: Logger
  /** Most that all logs may take on the disk. */
  maxBytes?: number
  /** Most of one log that is kept in memory when the disk takes nothing. */
  maxMemoryBytes?: number
  backoff?: Backoff
  /** Ends its pauses. */
  comeback?: Comeback
}

const defaultMaxBytes = 16 * 1024 * 1024
const defaultMaxMemoryBytes = 256 * 1024
const defaultBackoff = { baseMs: 1_000, capMs: 60_000 }

const keptSchema = z.object({ orderId: z.string(), lease: z.string(), chunks: z.array(logChunkBody) })
type Kept = z.infer<typeof keptSchema>

/**
 * The ends of logs that the control plane was not there to take: on disk within a bound, and told until they are taken,
 * across restarts. A chunk keeps its number, by which it is stored once. Where there is no room the end is what is kept,
 * and a line says how many are missing before it.
 */
export class LogOutbox {
  readonly #deps: LogOutboxDeps
  readonly #closed = new AbortController()
  /** What the disk did not take, by file name. */
  readonly #inMemory = new Map<string, Kept>()
  readonly #sizes = new Map<string, number>()
  readonly #underway = new Map<string, Promise<boolean>>()
  readonly #later = new Set<Promise<void>>()

  constructor(deps: LogOutboxDeps) {
    this.#deps = deps
  }

  /** Goes on telling what an earlier process left. */
  async start(): Promise<void> {
    const { folder } = this.#deps
    const names = await readdir(folder).catch(() => [])
    for (const name of names.filter((each) => each.endsWith('.json'))) {
      this.#sizes.set(name, 0)
      this.#tellLater(name)
    }
  }

  /** Keeps what is left of an attempt's log. Never rejects: what cannot be kept is counted in the log itself. */
  async keep({ orderId, lease }: Hold, chunks: LogChunkBody[]): Promise<void> {
    if (chunks.length === 0) return
    const { folder, logger, maxBytes = defaultMaxBytes, maxMemoryBytes = defaultMaxMemoryBytes } = this.#deps
    const name = fileOf(lease)
    const used = [...this.#sizes.values()].reduce((sum, size) => sum + size, 0)
    const kept = { orderId, lease, chunks: this.#ending(chunks, Math.max(maxBytes - used, maxMemoryBytes)) }
    try {
      await mkdir(folder, { recursive: true, mode: 0o700 })
      const text = JSON.stringify(kept)
      await replaceFile(join(folder, name), text)
      this.#sizes.set(name, Buffer.byteLength(text))
    } catch (error) {
      logger.error({ orderId, error: messageOf(error) }, 'The end of a log cannot be put on the disk.')
      this.#inMemory.set(name, { ...kept, chunks: this.#ending(chunks, maxMemoryBytes) })
      this.#sizes.set(name, 0)
    }
  }

  /** Tries once to tell what is kept of this claim's log; the rest goes on behind the caller's back. Never rejects. */
  async deliver({ lease }: Hold): Promise<void> {
    const name = fileOf(lease)
    if (this.#sizes.has(name) && !(await this.#tell(name))) this.#tellLater(name)
  }

  async close(): Promise<void> {
    this.#closed.abort()
    await Promise.all(this.#later)
  }

  /** The last chunks that fit, behind a line for those that do not. */
  #ending(chunks: LogChunkBody[], maxBytes: number): LogChunkBody[] {
    const ending: LogChunkBody[] = []
    let bytes = 0
    for (const chunk of chunks.toReversed()) {
      bytes += Buffer.byteLength(JSON.stringify(chunk))
      if (bytes > maxBytes) break
      ending.unshift(chunk)
    }
    const cut = chunks.slice(0, chunks.length - ending.length)
    const last = cut.at(-1)
    if (last === undefined) return ending
    const count = cut.reduce((sum, { lines }) => sum + lines.length, 0)
    return [{ seq: last.seq, lines: [this.#line(missingLine(count, 'spool'))] }, ...ending]
  }

  #line(text: string): LogChunkBody['lines'][number] {
    return { at: this.#deps.clock.now(), stream: 'runner', text }
  }

  #tellLater(name: string): void {
    const { backoff = defaultBackoff, comeback = new Comeback() } = this.#deps
    const telling = (async () => {
      for (let tries = 1; !this.#closed.signal.aborted; tries += 1) {
        if (await this.#tell(name)) return
        await comeback.pause(retryDelayMs(null, backoff, tries), this.#closed.signal)
      }
    })().finally(() => this.#later.delete(telling))
    this.#later.add(telling)
  }

  /** One after the other for each log. True when nothing of it is left to be told. */
  #tell(name: string): Promise<boolean> {
    const telling = this.#underway.get(name) ?? this.#tellNow(name).finally(() => this.#underway.delete(name))
    this.#underway.set(name, telling)
    return telling
  }

  async #tellNow(name: string): Promise<boolean> {
    const { logger } = this.#deps
    const kept = this.#inMemory.get(name) ?? (await this.#read(name))
    try {
      if (kept) await this.#sendAll(kept)
    } catch (error) {
      if (this.#closed.signal.aborted || troubleOf(error) !== 'lost') return false
      logger.warn({ orderId: kept?.orderId, error: messageOf(error) }, 'The end of a log is not wanted any more.')
    }
    this.#inMemory.delete(name)
    this.#sizes.delete(name)
    await rm(join(this.#deps.folder, name), { force: true }).catch(() => {})
    return true
  }

  async #sendAll({ orderId, lease, chunks }: Kept): Promise<void> {
    const { send } = this.#deps
    let refused = 0
    for (const chunk of chunks) {
      try {
        await send({ orderId, lease }, chunk, this.#closed.signal)
      } catch (error) {
        if (troubleOf(error) !== 'refused') throw error
        refused += chunk.lines.length
      }
    }
    if (refused === 0) return
    const seq = (chunks.at(-1)?.seq ?? 0) + 1
    await send({ orderId, lease }, { seq, lines: [this.#line(missingLine(refused, 'refused'))] }, this.#closed.signal)
  }

  /** Null for what no process of ours wrote whole. */
  async #read(name: string): Promise<Kept | null> {
    try {
      return keptSchema.safeParse(JSON.parse(await readFile(join(this.#deps.folder, name), 'utf8'))).data ?? null
    } catch (error) {
      this.#deps.logger.error({ name, error: messageOf(error) }, 'The kept end of a log cannot be read.')
      return null
    }
  }
}

function fileOf(lease: string): string {
  return `${createHash('sha256').update(lease).digest('hex').slice(0, 32)}.json`
}
