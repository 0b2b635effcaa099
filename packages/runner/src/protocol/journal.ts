import { randomBytes, randomInt } from 'node:crypto'
import { type FileHandle, open, readFile, rename } from 'node:fs/promises'
import { AppError } from '@ikoma/kernel'
import { isNoRoom, replaceFile } from '../host/durable-file.ts'
import type { Logger } from '../logger.ts'
import type { Newest } from '../order/grant-memory.ts'
import { ExecutedOrders } from './executed-orders.ts'
import {
  entryLine,
  type Head,
  type Intent,
  type JournalEntry,
  parseEntries,
  parseReserve,
  type Result,
  reserveLine,
} from './journal-entry.ts'
import { JournalReserve } from './journal-reserve.ts'

const defaultMaxBytes = 4 * 1024 * 1024
/** How often a full disk is asked whether it is full still. */
const lookAgainMs = 5_000

export interface JournalOptions {
  /** The machine that opens it; null for one without an identity. */
  machine: string | null
  logger: Pick<Logger, 'warn'>
  maxBytes?: number
}

/**
 * What the runner has begun and ended, so that a crash loses no report and no attempt runs twice.
 * INTENT is on disk before an effect, RESULT before it is told, ACK once the control plane knows.
 */
export class Journal {
  readonly #path: string
  readonly #maxBytes: number
  readonly #machine: string | null
  readonly #intents = new Map<string, Intent>()
  readonly #results = new Map<string, Result>()
  readonly #executed = new ExecutedOrders()
  #auditHead: Head['auditHead'] = null
  #file: FileHandle | null = null
  #bytes = 0
  #compactAtBytes = 0
  #lastWrite: Promise<void> = Promise.resolve()
  #failure: AppError | null = null
  /** The disk has no room: what is written goes to the reserve, until the journal can be written anew. */
  #full = false
  #lookAtMs = 0
  #generation: number | undefined
  readonly #reserve: JournalReserve

  private constructor(path: string, reserve: JournalReserve, { machine, maxBytes = defaultMaxBytes }: JournalOptions) {
    this.#path = path
    this.#reserve = reserve
    this.#machine = machine
    this.#maxBytes = maxBytes
  }

  static async open(path: string, options: JournalOptions): Promise<Journal> {
    const entries = parseEntries(path, await readText(path))
    const journal = new Journal(path, await JournalReserve.open(`${path}.reserve`), options)
    try {
      await journal.#begin(entries, options)
      return journal
    } catch (error) {
      await journal.close().catch(() => {})
      throw error
    }
  }

