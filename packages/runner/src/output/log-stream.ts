import type { Readable } from 'node:stream'
import type { LogChunkBody } from '@ikoma/api'
import type { Backoff, Clock } from '@ikoma/kernel'
import type { Logger } from '../logger.ts'
import { Bell, pause } from '../protocol/pause.ts'
import { messageOf, retryDelayMs, troubleOf } from '../protocol/trouble.ts'
import { LineSplitter } from './line-splitter.ts'
import { type Redaction, storable } from './redact.ts'

type Line = LogChunkBody['lines'][number]

export interface LogStreamDeps {
  send(chunk: LogChunkBody, signal: AbortSignal): Promise<{ truncated: boolean }>
  redaction: Redaction
  clock: Clock
  logger: Logger
  /** Aborts when the order is being stopped: from then on nothing waits for the network. */
  signal: AbortSignal
  /** Most that one attempt sends. */
  maxBytes?: number
  backoff?: Backoff
}

/** Why lines are missing; said at the end of the log, with how many they are. */
const missingBecause = {
  full: 'the log of one attempt is full',
  order_full: 'the log of this order is full',
  stopped: 'they came faster than they could be sent while the order was being stopped',
  refused: 'the control plane refused them',
  spool: 'there was no room for them here while the control plane was away',
} as const
type Missing = keyof typeof missingBecause

/** The line that stands for those that are missing. */
export function missingLine(count: number, why: Missing): string {
  return `[${count} ${count === 1 ? 'line is' : 'lines are'} missing: ${missingBecause[why]}]`
}

const maxLineLength = 8 * 1024
const maxChunkLines = 1000
const flushMs = 200
const flushBytes = 64 * 1024
/** Lines waiting to be sent beyond which a program has to wait. */
const highWaterBytes = 256 * 1024
const tailLength = 16 * 1024
/** The control plane keeps 4 MiB of an order's log; this leaves room for the line that says so. */
const defaultMaxBytes = 4 * 1024 * 1024 - 4096
/** Of these, kept from programs: what could not be taken back is said last, and nowhere else. */
const ownBytes = 64 * 1024
const defaultBackoff = { baseMs: 500, capMs: 5_000 }

/** Carries one attempt's output to the control plane: redacted, in order, bounded in memory and in all. */
export class LogStream {
  readonly #deps: LogStreamDeps
  readonly #maxBytes: number
  readonly #bell = new Bell()
  readonly #gone = new AbortController()
  #queue: Line[] = []
  #queuedBytes = 0
  #acceptedBytes = 0
  #seq = 0
  /** Programs have had their share of the log. */
  #full = false
  /** The order has no room left, for whichever attempt. */
  #orderFull = false
  /** The log is full, also of what the runner has to say. */
  #closed = false
  /** Nobody wants more: the claim is lost. */
  #lost = false
  #closing = false
  /** The control plane does not answer. Nothing waits for it: what may be kept of a log is bounded anyway. */
  #away = false
  /** Lines that nobody will see, by why. */
  readonly #missing = new Map<Missing, number>()
  /** What was taken and did not arrive, under its numbers. */
  readonly #unsent: LogChunkBody[] = []
  #sending: Promise<void> | null = null
  #drained = Promise.withResolvers<void>()

