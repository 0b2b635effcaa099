import { Writable } from 'node:stream'
import { inspect } from 'node:util'
import { createLog } from '@ikoma/kernel/node'
import { sql } from 'drizzle-orm'
import { integer, pgPolicy, pgTable, text } from 'drizzle-orm/pg-core'
import { expect, inject, it, onTestFinished } from 'vitest'
import { newDatabase, onDatabase } from '../../../store/src/testing/test-database.ts'
import type { Database } from './database.ts'
import { assertRowSecurity, countVisible, currentSetting, DatabaseError, databaseError, openDatabase } from './index.ts'

const counters = pgTable('counters', { id: integer().primaryKey(), value: integer().notNull() })
const log = createLog('silent')

async function setup(options: Partial<Parameters<typeof openDatabase>[0]> = {}): Promise<Database & { url: string }> {
  const { url, drop } = await newDatabase(inject('postgresUrl'))
  await onDatabase(url, 'create table counters (id integer primary key, value integer not null check (value >= 0))')
  await onDatabase(url, 'insert into counters values (1, 0), (2, 0)')
  const database = openDatabase({ url, log, ...options })
  onTestFinished(async () => {
    await database.close()
    await drop()
  })
  return { ...database, url }
}

it('tries again what lost against another one, and neither change is lost', async () => {
  const { transaction, db } = await setup()
  let runs = 0
  const add = () =>
    transaction(
      async (tx) => {
        runs += 1
        const [row] = await tx.select().from(counters).where(sql`id = 1`)
        await tx.execute(sql`select pg_sleep(0.02)`)
        await tx
          .update(counters)
          .set({ value: (row?.value ?? 0) + 1 })
          .where(sql`id = 1`)
      },
      { isolation: 'serializable', attempts: 20 },
    )
  await Promise.all([add(), add(), add(), add()])
  expect((await db.select().from(counters).where(sql`id = 1`))[0]?.value).toBe(4)
  expect(runs).toBeGreaterThan(4)
})

it('gives up after its attempts, and tries nothing again that was refused for a reason of its own', async () => {
  const { transaction } = await setup()
  for (const [state, runs] of [
    ['40001', 3],
    ['40P01', 3],
    ['23505', 1],
    ['57014', 1],
    ['40003', 1],
    ['P0001', 1],
  ] as const) {
    let tries = 0
    const work = transaction(
      async (tx) => {
        tries += 1
        await tx.execute(sql.raw(`do $$ begin raise exception 'secret-word' using errcode = '${state}'; end $$`))
      },
      { attempts: 3 },
    )
    const error = await work.catch((thrown: unknown) => thrown)
    expect(error).toMatchObject({ sqlState: state })
    expect(tries).toBe(runs)
  }
})

it('takes ROLLBACK for an answer to its COMMIT as what it is: nothing was written', async () => {
  const { transaction, db } = await setup({ poolSize: 1 })
  for (const begin of [transaction, db.transaction.bind(db)]) {
    const work = begin(async (tx) => {
      await tx.insert(counters).values({ id: 3, value: 1 })
      // Somebody passes over a failure.
      await tx.execute(sql`select 1 / 0`).catch(() => undefined)
    })
    await expect(work).rejects.toMatchObject({ reason: 'rolled_back' })
    expect(await db.$count(counters)).toBe(2)
  }
})

it('refuses a statement that comes after the end of its transaction', async () => {
  const { transaction, db } = await setup({ poolSize: 1 })
  const tx = await transaction(async (inner) => [inner] as const)
  const late = tx[0]
    .update(counters)
    .set({ value: 5 })
    .then(() => null, databaseError)
  expect(await late).toMatchObject({ reason: 'transaction_ended' })
  expect(await db.select({ value: counters.value }).from(counters)).toEqual([{ value: 0 }, { value: 0 }])
})

