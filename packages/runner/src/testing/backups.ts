import {
  chmodSync,
  closeSync,
  mkdirSync,
  mkdtempSync,
  openSync,
  readdirSync,
  readSync,
  rmSync,
  statSync,
  writeSync,
} from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { DatabaseSync } from 'node:sqlite'
import type { Backup } from '@ikoma/api'
import { onTestFinished } from 'vitest'
import { order } from './order.ts'

/** A folder for one test, with a place for backups in it. */
export function newPlace(parent = tmpdir()) {
  const folder = mkdtempSync(join(parent, 'ikoma-backups-'))
  onTestFinished(() => rmSync(folder, { recursive: true, force: true }))
  // Other accounts find their way to what is theirs.
  chmodSync(folder, 0o711)
  const directory = join(folder, 'backups')
  const shelf = { name: 'app', directory }
  mkdirSync(join(folder, 'data'))
  return {
    folder,
    shelf,
    /** Files of the backups, whatever they are worth. */
    files: () => readdirSync(join(directory, 'app')).sort(),
    file: (name: string) => join(directory, 'app', name),
    async list(): Promise<{ backups: Backup[]; lastProven: string | null }> {
      const { output } = await order('backup.list', shelf)
      return output as { backups: Backup[]; lastProven: string | null }
    },
  }
}

/** A database in WAL mode with an index, a foreign key and so many rows. */
export function newDatabase(path: string, rows = 1000): DatabaseSync {
  const database = new DatabaseSync(path)
  onTestFinished(() => void (database.isOpen && database.close()))
  database.exec(`
    PRAGMA journal_mode=WAL;
    CREATE TABLE customer (id INTEGER PRIMARY KEY, name TEXT NOT NULL);
    CREATE TABLE "order line" (id INTEGER PRIMARY KEY, customer INTEGER REFERENCES customer (id), note TEXT);
    CREATE INDEX by_note ON "order line" (note);
    INSERT INTO customer VALUES (1, 'Awa');
  `)
  addRows(database, rows)
  return database
}

export function addRows(database: DatabaseSync, rows: number): void {
  database.exec(`
    WITH RECURSIVE n (i) AS (VALUES (1) UNION ALL SELECT i + 1 FROM n WHERE i < ${rows})
    INSERT INTO "order line" (customer, note) SELECT 1, hex(randomblob(100)) FROM n
  `)
}

export function countRows(path: string): number {
  const database = new DatabaseSync(path)
  try {
    return (database.prepare('SELECT count(*) AS n FROM "order line"').get() as { n: number }).n
  } finally {
    database.close()
  }
}

/** Changes one bit in the middle of a file. */
export function flipByteIn(path: string): void {
  const file = openSync(path, 'r+')
  const byte = Buffer.alloc(1)
  const middle = statSync(path).size >> 1
  readSync(file, byte, 0, 1, middle)
  byte[0] = (byte[0] ?? 0) ^ 0x10
  writeSync(file, byte, 0, 1, middle)
  closeSync(file)
}
