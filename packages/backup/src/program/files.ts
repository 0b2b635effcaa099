import { readdir, rm } from 'node:fs/promises'
import { join } from 'node:path'
import { digestOf } from './bytes.ts'
import { holdersOf } from './holders.ts'
import type { Answering, FileVerbs } from './verbs.ts'

export const verbs: Answering<FileVerbs> = {
  async digest({ files }) {
    const digests = []
    for (const file of files) digests.push(await digestOf(file))
    return digests
  },
  async clear({ directory }) {
    for (const name of await readdir(directory)) await rm(join(directory, name), { recursive: true, force: true })
    return null
  },
  holders: async ({ path }) => ({ pids: await holdersOf(path) }),
}
