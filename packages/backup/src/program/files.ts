import { readdir, rm } from 'node:fs/promises'
import { join } from 'node:path'
import { digestOf, stopping } from './bytes.ts'
import { holdersOf } from './holders.ts'
import type { Answering, FileVerbs, Found } from './verbs.ts'

export const verbs: Answering<FileVerbs> = {
  async digest({ files }) {
    const found: Found[] = []
    for (const file of files) found.push(await digestOf(file).catch(unread))
    return found
  },
  async clear({ directory }) {
    for (const name of await readdir(directory)) await rm(join(directory, name), { recursive: true, force: true })
    return null
  },
  holders: async ({ path }) => ({ pids: await holdersOf(path) }),
}

/** A disk that fails at one file says nothing of the others. */
function unread(error: NodeJS.ErrnoException): Found {
  stopping.throwIfAborted()
  return { problem: error.code ?? error.message }
}
