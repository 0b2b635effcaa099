import { type FileHandle, open } from 'node:fs/promises'
import { isNoRoom, replaceFile } from '../host/durable-file.ts'

/** Some hundred intents, and the reports of what ran when the disk filled up. */
const reserveBytes = 512 * 1024

/**
 * Room on the disk that was taken while there was some: written over, never made longer, so that a journal can go on
 * although the disk is full.
 */
export class JournalReserve {
  readonly text: string
  readonly #file: FileHandle | null
  #end = 0

  private constructor(file: FileHandle | null, text: string) {
    this.#file = file
    this.text = text
  }

  /** Without one, where the disk is full already. */
  static async open(path: string): Promise<JournalReserve> {
    const file = await openOrMake(path).catch(() => null)
    try {
      return new JournalReserve(file, (await file?.readFile('utf8')) ?? '')
    } catch {
      await file?.close()
      return new JournalReserve(null, '')
    }
  }

  /** Resolves with the line on disk; false when there is no room for it. */
  async append(line: string): Promise<boolean> {
    const bytes = Buffer.from(line)
    if (this.#file === null || this.#end + bytes.length > reserveBytes) return false
    try {
      await this.#file.write(bytes, 0, bytes.length, this.#end)
      await this.#file.datasync()
    } catch (error) {
      // A file system that writes each block anew has none for it; what it took is written over by the next.
      if (isNoRoom(error)) return false
      throw error
    }
    this.#end += bytes.length
    return true
  }

  /** After what is in it is elsewhere, under a generation of which nothing is here. */
  begin(): void {
    this.#end = 0
  }

  /** Goes on behind what the process before has written. */
  resume(generation: number | undefined): void {
    const last = this.text.lastIndexOf(`\n${generation} `)
    const from = last >= 0 ? last + 1 : this.text.startsWith(`${generation} `) ? 0 : -1
    if (from < 0) return
    const end = this.text.indexOf('\n', from)
    this.#end = end < 0 ? reserveBytes : Buffer.byteLength(this.text.slice(0, end + 1))
  }

  async close(): Promise<void> {
    await this.#file?.close()
  }
}

async function openOrMake(path: string): Promise<FileHandle> {
  return open(path, 'r+').catch(async () => {
    // Not a hole: each block must be ours.
    await replaceFile(path, '\n'.repeat(reserveBytes))
    return open(path, 'r+')
  })
}
