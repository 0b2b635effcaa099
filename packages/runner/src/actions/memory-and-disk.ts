import { readFile, statfs } from 'node:fs/promises'
import { freemem, totalmem } from 'node:os'

export async function readMemory(): Promise<{ totalBytes: number; availableBytes: number }> {
  const text = await readOptional('/proc/meminfo')
  const kilobytes = (name: string) => {
    const found = new RegExp(`^${name}:\\s+(\\d+) kB`, 'm').exec(text)
    return found ? Number(found[1]) * 1024 : null
  }
  // "Free" leaves out the page cache, which is there to be taken.
  return { totalBytes: kilobytes('MemTotal') ?? totalmem(), availableBytes: kilobytes('MemAvailable') ?? freemem() }
}

export async function readDisk(path: string): Promise<{ totalBytes: number; freeBytes: number }> {
  const { blocks, bavail, bsize } = await statfs(path)
  return { totalBytes: blocks * bsize, freeBytes: bavail * bsize }
}

/** The content of a file that some machines do not have. */
export async function readOptional(path: string): Promise<string> {
  return readFile(path, 'utf8').catch(() => '')
}
