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
  const opened: TemporarySqlite = {
    file,
    store: await openSqliteStore({ file }),
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
      wipe(file)
    },
  }
  return opened
}

/** Takes the triggers away that keep the audit, empties every table, and puts them back. */
function wipe(file: string): void {
  const database = new DatabaseSync(file, { timeout: 5_000 })
  const select = database.prepare('select name, sql from sqlite_schema where type = ? and name not like ?')
  const triggers = select.all('trigger', '') as { name: string; sql: string }[]
  const tables = select.all('table', 'schema_migrations') as { name: string }[]
  const statements = [
    ...triggers.map(({ name }) => `drop trigger ${name}`),
    ...tables.map(({ name }) => `delete from ${name}`),
    ...triggers.map(({ sql }) => sql),
  ]
  database.exec(`begin immediate; ${statements.join(';\n')}; commit`)
  database.close()
}

/** The name of a file that does not exist yet; its directory goes away with the test. */
export function temporaryFile(): string {
  const directory = mkdtempSync(join(tmpdir(), 'ikoma-sqlite-'))
  onTestFinished(() => rmSync(directory, { recursive: true, force: true }))
  return join(directory, 'ikoma.db')
}
