import { createHash } from 'node:crypto'
import { type FileHandle, mkdir, open } from 'node:fs/promises'
import { dirname, join, resolve } from 'node:path'
import type { ArchivedBatch } from '@ikoma/domain'

const blockLength = 64 * 1024
const newline = 10

/**
 * Ended orders as NDJSON, one file a UTC day, readable by their owner alone. One process writes to a folder.
 * Beside each, `.heads` says how the audit ended at each writing: who rewrites the database cannot rewrite that.
 * What a crash interrupts may be written again, so a line may come twice; readers keep one by its `id`.
 */
export class OrderArchive {
  readonly #folder: string
  readonly #open: typeof open
  /** The file whose entry in the folder is known to be on disk. */
  #entered: string | null = null

  constructor(folder: string, opened: typeof open = open) {
    this.#folder = resolve(folder)
    this.#open = opened
  }

  /**
   * Resolves when all of `lines`, and the signed end of the audit where there is one, is on disk and reads back as it was
   * written; rejects with nothing added to the orders.
   */
  async append(now: number, lines: AsyncIterable<string>, head: string | null = null): Promise<ArchivedBatch> {
    const day = `orders-${new Date(now).toISOString().slice(0, 10)}`
    await this.#makeFolder()
    if (head !== null) await this.#add(`${day}.heads`, linesOf(`${head}\n`))
    const added = await this.#add(`${day}.ndjson`, lines)
    if (this.#entered !== day) await this.#syncFolder(this.#folder)
    this.#entered = day
    return added
  }

  async #add(name: string, lines: AsyncIterable<string>): Promise<ArchivedBatch> {
    const file = await this.#open(join(this.#folder, name), 'a+', 0o600)
    try {
      const offset = await cutTornLine(file)
      return { file: name, offset, ...(await write(file, offset, lines)) }
    } finally {
      await file.close()
    }
  }

  /** Each new folder is an entry in the one above it, which must be on disk too; so must one that a crash left. */
  async #makeFolder(): Promise<void> {
    if (this.#entered !== null) return
    const first = await mkdir(this.#folder, { recursive: true, mode: 0o700 })
    if (first === undefined) return this.#syncFolder(dirname(this.#folder)).catch(refuseButClosed)
    for (let made = this.#folder; made.length >= first.length; made = dirname(made))
      await this.#syncFolder(dirname(made))
  }

  async #syncFolder(path: string): Promise<void> {
    const folder = await this.#open(path, 'r')
    try {
      await folder.sync()
    } finally {
      await folder.close()
    }
  }
}

interface Written {
  bytes: number
  sha256: string
}

async function write(file: FileHandle, offset: number, lines: AsyncIterable<string>): Promise<Written> {
  const hash = createHash('sha256')
  let bytes = 0
  async function* counted(): AsyncGenerator<Buffer> {
    for await (const block of blocks(lines)) {
      hash.update(block)
      bytes += block.length
      yield block
    }
  }
  try {
    await file.appendFile(counted())
    await file.sync()
    const sha256 = hash.digest('hex')
    if (sha256 !== (await digestFrom(file, offset))) throw new Error('the archive does not hold what was written to it')
    return { bytes, sha256 }
  } catch (error) {
    // On a full disk the space is needed elsewhere. What is left if this fails too, the next batch cuts off or repeats.
    await takeBack(file, offset, bytes).catch(() => {})
    throw error
  }
}

/** A folder above ours may be one that we may pass and not read. */
function refuseButClosed(error: NodeJS.ErrnoException): void {
  if (error.code !== 'EACCES') throw error
}

async function* linesOf(text: string): AsyncGenerator<string> {
  yield text
}

async function* blocks(pieces: AsyncIterable<string>): AsyncGenerator<Buffer> {
  let block = ''
  for await (const piece of pieces) {
    block += piece
    if (block.length < blockLength) continue
    yield Buffer.from(block)
    block = ''
  }
  if (block !== '') yield Buffer.from(block)
}

async function digestFrom(file: FileHandle, offset: number): Promise<string> {
  const hash = createHash('sha256')
  for await (const block of file.createReadStream({ start: offset, autoClose: false })) hash.update(block)
  return hash.digest('hex')
}

/** Cuts off what was written from `offset` on, unless somebody else has written meanwhile. */
async function takeBack(file: FileHandle, offset: number, bytes: number): Promise<void> {
  const { size } = await file.stat()
  if (size <= offset + bytes) await file.truncate(offset)
}

/** Removes what a crash left half written, whose order is still in the store, and answers where the next line begins. */
async function cutTornLine(file: FileHandle): Promise<number> {
  const { size } = await file.stat()
  const block = Buffer.alloc(blockLength)
  for (let end = size; end > 0; end -= blockLength) {
    const start = Math.max(0, end - blockLength)
    const { bytesRead } = await file.read(block, 0, end - start, start)
    const last = block.subarray(0, bytesRead).lastIndexOf(newline)
    if (last < 0) continue
    const whole = start + last + 1
    if (whole < size) await file.truncate(whole)
    return whole
  }
  if (size > 0) await file.truncate(0)
  return 0
}
