import { randomBytes } from 'node:crypto'
import { type FileHandle, open, readFile, rename } from 'node:fs/promises'
import { AppError } from '@ikoma/kernel'
import { replaceFile } from '../host/durable-file.ts'
import type { Logger } from '../logger.ts'
import { ExecutedOrders } from './executed-orders.ts'
import { entryLine, type Head, type Intent, type JournalEntry, parseEntries, type Result } from './journal-entry.ts'

const defaultMaxBytes = 4 * 1024 * 1024

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

  private constructor(path: string, { machine, maxBytes = defaultMaxBytes }: JournalOptions) {
    this.#path = path
    this.#machine = machine
    this.#maxBytes = maxBytes
  }

  static async open(path: string, options: JournalOptions): Promise<Journal> {
    const journal = new Journal(path, options)
    const entries = parseEntries(path, await readText(path))
    for (const entry of entries) journal.#apply(entry)
    if (isForeign(entries, options.machine)) await journal.#setAside(options.logger)
    await journal.#compact()
    return journal
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

  /** No earlier than this is it now, whatever this machine's clock says: a newer grant was executed. */
  get notBefore(): number {
    return this.#executed.notBefore
  }

  /** Where the audit stood in the last grant that was executed. */
  get auditHead(): Head['auditHead'] {
    return this.#auditHead
  }

  recordIntent(intent: Intent): Promise<void> {
    // Known before it is on disk: the same attempt claimed twice at once must not run twice.
    this.#executed.add(intent)
    return this.#append({ kind: 'INTENT', ...intent })
  }

  recordResult(result: Result): Promise<void> {
    return this.#append({ kind: 'RESULT', ...result })
  }

  recordAck(lease: string): Promise<void> {
    return this.#append({ kind: 'ACK', lease })
  }

  async close(): Promise<void> {
    await this.#lastWrite
    await this.#file?.close()
    this.#file = null
  }

  #append(entry: JournalEntry): Promise<void> {
    const written = this.#lastWrite.then(() => this.#write(entry))
    this.#lastWrite = written.catch(() => {})
    return written
  }

  async #write(entry: JournalEntry): Promise<void> {
    if (this.#failure) throw this.#failure
    const line = Buffer.from(entryLine(entry))
    try {
      if (!this.#file) throw new Error('the journal is closed')
      await this.#file.appendFile(line)
      await this.#file.datasync()
      this.#apply(entry)
      this.#bytes += line.length
      if (this.#bytes > this.#compactAtBytes) await this.#compact()
    } catch (cause) {
      // What is on disk is not known any more, so nothing may follow it: after a failed fsync a retry proves nothing.
      this.#failure = new AppError('internal', `The journal ${this.#path} cannot be written. Check the disk.`, {
        reason: 'journal_unwritable',
        cause,
      })
      throw this.#failure
    }
  }

  #apply(entry: JournalEntry): void {
    if (entry.kind === 'INTENT' || entry.kind === 'DONE') this.#executed.add(entry)
    if (entry.kind === 'HEAD') this.#executed.begin(entry)
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
    const { mark, floor } = this.#executed
    const head = entryLine({ kind: 'HEAD', machine: this.#machine, mark, floor, auditHead: this.#auditHead })
    const executed = this.#executed.entries().map((done) => entryLine({ kind: 'DONE', ...done }))
    const intents = this.interrupted.map((intent) => entryLine({ kind: 'INTENT', ...intent }))
    const results = this.undelivered.map((result) => entryLine({ kind: 'RESULT', ...result }))
    const text = [head, ...executed, ...intents, ...results].join('')
    await replaceFile(this.#path, text)
    await this.#file?.close()
    this.#file = await open(this.#path, 'a')
    this.#bytes = Buffer.byteLength(text)
    // Twice what cannot be dropped, or every write would compact.
    this.#compactAtBytes = Math.max(this.#maxBytes, 2 * this.#bytes)
  }
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
