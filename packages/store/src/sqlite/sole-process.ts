import { mkdirSync, readFileSync, realpathSync, rmSync, writeFileSync } from 'node:fs'
import { dirname, join } from 'node:path'
import { DatabaseSync } from 'node:sqlite'
import { AppError } from '@ikoma/kernel'

export interface SoleProcess {
  /** Says where this process is reached, to whoever comes after it. */
  tell(url: string): void
  /** Lets the next one in. The system does that too, however this process ends. */
  release(): void
}

/**
 * Makes this process the only one that serves an SQLite database: two would both reconcile, and each keep in memory what the
 * other changes. Rejects with `conflict`, naming the process that does. The lock is one of SQLite's own, on a file beside.
 */
export function takeDatabase(databaseFile: string): SoleProcess {
  mkdirSync(dirname(databaseFile), { recursive: true, mode: 0o700 })
  const file = join(realpathSync(dirname(databaseFile)), baseOf(databaseFile))
  const lock = new DatabaseSync(`${file}.lock`, { timeout: 0 })
  const owner = `${file}.owner`
  try {
    // In a journal beside it a crash would leave work for the next one.
    lock.exec('pragma journal_mode = memory; begin exclusive')
  } catch (cause) {
    lock.close()
    if ((cause as { errcode?: number }).errcode !== 5) throw cause
    throw taken(databaseFile, read(owner))
  }
  writeFileSync(owner, `pid ${process.pid}\n`, { mode: 0o600 })
  return {
    tell: (url) => writeFileSync(owner, `pid ${process.pid}, ${url}\n`, { mode: 0o600 }),
    release() {
      rmSync(owner, { force: true })
      lock.close()
    },
  }
}

function baseOf(databaseFile: string): string {
  try {
    return realpathSync(databaseFile).slice(dirname(realpathSync(databaseFile)).length + 1)
  } catch {
    return databaseFile.slice(dirname(databaseFile).length + 1)
  }
}

function taken(databaseFile: string, owner: string): AppError {
  const who = owner === '' ? 'Another process' : `Another process (${owner})`
  return new AppError(
    'conflict',
    `${who} serves ${databaseFile} already. Stop that one first, use it, or give this one a database of its own (DB_PATH). Several processes need PostgreSQL (DATABASE_URL).`,
    { reason: 'database_taken', fields: [{ field: 'DB_PATH', message: 'is served by another process' }] },
  )
}

function read(file: string): string {
  try {
    return readFileSync(file, 'utf8').trim().slice(0, 200)
  } catch {
    return ''
  }
}
