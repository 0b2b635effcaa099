import type pg from 'pg'
import { expect, inject, it, onTestFinished } from 'vitest'
import { sealedTables } from '../row-seals.ts'
import { readFormer, restorePostgres } from '../testing/former.ts'
import { newDatabase } from '../testing/test-database.ts'
import { openPool } from './connection.ts'
import { openPostgresStore } from './store.ts'

/** Decide nothing; each reason is in the control plane's `every-column.test.ts`, which does the same on SQLite. */
const exempt = [
  'orders.seq',
  'orders.wait',
  'runners.reported',
  'runners.capabilities',
  'runners.version',
  'runners.last_seen_at',
  'runners.instance',
]

/** Another value of the same kind, as SQL. */
const changes: Record<string, string> = {
  text: `coalesce("column", '') || 'x'`,
  bigint: 'coalesce("column", 0) + 1000',
  integer: 'coalesce("column", 0) + 1000',
  boolean: 'not "column"',
  json: `'{"edited":"yes"}'`,
  jsonb: `'{"edited":"yes"}'`,
}

interface Column {
  table: string
  name: string
  type: string
}

async function columnsOf(pool: pg.Pool): Promise<Column[]> {
  const { rows } = await pool.query<Column>(
    `select table_name as table, column_name as name, data_type as type from information_schema.columns
    where table_schema = 'public' and table_name = any($1)`,
    [sealedTables],
  )
  return rows.filter(({ table, name }) => !exempt.includes(`${table}.${name}`))
}

async function setup() {
  const former = readFormer('d02e234', 'postgres')
  const { url, drop } = await newDatabase(inject('postgresUrl'))
  await restorePostgres(former, url)
  const sealKey = Buffer.from(former.keys['seal.key'].trim(), 'base64url')
  await (await openPostgresStore({ url, sealKey, formerUntil: null })).close()
  const store = await openPostgresStore({ url, sealKey })
  const pool = openPool({ url, poolSize: 1, log: () => undefined })
  onTestFinished(async () => {
    await store.close()
    await pool.end()
    await drop()
  })
  const broken = async (table: string) => {
    const first = table === 'orders' ? null : JSON.stringify([table])
    const { items } = await store.checkRows({ limit: 100, cursor: first })
    return items.filter((item) => item.table === table).length
  }
  return { pool, broken }
}

it('each column of each sealed table, changed by hand, is noticed by the walk over all rows', async () => {
  const { pool, broken } = await setup()
  const silent: string[] = []
  for (const { table, name, type } of await columnsOf(pool)) {
    const { rows } = await pool.query(`select ctid, "${name}"::text as value from "${table}" limit 1`)
    expect(rows, `${table} has a row`).toHaveLength(1)
    const to = (changes[type] ?? '').replaceAll('"column"', `"${name}"`)
    const edited = await pool.query(`update "${table}" set "${name}" = ${to} where ctid = $1 returning ctid`, [
      rows[0].ctid,
    ])
    if ((await broken(table)) !== 1) silent.push(`${table}.${name}`)
    const back = `update "${table}" set "${name}" = $2::${type} where ctid = $1`
    await pool.query(back, [edited.rows[0].ctid, rows[0].value])
    expect(await broken(table), `${table}.${name} is put back`).toBe(0)
  }
  expect(silent).toEqual([])
}, 120_000)
