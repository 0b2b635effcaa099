import { randomBytes } from 'node:crypto'
import { readdirSync, rmSync } from 'node:fs'
import { join } from 'node:path'
import { readOrMakeSecretFile, readSecretFile } from '@ikoma/kernel/node'

/** A key that secrets are encrypted with, of 32 bytes. */
export interface SecretKey {
  version: number
  bytes: Buffer
}

/** The keys that secrets are encrypted with: outside the database, so that who has that alone reads none. */
export interface SecretKeys {
  /** What is encrypted now; made when there is none yet. */
  newest(): SecretKey
  /** Null when it is nowhere. */
  find(version: number): SecretKey | null
  /** One more: from now on the newest, to every process that shares the keys. */
  make(): SecretKey
  /** Forgets all before this one: what they encrypted is lost. */
  removeBefore(version: number): void
}

/**
 * `secrets-<n>.key` in the keys folder. Every process that shares the database shares the folder; it is looked at again for
 * each secret that is written, and for a key that is not known yet, so that no process needs to be told of a new one.
 */
export function folderSecretKeys(folder: string): SecretKeys {
  const known = new Map<number, SecretKey>()
  const pathOf = (version: number) => join(folder, `secrets-${version}.key`)
  const keep = (version: number, content: string) => {
    const bytes = Buffer.from(content, 'base64url')
    if (bytes.length !== 32) throw new Error(`${pathOf(version)} does not hold a key of 32 bytes`)
    const key = { version, bytes }
    known.set(version, key)
    return key
  }
  const get = (version: number) => known.get(version) ?? keep(version, readSecretFile(pathOf(version)))
  // Who makes one at the same time gets the same.
  const getOrMake = (version: number) => keep(version, readOrMakeSecretFile(pathOf(version), newKey).content)
  return {
    newest() {
      const last = versionsIn(folder).at(-1)
      return last === undefined ? getOrMake(1) : get(last)
    },
    find(version) {
      return known.get(version) ?? (versionsIn(folder).includes(version) ? get(version) : null)
    },
    make: () => getOrMake((versionsIn(folder).at(-1) ?? 0) + 1),
    removeBefore(version) {
      for (const old of versionsIn(folder).filter((each) => each < version)) {
        rmSync(pathOf(old), { force: true })
        known.delete(old)
      }
    },
  }
}

/** Keys that end with the process, for a control plane without a folder. */
export function memorySecretKeys(): SecretKeys {
  const keys = new Map<number, SecretKey>()
  const make = () => {
    const version = Math.max(0, ...keys.keys()) + 1
    const key = { version, bytes: randomBytes(32) }
    keys.set(version, key)
    return key
  }
  return {
    newest: () => keys.get(Math.max(0, ...keys.keys())) ?? make(),
    find: (version) => keys.get(version) ?? null,
    make,
    removeBefore(version) {
      for (const old of [...keys.keys()].filter((each) => each < version)) keys.delete(old)
    },
  }
}

const newKey = () => randomBytes(32).toString('base64url')

function versionsIn(folder: string): number[] {
  const named = entriesOf(folder).flatMap((entry) => /^secrets-([1-9]\d{0,8})\.key$/.exec(entry)?.[1] ?? [])
  return named.map(Number).sort((one, other) => one - other)
}

function entriesOf(folder: string): string[] {
  try {
    return readdirSync(folder)
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return []
    throw error
  }
}