it('leaves the errors of others as they are', async () => {
  const { transaction } = await setup()
  // As of a request to somebody else's server, or of a file.
  for (const code of ['ECONNREFUSED', 'ENOENT']) {
    const theirs = Object.assign(new Error(`connect ${code}`), { code })
    await expect(transaction(() => Promise.reject(theirs))).rejects.toBe(theirs)
  }
})

it('says that nobody knows when the connection is lost at the commit, and does not try again', async () => {
  const { transaction, pool, url } = await setup()
  // A deferred trigger runs inside the COMMIT.
  await onDatabase(
    url,
    `create function cut() returns trigger language plpgsql as 'begin perform pg_terminate_backend(pg_backend_pid()); perform pg_sleep(5); return null; end';
     create constraint trigger cut after insert on counters deferrable initially deferred for each row execute function cut()`,
  )
  let runs = 0
  const work = transaction(async (tx) => {
    runs += 1
    await tx.insert(counters).values({ id: 3, value: 1 })
  })
  await expect(work).rejects.toMatchObject({ code: 'unavailable', reason: 'commit_unknown' })
  expect(runs).toBe(1)
  expect(pool.totalCount).toBe(0)
})

it('outlives its idle connections, and connects again', async () => {
  const { db, pool, url } = await setup({ poolSize: 3 })
  await Promise.all([1, 2, 3].map(() => db.execute(sql`select pg_sleep(0.05)`)))
  const lost = new Promise<void>((resolve) => {
    let left = pool.totalCount
    pool.on('remove', () => {
      left -= 1
      if (left === 0) resolve()
    })
  })
  await onDatabase(
    url,
    'select pg_terminate_backend(pid) from pg_stat_activity where pid <> pg_backend_pid() and datname = current_database()',
  )
  await lost
  expect(await db.$count(counters)).toBe(2)
})

it('translates what PostgreSQL says into errors without statement or value', async () => {
  const { db, url, transaction } = await setup({ statementTimeoutMs: 300, lockTimeoutMs: 100 })
  await onDatabase(
    url,
    `create extension btree_gist;
     create table kids (id integer constraint kid_of references counters, name text unique, during int4range, exclude using gist (name with =, during with &&));
     insert into kids values (1, 'canary-known', '[1,5)')`,
  )
  const cases: [string, Record<string, unknown>][] = [
    [
      "insert into kids (name) values ('canary-known')",
      { code: 'conflict', reason: 'unique_violation', constraint: 'kids_name_key' },
    ],
    [
      "alter table kids drop constraint kids_name_key; insert into kids (name, during) values ('canary-known', '[2,3)')",
      { code: 'conflict', reason: 'exclusion_violation', constraint: 'kids_name_during_excl' },
    ],
    ['insert into kids (id) values (99)', { code: 'conflict', reason: 'foreign_key_violation', constraint: 'kid_of' }],
    ['delete from counters where id = 1', { code: 'conflict', reason: 'foreign_key_violation' }],
    [
      'update counters set value = -1',
      { code: 'unprocessable', reason: 'check_violation', constraint: 'counters_value_check' },
    ],
    ['update counters set value = null', { code: 'unprocessable', reason: 'not_null_violation' }],
    ["select 'canary'::integer", { code: 'unprocessable', reason: 'value_not_storable' }],
    ['select pg_sleep(2)', { code: 'unavailable', reason: 'statement_timeout' }],
    ["select 'canary' from", { code: 'internal', reason: 'database_failed' }],
  ]
  for (const [statement, expected] of cases) {
    for (const run of [
      () => db.execute(sql.raw(statement)),
      () => transaction((tx) => tx.execute(sql.raw(statement))),
    ]) {
      const error = await run().then(() => null, databaseError)
      expect(error, statement).toBeInstanceOf(DatabaseError)
      expect(error, statement).toMatchObject(expected)
      expect(logged(error), statement).not.toMatch(/canary|insert|select/i)
    }
  }
  const nul = await db.execute(sql`select ${'canary\0'}::text`).then(() => null, databaseError)
  expect(nul).toMatchObject({ reason: 'value_not_storable' })
})

