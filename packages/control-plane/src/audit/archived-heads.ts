import { open, readdir } from 'node:fs/promises'
import { join } from 'node:path'
import { signedHeadPattern } from '@ikoma/api'
import type { Keyring } from '../keyring.ts'
import { type HeadAt, readHead } from './signed-head.ts'

/** The newest files, and of each what was written last: no archive makes a verification endless. */
const maxFiles = 1_000
const tailBytes = 16 * 1024
const maxHeadsOfFile = 20

export interface ArchivedHeads {
  heads: HeadAt[]
  /** Names of files that could not be read. */
  unreadable: string[]
}

interface File {
  size: number
  heads: HeadAt[]
}

/** The ends of the audit that lie beside the archive of orders. */
export class HeadArchive {
  readonly #folder: string | null
  readonly #keyring: Pick<Keyring, 'verifyKey'>
  /** Files only grow: one of the same size was read before. */
  #files = new Map<string, File>()

  constructor(folder: string | null, keyring: Pick<Keyring, 'verifyKey'>) {
    this.#folder = folder
    this.#keyring = keyring
  }

  async read(): Promise<ArchivedHeads> {
    const unreadable: string[] = []
    const files = new Map<string, File>()
    for (const name of await this.#names(unreadable)) {
      try {
        files.set(name, await this.#file(name))
      } catch {
        unreadable.push(name)
      }
    }
    this.#files = files
    return { heads: [...files.values()].flatMap(({ heads }) => heads), unreadable }
  }

  async #names(unreadable: string[]): Promise<string[]> {
    if (this.#folder === null) return []
    try {
      const names = (await readdir(this.#folder)).filter((name) => name.endsWith('.heads'))
      return names.sort().slice(-maxFiles)
    } catch (error) {
      // Nothing was archived yet.
      if ((error as NodeJS.ErrnoException).code !== 'ENOENT') unreadable.push(this.#folder)
      return []
    }
  }

  async #file(name: string): Promise<File> {
    const file = await open(join(this.#folder ?? '', name), 'r')
    try {
      const { size } = await file.stat()
      const known = this.#files.get(name)
      if (known?.size === size) return known
      const start = Math.max(0, size - tailBytes)
      const { buffer, bytesRead } = await file.read(Buffer.alloc(tailBytes), 0, tailBytes, start)
      return { size, heads: this.#headsIn(buffer.toString('utf8', 0, bytesRead)) }
    } finally {
      await file.close()
    }
  }

  #headsIn(text: string): HeadAt[] {
    const words = text.match(new RegExp(signedHeadPattern, 'g')) ?? []
    return words.slice(-maxHeadsOfFile).flatMap((word) => {
      const head = readHead(word, this.#keyring)
      return typeof head === 'string' ? [] : [head]
    })
  }
}