  constructor(deps: LogStreamDeps) {
    this.#deps = deps
    this.#maxBytes = deps.maxBytes ?? defaultMaxBytes
    deps.signal.addEventListener('abort', () => this.#drained.resolve(), { once: true })
  }

  /** A line of the runner's own. */
  line(text: string): void {
    const splitter = new LineSplitter(maxLineLength)
    const redacted = this.#deps.redaction.text(text)
    for (const line of [...splitter.push(redacted), ...splitter.end()]) this.#add('runner', line)
  }

  /** Reads a program's output to its end, no faster than the control plane takes it; gives its redacted tail. */
  async pump(output: Readable, stream: 'stdout' | 'stderr'): Promise<string> {
    const decoder = new TextDecoder()
    const redactor = this.#deps.redaction.stream()
    const splitter = new LineSplitter(maxLineLength)
    let tail = ''
    const take = (text: string) => {
      tail = (tail + text).slice(-tailLength)
      for (const line of splitter.push(text)) this.#add(stream, line)
    }
    try {
      for await (const bytes of output) {
        take(redactor.push(decoder.decode(bytes as Buffer, { stream: true })))
        await this.#room()
      }
    } catch (error) {
      this.#deps.logger.warn({ error: messageOf(error), stream }, 'The output of a program broke off.')
      this.line(`[the output of a program broke off: ${messageOf(error)}]`)
    }
    take(redactor.push(decoder.decode()))
    take(redactor.end())
    for (const line of splitter.end()) this.#add(stream, line)
    return storable(tail)
  }

  /**
   * Sends what is left, for at most `withinMs` and only while the control plane answers. Gives what did not arrive for
   * sure, to be kept and sent later under the same numbers.
   */
  async close(withinMs: number): Promise<LogChunkBody[]> {
    this.#sayMissing()
    this.#closing = true
    this.#bell.ring()
    const timer = setTimeout(() => this.#gone.abort(), withinMs)
    await this.#sending
    // Some may have been refused by now.
    this.#sayMissing()
    await this.#sending
    clearTimeout(timer)
    while (this.#queue.length > 0) this.#unsent.push(this.#takeChunk())
    this.#stop()
    return this.#unsent
  }

  #miss(count: number, why: Missing): void {
    this.#missing.set(why, (this.#missing.get(why) ?? 0) + count)
  }

  #sayMissing(): void {
    if (this.#lost) return
    for (const [why, count] of this.#missing) this.#enqueue('runner', missingLine(count, why), 0)
    this.#missing.clear()
  }

  #add(stream: Line['stream'], text: string): void {
    const own = stream === 'runner'
    if (this.#lost) return
    const why = this.#dropsFor(own)
    if (why !== null) {
      this.#miss(1, why)
      return
    }
    const bytes = sizeOf(text)
    const room = this.#maxBytes - (own ? 0 : Math.min(ownBytes, this.#maxBytes / 8))
    if (this.#acceptedBytes + bytes <= room) {
      this.#enqueue(stream, storable(text), bytes)
      return
    }
    if (!this.#full) this.#enqueue('runner', '[output truncated: the log of one attempt is full]', 0)
    this.#full = true
    this.#miss(1, 'full')
    if (own) this.#closed = true
  }

  /** Why a line is not taken; null when it is. */
  #dropsFor(own: boolean): Missing | null {
    if (this.#closed || (!own && this.#full)) return this.#orderFull ? 'order_full' : 'full'
    return !own && this.#isBehind() ? 'stopped' : null
  }

  /** After a stop nothing is waited for, so that what programs print then may be too much. */
  #isBehind(): boolean {
    return this.#deps.signal.aborted && this.#queuedBytes > highWaterBytes
  }

  #enqueue(stream: Line['stream'], text: string, bytes: number): void {
    this.#acceptedBytes += bytes
    this.#queuedBytes += bytes
    this.#queue.push({ at: this.#deps.clock.now(), stream, text })
    if (this.#queuedBytes >= flushBytes) this.#bell.ring()
    this.#sending ??= this.#sendAll()
  }

  /** Resolves once there is room for more. */
  async #room(): Promise<void> {
    const { signal } = this.#deps
    const wait = () =>
      this.#queuedBytes > highWaterBytes && !this.#full && !this.#closed && !this.#away && !signal.aborted
    while (wait()) await this.#drained.promise
  }

  async #sendAll(): Promise<void> {
    while (this.#queue.length > 0 && !this.#gone.signal.aborted) {
      if (!this.#closing && this.#queuedBytes < flushBytes) await this.#bell.heard(flushMs)
      // What was taken keeps its number: it may have arrived although nobody said so.
      const chunk = this.#takeChunk()
      if (!(await this.#deliver(chunk))) this.#unsent.push(chunk)
      this.#drained.resolve()
      this.#drained = Promise.withResolvers()
    }
    this.#sending = null
  }

  #takeChunk(): LogChunkBody {
    let bytes = 0
    let count = 0
    for (const { text } of this.#queue) {
      bytes += sizeOf(text)
      if (count > 0 && (bytes > flushBytes || count === maxChunkLines)) break
      count += 1
    }
    const lines = this.#queue.splice(0, count)
    const taken = lines.reduce((sum, { text }) => sum + sizeOf(text), 0)
    this.#queuedBytes = this.#queue.length === 0 ? 0 : this.#queuedBytes - taken
    return { seq: this.#seq++, lines }
  }

  /** Sends until it is answered; the same number again is stored once. False when it may not have arrived. */
  async #deliver(chunk: LogChunkBody): Promise<boolean> {
    const { send, logger, backoff = defaultBackoff } = this.#deps
    for (let attempt = 1; !this.#gone.signal.aborted; attempt++) {
      try {
        const { truncated } = await send(chunk, this.#gone.signal)
        this.#away = false
        if (truncated) this.#endEarly(chunk)
        return true
      } catch (error) {
        const trouble = troubleOf(error)
        if (trouble === 'lost') {
          this.#lost = true
          this.#stop()
          return true
        }
        if (trouble === 'refused') {
          logger.warn({ error: messageOf(error), seq: chunk.seq }, 'A log chunk was refused.')
          this.#miss(chunk.lines.length, 'refused')
          return true
        }
        this.#away = true
        this.#drained.resolve()
        // Whoever closes it keeps the rest: nothing is won by waiting here.
        if (this.#closing) this.#gone.abort()
        else await pause(retryDelayMs(error, backoff, attempt), this.#gone.signal)
      }
    }
    return false
  }

  /** Of a full order no more is stored than how much is missing. */
  #endEarly({ lines }: LogChunkBody): void {
    if (this.#orderFull && lines.every(({ stream }) => stream === 'runner')) {
      // Not even room for that.
      this.#lost = true
      this.#stop()
      return
    }
    this.#full = true
    this.#orderFull = true
    this.#miss(lines.length, 'order_full')
  }

  #stop(): void {
    this.#closed = true
    this.#queue = []
    this.#queuedBytes = 0
    this.#drained.resolve()
  }
}

/** `{"at":…,"stream":"…","text":…},` and a little air for the brackets of its chunk. */
const lineFrameBytes = 52

/** What the control plane counts for a line: its bound is on the JSON, where a short or a quoted line costs more. */
function sizeOf(text: string): number {
  return Buffer.byteLength(JSON.stringify(text)) + lineFrameBytes
}
