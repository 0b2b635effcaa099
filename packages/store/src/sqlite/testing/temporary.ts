import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { DatabaseSync } from 'node:sqlite'
import { onTestFinished } from 'vitest'
import type { WipeableStore } from '../../conformance/index.ts'
import { openSqliteStore } from '../store.ts'

export interface TemporarySqlite extends WipeableStore {
  file: string
}

/** An empty SQLite store in a directory of its own. */
export async function openTemporary(): Promise<TemporarySqlite> {
  const directory = mkdtempSync(join(tmpdir(), 'ikoma-sqlite-'))
  const file = join(directory, 'ikoma.db')
  const store = await openSqliteStore({ file })
  const triggers = triggersOf(file)
  const opened: TemporarySqlite = {
    file,
    store,
    async reopen() {
      await opened.store.close()
      opened.store = await openSqliteStore({ file })
      return opened.store
    },
    async destroy() {
      await opened.store.close()
      rmSync(directory, { recursive: true, force: true })
    },
    async wipe() {
      wipe(file, triggers)
    },
  }
  return opened
}

interface Trigger {
  name: string
  sql: string
}

function triggersOf(file: string): Trigger[] {
  return withFile(file, (database) => select(database, 'trigger'))
}

/** Takes the triggers away that keep the audit, empties every table, and puts them back, also those a test took away. */
function wipe(file: string, triggers: Trigger[]): void {
  withFile(file, (database) => {
    const tables = select(database, 'table').filter(({ name }) => name !== 'schema_migrations')
    const statements = [
      ...triggers.map(({ name }) => `drop trigger if exists ${name}`),
      ...tables.map(({ name }) => `delete from ${name}`),
      ...triggers.map(({ sql }) => sql),
    ]
    database.exec(`begin immediate; ${statements.join(';\n')}; commit`)
  })
}

function select(database: DatabaseSync, type: 'trigger' | 'table'): Trigger[] {
  return database
    .prepare('select name, sql from sqlite_schema where type = ?')
    .all(type)
    .map(({ name, sql }) => ({ name: String(name), sql: String(sql) }))
}

function withFile<T>(file: string, work: (database: DatabaseSync) => T): T {
  const database = new DatabaseSync(file, { timeout: 5_000 })
  try {
    return work(database)
  } finally {
    database.close()
  }
}

/** The name of a file that does not exist yet; its directory goes away with the test. */
export function temporaryFile(): string {
  const directory = mkdtempSync(join(tmpdir(), 'ikoma-sqlite-'))
  onTestFinished(() => rmSync(directory, { recursive: true, force: true }))
  return join(directory, 'ikoma.db')
}
