import { createLog } from '@ikoma/kernel/node'
import { sql } from 'drizzle-orm'
import pg from 'pg'
import { afterAll, beforeAll, expect, onTestFinished, test, vi } from 'vitest'
import { type PostgresServer, startPostgres } from '../../../store/src/testing/postgres-server.ts'
import { openDatabase } from './database.ts'

let server: PostgresServer
beforeAll(async () => {
  server = await startPostgres()
})
afterAll(() => server.stop())

test('a commit that no standby confirmed, because the wait was cancelled, is of unknown outcome', async () => {
  const url = `${server.url}/postgres`
  const admin = new pg.Client(url)
  await admin.connect()
  const database = openDatabase({ url, log: createLog('silent', { write() {} }) })
  onTestFinished(async () => {
    await admin.query("alter system set synchronous_standby_names = ''")
    await admin.query('select pg_reload_conf()')
    await database.close()
    await admin.end()
  })
  await admin.query('create table notes (id integer)')
  await admin.query("alter system set synchronous_standby_names = 'nobody'")
  await admin.query('select pg_reload_conf()')
  const insert = () => database.transaction((tx) => tx.execute(sql`insert into notes values (1)`))
  const writing = insert().catch((error: unknown) => error)
  const pid = await vi.waitFor(async () => {
    const { rows } = await admin.query("select pid from pg_stat_activity where wait_event = 'SyncRep'")
    expect(rows).toHaveLength(1)
    return rows[0].pid
  })
  await admin.query('select pg_cancel_backend($1)', [pid])
  expect(await writing).toMatchObject({ code: 'unavailable', reason: 'commit_unknown' })
  await admin.query("alter system set synchronous_standby_names = ''")
  await admin.query('select pg_reload_conf()')
  await vi.waitFor(insert)
}, 60_000)
