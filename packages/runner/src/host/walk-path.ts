import { constants, type Stats } from 'node:fs'
import { type FileHandle, open, readlink } from 'node:fs/promises'

/** O_PATH of open(2), which Node does not name: a place in the tree, held whatever becomes of its path. */
const place = 0o10000000
const maxLinks = 40

/** What is to be known of the way to a place. Each may throw, and ends the walk. */
export interface Way {
  /** A folder, or what should be one, in which the next name is looked for. */
  passed?(facts: Stats): void
  /** A link that would be followed; whether it is the last thing of the path. */
  link(facts: Stats, last: boolean): void
  /** It was exchanged while it was looked at, or leads in a circle. */
  turned(): Error
}

/**
 * The place that a path leads to. Node has no openat: each name is opened within the folder that was opened before, which
 * the kernel shows by number, so that nothing on the way can be exchanged. It can be looked at, and opened by `openPlace`.
 */
export async function walkPath(path: string, way: Way): Promise<FileHandle> {
  let at = await open('/', place | constants.O_DIRECTORY)
  const left = path.split('/')
  let links = 0
  try {
    while (left.length > 0) {
      const name = left.shift() as string
      if (name === '' || name === '.') continue
      way.passed?.(await at.stat())
      const next = await open(within(at, name), place | constants.O_NOFOLLOW)
      const facts = await next.stat()
      if (!facts.isSymbolicLink()) {
        await at.close()
        at = next
        continue
      }
      await next.close()
      links += 1
      if (links > maxLinks) throw way.turned()
      way.link(facts, left.length === 0)
      const target = await readlink(within(at, name)).catch(() => Promise.reject(way.turned()))
      left.unshift(...target.split('/'))
      if (!target.startsWith('/')) continue
      await at.close()
      at = await open('/', place | constants.O_DIRECTORY)
    }
    return at
  } catch (error) {
    await at.close().catch(() => undefined)
    throw error
  }
}

/** For reading. A FIFO, which one should not come with, does not have us wait for somebody to write to it. */
export function openPlace({ fd }: FileHandle): Promise<FileHandle> {
  return open(`/proc/self/fd/${fd}`, constants.O_RDONLY | constants.O_NONBLOCK | constants.O_NOCTTY)
}

/** A name within what is open, by the kernel's own way there. */
const within = ({ fd }: FileHandle, name: string) => `/proc/self/fd/${fd}/${name}`
