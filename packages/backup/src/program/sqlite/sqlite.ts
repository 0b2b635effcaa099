import { createHash } from 'node:crypto'
import { rm } from 'node:fs/promises'
import { join } from 'node:path'
import { backup, DatabaseSync } from 'node:sqlite'
import { receiveFile, sendFile } from '../bytes.ts'
import { compareContent, failedCheck, maxTables, tooManyTables } from '../content.ts'
import type { Content, EngineVerbs } from '../verbs.ts'

const busyMs = 30_000
/** The copy is one step: one of several begins anew whenever somebody writes in between. */
const allPages = 2 ** 31 - 1
const maxFindings = 3

/** Sends a copy of the database as it is at one moment, while others go on writing. Gives what is in it. */
export async function copySqlite({ source: path, workDir }: EngineVerbs['copy']['ask']) {
  const copy = join(workDir, 'copy.db')
  const database = openToRead(path)
  try {
    // The copy reads within the same transaction as the counts do.
    database.exec('BEGIN')
    const content = contentOf(database)
    await backup(database, copy, { rate: allPages })
    const { engineVersion } = database.prepare('SELECT sqlite_version() AS engineVersion').get() as {
      engineVersion: string
    }
    return { ...content, ...(await sendFile(copy)), engineVersion }
  } finally {
    database.close()
    await removeDatabase(copy)
  }
}

/** Restores a backup that it is given into a scratch database, and checks that one. */
export async function proveSqlite({ workDir, expected }: EngineVerbs['prove']['ask']) {
  const scratch = join(workDir, 'scratch.db')
  try {
    await receiveFile(scratch, expected)
    return { checks: checkDatabase(scratch, expected) }
  } finally {
    await removeDatabase(scratch)
  }
}

/** Throws at the first check that fails; gives the names of all that passed. */
export function checkDatabase(path: string, expected: Content): string[] {
  const database = openToRead(path)
  try {
    refuseRows('integrity_check', database.prepare('PRAGMA integrity_check(3)').all(), 'ok')
    refuseRows('foreign_key_check', database.prepare('PRAGMA foreign_key_check').all())
    const compared = compareContent(contentOf(database), expected)
    return ['sha256', 'integrity_check', 'foreign_key_check', ...compared]
  } finally {
    database.close()
  }
}

function openToRead(path: string): DatabaseSync {
  const database = new DatabaseSync(path, { readOnly: true, timeout: busyMs })
  // The functions that a schema calls may come from anybody who could write to the database.
  database.exec('PRAGMA trusted_schema=OFF; PRAGMA cell_size_check=ON')
  return database
}

function contentOf(database: DatabaseSync): Content {
  const schema = database.prepare('SELECT type, name, tbl_name, sql FROM sqlite_schema ORDER BY type, name').all()
  const schemaSha256 = createHash('sha256').update(JSON.stringify(schema)).digest('hex')
  const tables: Record<string, number> = {}
  for (const { type, name, sql } of schema) {
    // A virtual table asks for its module; what it keeps is in tables of its own.
    if (type !== 'table' || /^CREATE VIRTUAL/i.test(String(sql))) continue
    const quoted = `"${String(name).replaceAll('"', '""')}"`
    const { rows } = database.prepare(`SELECT count(*) AS rows FROM ${quoted}`).get() as { rows: number }
    tables[String(name)] = rows
  }
  if (Object.keys(tables).length > maxTables) throw tooManyTables()
  return { tables, schemaSha256 }
}

function refuseRows(check: string, rows: Record<string, unknown>[], fine?: string): void {
  const findings = rows.map((row) => Object.values(row).join(' ')).filter((text) => text !== fine)
  if (findings.length > 0) throw failedCheck(check, `says: ${findings.slice(0, maxFindings).join('; ')}`)
}

async function removeDatabase(path: string): Promise<void> {
  for (const suffix of ['', '-wal', '-shm', '-journal']) await rm(`${path}${suffix}`, { force: true })
}
