import { type FileHandle, open, readFile } from 'node:fs/promises'
import { AppError } from '@ikoma/kernel'
import { replaceFile } from '../host/durable-file.ts'
import { entryLine, type Intent, type JournalEntry, parseEntries, type Result } from './journal-entry.ts'

/** Attempts remembered as executed. */
const maxRemembered = 10_000
const defaultMaxBytes = 4 * 1024 * 1024

/**
 * What the runner has begun and ended, so that a crash loses no report and no attempt runs twice.
 * INTENT is on disk before an effect, RESULT before it is told, ACK once the control plane knows.
 */
export class Journal {
  readonly #path: string
  readonly #maxBytes: number
  readonly #intents = new Map<string, Intent>()
  readonly #results = new Map<string, Result>()
  /** In order of execution, the oldest first. */
  readonly #executed = new Set<string>()
  #file: FileHandle | null = null
  #bytes = 0
  #compactAtBytes = 0
  #lastWrite: Promise<void> = Promise.resolve()
  #failure: AppError | null = null

  private constructor(path: string, maxBytes: number) {
    this.#path = path
    this.#maxBytes = maxBytes
  }

  static async open(path: string, maxBytes = defaultMaxBytes): Promise<Journal> {
    const journal = new Journal(path, maxBytes)
    for (const entry of parseEntries(path, await readText(path))) journal.#apply(entry)
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

  /** Whether this attempt was begun, here or by an earlier process. */
  has(orderId: string, attempt: number): boolean {
    return this.#executed.has(attemptKey(orderId, attempt))
  }

  recordIntent(intent: Intent): Promise<void> {
    // Known before it is on disk: the same attempt claimed twice at once must not run twice.
    this.#remember(intent)
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
    if (entry.kind === 'INTENT' || entry.kind === 'DONE') this.#remember(entry)
    if (entry.kind === 'DONE') return
    this.#intents.delete(entry.lease)
    this.#results.delete(entry.lease)
    if (entry.kind === 'ACK') return
    const { kind, ...rest } = entry
    if (kind === 'INTENT') this.#intents.set(entry.lease, rest as Intent)
    else this.#results.set(entry.lease, rest as Result)
  }

  #remember({ orderId, attempt }: { orderId: string; attempt: number }): void {
    this.#executed.add(attemptKey(orderId, attempt))
    for (const oldest of this.#executed) {
      if (this.#executed.size <= maxRemembered) break
      this.#executed.delete(oldest)
    }
  }

  /** Rewrites the file with what still matters. */
  async #compact(): Promise<void> {
    const executed = [...this.#executed].map((key) => entryLine({ kind: 'DONE', ...parseAttemptKey(key) }))
    const intents = this.interrupted.map((intent) => entryLine({ kind: 'INTENT', ...intent }))
    const results = this.undelivered.map((result) => entryLine({ kind: 'RESULT', ...result }))
    const text = [...executed, ...intents, ...results].join('')
    await replaceFile(this.#path, text)
    await this.#file?.close()
    this.#file = await open(this.#path, 'a')
    this.#bytes = Buffer.byteLength(text)
    // Twice what cannot be dropped, or every write would compact.
    this.#compactAtBytes = Math.max(this.#maxBytes, 2 * this.#bytes)
  }
}

function attemptKey(orderId: string, attempt: number): string {
  return `${orderId}.${attempt}`
}

function parseAttemptKey(key: string): { orderId: string; attempt: number } {
  const dot = key.lastIndexOf('.')
  return { orderId: key.slice(0, dot), attempt: Number(key.slice(dot + 1)) }
}

async function readText(path: string): Promise<string> {
  try {
    return await readFile(path, 'utf8')
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return ''
    throw error
  }
}
