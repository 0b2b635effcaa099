import { readFileSync } from 'node:fs'
import { DatabaseSync } from 'node:sqlite'
import { withClient } from '../postgres/connection.ts'
import { migrations as postgresMigrations } from '../postgres/migrations.ts'
import { migrations as sqliteMigrations } from '../sqlite/migrations.ts'

/** What a former version kept, as `scripts/keep-database.ts` wrote it down. */
export interface FormerDatabase {
  made: {
    at: number
    runner: { id: string; token: string }
    viewer: string
    operator: string
    schedule: string
    orders: Record<string, string>
    leases: { running: string; claimed: string }
  }
  keys: { 'seal.key': string; 'signing.pem': string }
  rows: Record<string, Record<string, unknown>[]>
}

/** The commits whose databases are kept: before any seal but an order's, and two of the version before this one. */
export const formerVersions = ['c304c6b', '90d4245', 'd02e234'] as const

export function readFormer(name: string, dialect: 'sqlite' | 'postgres'): FormerDatabase {
  return JSON.parse(
    readFileSync(new URL(`./former/${name}-${dialect}.json`, import.meta.url), 'utf8'),
  ) as FormerDatabase
}

/** Writes it into a file that does not exist yet, as that version left it. */
export function restoreSqlite({ rows }: FormerDatabase, file: string): void {
  const database = new DatabaseSync(file)
  for (const statement of statementsOf(rows, sqliteMigrations)) database.exec(statement)
  for (const [table, all] of Object.entries(rows)) {
    for (const row of all) {
      const names = Object.keys(row)
      const marks = names.map(() => '?').join(', ')
      const values = Object.values(row) as (string | number | null)[]
      database.prepare(`insert into "${table}" (${names.map((name) => `"${name}"`)}) values (${marks})`).run(...values)
    }
  }
  database.close()
}

/** Writes it into an empty database. */
export async function restorePostgres({ rows }: FormerDatabase, url: string): Promise<void> {
  await withClient({ connectionString: url }, async (client) => {
    for (const statement of statementsOf(rows, postgresMigrations)) await client.query(statement)
    for (const [table, all] of Object.entries(rows)) {
      const insert = `insert into "${table}" overriding system value select * from json_populate_recordset(null::"${table}", $1)`
      await client.query(insert, [JSON.stringify(all)])
    }
    await client.query("select setval('orders_seq_seq', (select max(seq) from orders))")
  })
}

function statementsOf(rows: FormerDatabase['rows'], migrations: typeof sqliteMigrations): string[] {
  const tags = new Set(rows.schema_migrations?.map(({ tag }) => tag))
  return migrations.filter(({ tag }) => tags.has(tag)).flatMap(({ statements }) => statements)
}
