import { createLog } from '@ikoma/kernel/node'
import { eq, inArray, sql } from 'drizzle-orm'
import { integer, pgTable, text } from 'drizzle-orm/pg-core'
import { expect, inject, it, onTestFinished } from 'vitest'
import { newDatabase, onDatabase } from '../../../store/src/testing/test-database.ts'
import { openDatabase } from './index.ts'
import { PreparedStatements } from './prepared-statements.ts'

const log = createLog('silent')
const things = pgTable('things', { id: integer().primaryKey(), name: text() })

async function setup(parameters = '') {
  const { url, drop } = await newDatabase(inject('postgresUrl'))
  await onDatabase(url, "create table things (id integer primary key, name text); insert into things values (1, 'one')")
  const database = openDatabase({ url: `${url}${parameters}`, log, poolSize: 1 })
  onTestFinished(async () => {
    await database.close()
    await drop()
  })
  const prepared = async () => {
    const { rows } = await database.db.execute<{ name: string }>(sql`select name from pg_prepared_statements`)
    return rows.length
  }
  return { ...database, url, prepared }
}

it('prepares what is asked again and again, and nothing that comes once', async () => {
  const { db, prepared } = await setup()
  await db.select().from(things).where(eq(things.id, 1))
  expect(await prepared()).toBe(0)
  for (let n = 0; n < 5; n += 1)
    expect(await db.select().from(things).where(eq(things.id, n))).toHaveLength(n === 1 ? 1 : 0)
  // This one and the question for it.
  expect(await prepared()).toBe(1)
})

it('prepares nothing where the URL forbids it', async () => {
  const { db, prepared } = await setup('?prepared_statements=false')
  for (let n = 0; n < 5; n += 1) await db.select().from(things).where(eq(things.id, 1))
  expect(await prepared()).toBe(0)
})

it('goes on after a column has become another one, in a transaction and outside', async () => {
  const { db, transaction, url } = await setup()
  const ask = () => db.select().from(things).where(eq(things.id, 1))
  const askWithin = () => transaction((tx) => tx.select().from(things).where(eq(things.id, 1)))
  for (let n = 0; n < 5; n += 1) await ask()
  await onDatabase(url, 'alter table things alter column name type varchar(20)')
  expect(await ask()).toEqual([{ id: 1, name: 'one' }])
  for (let n = 0; n < 5; n += 1) await askWithin()
  await onDatabase(url, 'alter table things alter column name type text')
  expect(await askWithin()).toEqual([{ id: 1, name: 'one' }])
})

it('keeps a bound whatever texts come', async () => {
  const { db, prepared } = await setup()
  for (let length = 1; length <= 330; length += 1) {
    const ids = Array.from({ length }, (_, n) => n)
    for (let n = 0; n < 3; n += 1) await db.select().from(things).where(inArray(things.id, ids))
  }
  expect(await prepared()).toBeLessThanOrEqual(300)
  const statements = new PreparedStatements()
  for (let n = 0; n < 1_000; n += 1) for (let m = 0; m < 3; m += 1) statements.nameOf(`select ${n}`)
  expect(statements.nameOf('select 999')).toBeUndefined()
  expect(statements.nameOf('select 1')).toEqual(expect.any(String))
})
