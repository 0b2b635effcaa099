import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { DatabaseSync } from 'node:sqlite'
import { onTestFinished } from 'vitest'
import type { WipeableStore } from '../../conformance/index.ts'
import { sealKey } from '../../testing/fixtures.ts'
import { openSqliteStore } from '../store.ts'

export interface TemporarySqlite extends WipeableStore {
  file: string
}

/** An empty SQLite store in a directory of its own. */
export async function openTemporary(): Promise<TemporarySqlite> {
  const directory = mkdtempSync(join(tmpdir(), 'ikoma-sqlite-'))
  const file = join(directory, 'ikoma.db')
  const store = await openSqliteStore({ sealKey, file })
  const schema = withFile(file, schemaOf)
  const opened: TemporarySqlite = {
    file,
    store,
    async reopen() {
      await opened.store.close()
      opened.store = await openSqliteStore({ sealKey, file })
      return opened.store
    },
    async destroy() {
      await opened.store.close()
      rmSync(directory, { recursive: true, force: true })
    },
    async wipe() {
      wipe(file, schema)
    },
  }
  return opened
}

interface Part {
  type: string
  name: string
  sql: string
}

/** Takes the triggers away that keep the audit, empties every table, and puts them back. Throws when a test changed the schema. */
function wipe(file: string, schema: Part[]): void {
  withFile(file, (database) => {
    refuseChanged(schema, schemaOf(database))
    const triggers = schema.filter(({ type }) => type === 'trigger')
    const tables = schema.filter(({ type, name }) => type === 'table' && name !== 'schema_migrations')
    const statements = [
      ...triggers.map(({ name }) => `drop trigger ${name}`),
      ...tables.map(({ name }) => `delete from ${name}`),
      ...triggers.map(({ sql }) => sql),
    ]
    database.exec(`begin immediate; ${statements.join(';\n')}; commit`)
  })
}

function refuseChanged(schema: Part[], left: Part[]): void {
  const [before, after] = [textsOf(schema), textsOf(left)]
  const changes = [...before.filter((text) => !after.includes(text)), ...after.filter((text) => !before.includes(text))]
  if (changes.length > 0)
    throw new Error(`Put back what you change in a store, other tests get it: ${changes.join('; ')}`)
}

function textsOf(parts: Part[]): string[] {
  return parts.map(({ type, name, sql }) => `${type} ${name}: ${sql}`)
}

function schemaOf(database: DatabaseSync): Part[] {
  return database
    .prepare('select type, name, sql from sqlite_schema')
    .all()
    .map(({ type, name, sql }) => ({ type: String(type), name: String(name), sql: String(sql) }))
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
