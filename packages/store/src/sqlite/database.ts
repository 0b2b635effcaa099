import { chmodSync, closeSync, mkdirSync, openSync } from 'node:fs'
import { dirname } from 'node:path'
import { DatabaseSync } from 'node:sqlite'
import { AppError } from '@ikoma/kernel'
import { drizzle, type NodeSQLiteDatabase } from 'drizzle-orm/node-sqlite'

export type Db = NodeSQLiteDatabase & { $client: DatabaseSync }

/** Opens the file for writing, created 0600 when new, with every acknowledged commit on disk. */
export function openWriter(file: string): Db {
  mkdirSync(dirname(file), { recursive: true, mode: 0o700 })
  closeSync(openSync(file, 'a', 0o600))
  chmodSync(file, 0o600)
  const client = new DatabaseSync(file, { timeout: 5000 })
  client.exec('pragma journal_mode = wal; pragma synchronous = full; pragma temp_store = memory')
  assertDurable(client)
  return drizzle({ client })
}

/** Opens the file for reading beside the writer: it sees committed transactions only. */
export function openReader(file: string): Db {
  const client = new DatabaseSync(file, { timeout: 5000, readOnly: true })
  return drizzle({ client })
}

/** With anything less, a power cut loses commits that were already acknowledged. */
function assertDurable(client: DatabaseSync): void {
  const { synchronous } = client.prepare('pragma synchronous').get() as { synchronous: number }
  const { journal_mode } = client.prepare('pragma journal_mode').get() as { journal_mode: string }
  if (synchronous !== 2 || journal_mode !== 'wal') {
    throw new AppError(
      'internal',
      `SQLite runs with journal ${journal_mode}, synchronous ${synchronous}; wal and 2 are needed.`,
    )
  }
}
