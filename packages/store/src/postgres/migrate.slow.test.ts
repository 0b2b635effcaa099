import type pg from 'pg'
import { describe, expect, inject, it, onTestFinished } from 'vitest'
import type { Migration } from '../migration.ts'
import { anOrder, sealKey } from '../testing/fixtures.ts'
import { newDatabase, onDatabase } from '../testing/test-database.ts'
import { clientConfig, openPool, withClient } from './connection.ts'
import { migrate } from './migrate.ts'
import { migrations } from './migrations.ts'
import { openPostgresStore } from './store.ts'

const now = Date.UTC(2026, 0, 15)

async function setup() {
  const { url, drop } = await newDatabase(inject('postgresUrl'))
  const pool = openPool({ url, poolSize: 2, log: () => undefined })
  onTestFinished(async () => {
    await pool.end()
    await drop()
  })
  return { url, pool }
}

/** What a database consists of, as far as migrations care. */
async function schemaOf(pool: pg.Pool): Promise<string[]> {
  const { rows } = await pool.query<{ name: string }>(`
    select c.relname || '.' || a.attname || ' ' || format_type(a.atttypid, a.atttypmod) as name
    from pg_attribute a join pg_class c on c.oid = a.attrelid
    where c.relnamespace = 'public'::regnamespace and a.attnum > 0
    union all select indexdef from pg_indexes where schemaname = 'public'
    union all select tgname from pg_trigger where not tgisinternal `)
  return rows.map(({ name }) => name).toSorted()
}

/** Migrates on a connection of its own, which dies at statement number `fatal`. */
function migrateOnce(url: string, list: Migration[] = migrations, fatal = Number.POSITIVE_INFINITY): Promise<unknown> {
  return withClient(clientConfig(url), (client) => {
    let count = 0
    const query = (text: string, values?: unknown[]) => {
      count += 1
      return count === fatal ? Promise.reject(new Error('killed')) : client.query(text, values)
    }
    return migrate({ query } as pg.Client, list, now)
  })
}

describe('migrating', () => {
  it('leaves nothing when killed at any statement, and completes when started again', async () => {
    const { url, pool } = await setup()
    const statements = migrations.flatMap((migration) => migration.statements).length
    for (let fatal = 1; fatal <= statements + migrations.length + 7; fatal += 1) {
      await expect(migrateOnce(url, migrations, fatal), `statement ${fatal}`).rejects.toThrow('killed')
      expect(await schemaOf(pool), `statement ${fatal}`).toEqual([])
    }
    await migrateOnce(url)
    const whole = await schemaOf(pool)
    expect(whole).toContain('audit_append_only')
    await migrateOnce(url)
    expect(await schemaOf(pool)).toEqual(whole)
  }, 120_000)

  it('applies a later migration to a database in use, or nothing of it', async () => {
    const { url, pool } = await setup()
    await migrateOnce(url)
    const before = await schemaOf(pool)
    const later = { tag: '99991231_later', statements: ['alter table servers add column zone text', 'select 1 / 0'] }
    await expect(migrateOnce(url, [...migrations, later])).rejects.toThrow('division by zero')
    expect(await schemaOf(pool)).toEqual(before)
    await migrateOnce(url, [...migrations, { ...later, statements: later.statements.slice(0, 1) }])
    expect(await schemaOf(pool)).toEqual([...before, 'servers.zone text'].toSorted())
  })

  it('refuses a database that a newer version has written', async () => {
    const { url, pool } = await setup()
    await migrateOnce(url)
    await pool.query("insert into schema_migrations values ('99991231_future', 0)")
    await expect(openPostgresStore({ sealKey, url })).rejects.toMatchObject({
      code: 'conflict',
      reason: 'schema_newer',
    })
  })

  it('adopts a pushed database with what it holds', async () => {
    const { url, pool } = await setup()
    for (const { statements } of migrations) for (const statement of statements) await pool.query(statement)
    const store = await openPostgresStore({ sealKey, url })
    onTestFinished(() => store.close())
    const order = anOrder({ scope: 'any' })
    await store.insertOrders([{ order, actor: 'a', idempotency: null }])
    expect(await store.auditHead()).toMatchObject({ seq: 1 })
    const { rows } = await pool.query('select tag from schema_migrations')
    expect(rows).toEqual(migrations.map(({ tag }) => ({ tag })))
  })

  it('refuses a pushed database that lacks a column', async () => {
    const { url, pool } = await setup()
    for (const { statements } of migrations) for (const statement of statements) await pool.query(statement)
    await pool.query('alter table orders drop column seal')
    const refused = expect(openPostgresStore({ sealKey, url })).rejects
    await refused.toMatchObject({ reason: 'schema_incomplete', message: expect.stringContaining('orders.seal') })
  })
})

describe('the audit', () => {
  it.each(["update audit set actor = 'x'", 'delete from audit', 'truncate audit'])('refuses %s', async (statement) => {
    const { url, pool } = await setup()
    await migrateOnce(url)
    await expect(pool.query(statement)).rejects.toThrow('append-only')
  })
})

describe('a server that may lose commits', () => {
  it('is refused, unless that is asked for', async () => {
    const { url } = await setup()
    const name = new URL(url).pathname.slice(1)
    await onDatabase(url, `alter database ${name} set synchronous_commit = off`)
    await expect(openPostgresStore({ sealKey, url })).rejects.toMatchObject({ reason: 'store_not_durable' })
    const store = await openPostgresStore({ sealKey, url, allowUnsafe: true })
    await store.ping()
    await store.close()
  })
})