  async #begin(entries: JournalEntry[], { machine, logger }: JournalOptions): Promise<void> {
    for (const entry of entries) this.#apply(entry)
    // Written after all the others: nothing is added to a journal that could not be written anew.
    for (const entry of parseReserve(this.#reserve.text, this.#generation)) this.#apply(entry)
    this.#reserve.resume(this.#generation)
    if (isForeign(entries, machine)) await this.#setAside(logger)
    await this.#renew()
  }

  get full(): boolean {
    return this.#full
  }

  /** Whether the disk has no room. Looks again, now and then. */
  async isFull(): Promise<boolean> {
    if (this.#full && this.#failure === null) {
      const looked = this.#lastWrite.then(() => this.#lookAgain())
      this.#lastWrite = looked.catch(() => {})
      await looked
    }
    return this.#full
  }

  /** Attempts begun whose end is not known. */
  get interrupted(): Intent[] {
    return [...this.#intents.values()]
  }

  /** Ends that the control plane has not acknowledged. */
  get undelivered(): Result[] {
    return [...this.#results.values()]
  }

  /** Whether this attempt or a later one was begun, here or by an earlier process, or so long ago that it is not known. */
  has(orderId: string, attempt: number): boolean {
    return this.#executed.has(orderId, attempt)
  }

  /** How far the grants that were executed have come: what this machine's clock says counts only beyond. */
  get newest(): Newest {
    return this.#executed.newest
  }

  /** Where the audit stood in the last grant that was executed. */
  get auditHead(): Head['auditHead'] {
    return this.#auditHead
  }

  /**
   * On disk when it resolves; rejects with `disk_full` where there is no room left. One without an effect, which may as
   * well happen again, is then known to this process alone.
   */
  recordIntent(intent: Intent, effect = true): Promise<void> {
    // Known before it is on disk: the same attempt claimed twice at once must not run twice.
    this.#executed.add(intent)
    return this.#append({ kind: 'INTENT', ...intent }, effect)
  }

  recordResult(result: Result): Promise<void> {
    return this.#append({ kind: 'RESULT', ...result })
  }

  recordAck(lease: string): Promise<void> {
    return this.#append({ kind: 'ACK', lease })
  }

  async close(): Promise<void> {
    await this.#lastWrite
    await Promise.all([this.#file?.close(), this.#reserve.close()])
    this.#file = null
  }

  /** `needed`: that it is not on disk would be worse than that it does not happen. */
  #append(entry: JournalEntry, needed = false): Promise<void> {
    const written = this.#lastWrite.then(() => this.#write(entry, needed))
    this.#lastWrite = written.catch(() => {})
    return written
  }

  async #write(entry: JournalEntry, needed: boolean): Promise<void> {
    if (this.#failure) throw this.#failure
    try {
      if (!this.#file) throw new Error('the journal is closed')
      if (this.#full) await this.#lookAgain()
      const written = (!this.#full && (await this.#writeLine(entry))) || (await this.#writeToReserve(entry))
      if (!written && needed) throw diskFull(this.#path)
      this.#apply(entry)
      if (!this.#full && this.#bytes > this.#compactAtBytes) await this.#renew()
    } catch (cause) {
      if (cause instanceof AppError && cause.reason === 'disk_full') throw cause
      // What is on disk is not known any more, so nothing may follow it: after a failed fsync a retry proves nothing.
      this.#failure = new AppError('internal', `The journal ${this.#path} cannot be written. Check the disk.`, {
        reason: 'journal_unwritable',
        cause,
      })
      throw this.#failure
    }
  }

  /** False when the disk has no room; what it took of the line is then cut off again, which needs none. */
  async #writeLine(entry: JournalEntry): Promise<boolean> {
    const line = Buffer.from(entryLine(entry))
    try {
      await this.#file?.appendFile(line)
    } catch (error) {
      if (!isNoRoom(error)) throw error
      await this.#file?.truncate(this.#bytes)
      await this.#file?.datasync()
      this.#full = true
      this.#lookAtMs = performance.now() + lookAgainMs
      return false
    }
    await this.#file?.datasync()
    this.#bytes += line.length
    return true
  }

  /** From the first entry there nothing is added to the journal itself before it is written anew with all of them. */
  #writeToReserve(entry: JournalEntry): Promise<boolean> {
    if (this.#generation === undefined) return Promise.resolve(false)
    return this.#reserve.append(reserveLine(this.#generation, entry))
  }

  async #lookAgain(): Promise<void> {
    if (!this.#full || performance.now() < this.#lookAtMs) return
    this.#lookAtMs = performance.now() + lookAgainMs
    await this.#renew()
  }

  /** Writes the file anew; where the disk has no room it stays as it is, and nothing is added to it. */
  async #renew(): Promise<void> {
    try {
      await this.#compact()
      this.#full = false
    } catch (error) {
      if (!isNoRoom(error)) throw error
      this.#full = true
      this.#file ??= await this.#wholeLines()
    }
  }

  /** Without what a crash left of the last line. */
  async #wholeLines(): Promise<FileHandle> {
    const text = await readText(this.#path)
    this.#bytes = Buffer.byteLength(text.slice(0, text.lastIndexOf('\n') + 1))
    const file = await open(this.#path, 'a')
    try {
      await file.truncate(this.#bytes)
      await file.datasync()
      return file
    } catch (error) {
      await file.close()
      throw error
    }
  }

  #apply(entry: JournalEntry): void {
    if (entry.kind === 'INTENT' || entry.kind === 'DONE') this.#executed.add(entry)
    if (entry.kind === 'HEAD') {
      this.#executed.begin(entry)
      this.#generation = entry.reserve
    }
    if (entry.kind === 'INTENT' || entry.kind === 'HEAD') this.#auditHead = entry.auditHead ?? this.#auditHead
    if (entry.kind === 'DONE' || entry.kind === 'HEAD') return
    this.#intents.delete(entry.lease)
    this.#results.delete(entry.lease)
    if (entry.kind === 'ACK') return
    const { kind, ...rest } = entry
    if (kind === 'INTENT') this.#intents.set(entry.lease, rest as Intent)
    else this.#results.set(entry.lease, rest as Result)
  }

  /** What another machine began may still run there: that it must not run again is all that is taken from its journal. */
  async #setAside(logger: Pick<Logger, 'warn'>): Promise<void> {
    const kept = `${this.#path}.foreign-${randomBytes(4).toString('hex')}`
    const [running, untold] = [this.#intents.size, this.#results.size]
    await rename(this.#path, kept)
    this.#intents.clear()
    this.#results.clear()
    logger.warn({ kept, running, untold }, 'This journal was written on another machine: it is set aside.')
  }

  /** Rewrites the file with what still matters. */
  async #compact(): Promise<void> {
    const { mark, floor, newest } = this.#executed
    const generation = randomInt(2 ** 40)
    const about = {
      machine: this.#machine,
      mark,
      floor,
      seq: newest.seq,
      floorSeq: newest.floorSeq,
      auditHead: this.#auditHead,
      reserve: generation,
    }
    const head = entryLine({ kind: 'HEAD', ...about })
    const executed = this.#executed.entries().map((done) => entryLine({ kind: 'DONE', ...done }))
    const intents = this.interrupted.map((intent) => entryLine({ kind: 'INTENT', ...intent }))
    const results = this.undelivered.map((result) => entryLine({ kind: 'RESULT', ...result }))
    const text = [head, ...executed, ...intents, ...results].join('')
    await replaceFile(this.#path, text)
    // What the reserve holds is in the file now, whose head names another generation.
    this.#generation = generation
    this.#reserve.begin()
    await this.#file?.close()
    this.#file = await open(this.#path, 'a')
    this.#bytes = Buffer.byteLength(text)
    // Twice what cannot be dropped, or every write would compact.
    this.#compactAtBytes = Math.max(this.#maxBytes, 2 * this.#bytes)
  }
}

function diskFull(path: string): AppError {
  const message = `The disk that holds ${path} is full: nothing was begun. Until there is room, only orders that look and backup.prune are done.`
  return new AppError('unavailable', message, { reason: 'disk_full' })
}

/** A former version wrote no head: its journal is this machine's. */
function isForeign(entries: JournalEntry[], machine: string | null): boolean {
  return entries.some((entry) => entry.kind === 'HEAD' && entry.machine !== machine)
}

async function readText(path: string): Promise<string> {
  try {
    return await readFile(path, 'utf8')
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return ''
    throw error
  }
}