it('translates a database that cannot be reached, and never tells its password', async () => {
  const password = 'canary-password'
  const seen: unknown[] = []
  for (const url of [
    `postgres://app:${password}@127.0.0.1:1/app`,
    `${inject('postgresUrl').replace('postgres@', `nobody:${password}@`)}/postgres`,
    `${inject('postgresUrl')}/no_such`,
  ]) {
    const database = openDatabase({ url, log, connectTimeoutMs: 2_000 })
    for (const ask of [() => database.db.execute(sql`select 1`), () => database.transaction(async () => 1)]) {
      const error = await ask().then(() => null, databaseError)
      expect(error, url).toMatchObject({ code: 'unavailable' })
      seen.push(error)
    }
    seen.push(database.pool)
    await database.close()
  }
  for (const url of [`postgres://app:${password}%@127.0.0.1:x/app`, `mysql://app:${password}@h/d`, password]) {
    expect(() => openDatabase({ url, log })).toThrow('DATABASE_URL')
    try {
      openDatabase({ url, log })
    } catch (error) {
      seen.push(error)
    }
  }
  for (const each of seen) expect(inspect(each, { depth: 4 }) + logged(each)).not.toContain(password)
})

const notes = pgTable('notes', { id: integer().primaryKey(), owner: text().notNull() }, () => [
  pgPolicy('own', { using: sql`owner = ${currentSetting('app.user_id')}` }),
])

it('shows a transaction the rows of whom it runs as, and none to one that forgot to say', async () => {
  const { url: admin } = await setup()
  const role = `owner_${Date.now()}`
  await onDatabase(admin, `create role ${role} login; grant all on schema public to ${role}`)
  const database = openDatabase({ url: admin.replace('postgres@', `${role}@`), log, poolSize: 1 })
  onTestFinished(async () => {
    await database.close()
    await onDatabase(admin, `drop owned by ${role}; drop role ${role}`)
  })
  const { pool } = database
  await pool.query(
    "create table notes (id integer primary key, owner text not null); insert into notes values (1, 'ann'), (2, 'bob'), (3, '')",
  )
  await pool.query("create policy own on notes using (owner = nullif(current_setting('app.user_id', true), ''))")
  const whole = () => assertRowSecurity(database, [notes])
  await expect(whole()).rejects.toThrow(/"notes"/)
  await pool.query('alter table notes enable row level security')
  // The owner, which an app is, still sees all.
  expect(await countVisible(database, notes, {})).toBe(3)
  await expect(whole()).rejects.toThrow(/not forced/)
  await pool.query('alter table notes force row level security')
  await whole()
  expect(await countVisible(database, notes, { 'app.user_id': 'ann' })).toBe(1)
  // On the same connection, after somebody was named on it.
  expect(await countVisible(database, notes, {})).toBe(0)
  expect(await database.db.$count(notes)).toBe(0)
  expect(await countVisible(database, notes, { 'app.user_id': "x' or '1'='1" })).toBe(0)
  const foreign = database.transaction((tx) => tx.insert(notes).values({ id: 4, owner: 'bob' }), {
    as: { 'app.user_id': 'ann' },
  })
  await expect(foreign).rejects.toMatchObject({ code: 'forbidden', reason: 'row_security' })
  for (const name of ['role', 'row_security', 'session_authorization', 'app.x; drop']) {
    await expect(countVisible(database, notes, { [name]: 'postgres' })).rejects.toMatchObject({ reason: 'setting' })
  }
  const above = openDatabase({ url: admin, log })
  onTestFinished(() => above.close())
  await expect(assertRowSecurity(above, [notes])).rejects.toThrow('superuser')
})

function logged(value: unknown): string {
  const lines: string[] = []
  const sink = new Writable({
    write(chunk, _encoding, done) {
      lines.push(String(chunk))
      done()
    },
  })
  createLog('info', sink).error({ err: value })
  return lines.join('').replace(/\\n\s+at [^"]*/g, '')
}
