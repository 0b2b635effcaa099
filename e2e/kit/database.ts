import { DatabaseSync } from 'node:sqlite'
import { newId } from '@ikoma/kernel'
import pg from 'pg'
import { inject } from 'vitest'

export const dialects = ['sqlite', 'postgres'] as const
export type Dialect = (typeof dialects)[number]

export interface Database {
  dialect: Dialect
  /** What the product must be told to use it. */
  env: Record<string, string>
  /** Runs a statement beside the product, as somebody with access to the machine would; gives the rows. */
  query(sql: string): Promise<Record<string, unknown>[]>
  tables(): Promise<string[]>
  drop(): Promise<void>
}

export async function newDatabase(dialect: Dialect, file: string): Promise<Database> {
  return dialect === 'sqlite' ? sqlite(file) : await postgres()
}

function sqlite(file: string): Database {
  const query = async (sql: string) => {
    const client = new DatabaseSync(file, { timeout: 5_000 })
    try {
      return client.prepare(sql).all() as Record<string, unknown>[]
    } finally {
      client.close()
    }
  }
  return {
    dialect: 'sqlite',
    env: { DB_PATH: file },
    query,
    tables: async () => names(await query("select name from sqlite_schema where type = 'table'")),
    drop: async () => {},
  }
}

async function postgres(): Promise<Database> {
  const server = inject('postgresUrl')
  const name = `e2e_${newId().replaceAll('-', '')}`
  await run(`${server}/postgres`, `create database ${name}`)
  const url = `${server}/${name}`
  return {
    dialect: 'postgres',
    env: { DATABASE_URL: url },
    query: (sql) => run(url, sql),
    tables: async () => names(await run(url, "select tablename as name from pg_tables where schemaname = 'public'")),
    async drop() {
      await run(`${server}/postgres`, `drop database ${name} with (force)`)
    },
  }
}

async function run(url: string, sql: string): Promise<Record<string, unknown>[]> {
  const client = new pg.Client({ connectionString: url })
  await client.connect()
  try {
    return (await client.query<Record<string, unknown>>(sql)).rows
  } finally {
    await client.end()
  }
}

function names(rows: Record<string, unknown>[]): string[] {
  return rows.map(({ name }) => String(name))
}
