import { truncateSync } from 'node:fs'
import { join } from 'node:path'
import type { Backup } from '@ikoma/api'
import { describe, expect, onTestFinished, test, vi } from 'vitest'
import { newDatabase, newPlace } from '../testing/backups.ts'
import { startDebianPostgres } from '../testing/debian-postgres.ts'
import { order } from '../testing/order.ts'
import { newS3Database } from '../testing/s3-place.ts'

interface Took {
  ok: boolean
  summary: string
  backup: Backup
}

async function take(type: 'db.sqlite.backup' | 'db.postgres.backup', payload: object): Promise<Took> {
  const { ok, summary, output } = await order(type, payload)
  return { ok, summary, backup: (output as { backup: Backup }).backup }
}

/** As of thirty days later, when nothing is young any more. */
async function pruneLater(shelf: object) {
  vi.useFakeTimers({ toFake: ['Date'], now: Date.now() + 30 * 24 * 3_600_000 })
  onTestFinished(() => void vi.useRealTimers())
  return order('backup.prune', { ...shelf, keepDays: 1, keepProven: 3 })
}

const elsewhere = { sqlite: newPlace, bucket: newS3Database }

describe.each(['sqlite', 'bucket'] as const)('backups of a SQLite database that was emptied (%s)', (kind) => {
  test('are suspect, fail their order, and push the full one out of no shelf', async () => {
    const { folder, shelf, list } = await elsewhere[kind]()
    const path = join(folder, 'emptied.db')
    newDatabase(path, 5_000).close()
    const payload = { path, ...shelf }
    const full = await take('db.sqlite.backup', payload)
    expect(full).toMatchObject({ ok: true, backup: { state: 'proven', rowCount: 5_001, suspect: null } })
    truncateSync(path)
    for (const _ of kind === 'sqlite' ? [1, 2, 3] : [1]) {
      const empty = await take('db.sqlite.backup', payload)
      expect(empty).toMatchObject({ ok: false, backup: { state: 'suspect', rowCount: 0 } })
      expect(empty.summary).toContain(`Against ${full.backup.id}, it has 0 of 2 tables, 0 of 5001 rows`)
    }
    expect(await order('backup.list', shelf)).toMatchObject({
      summary: expect.stringContaining(kind === 'sqlite' ? '3 of them suspect' : '1 of them suspect'),
    })
    // A bucket asks for the time; pruning is the same for both.
    if (kind === 'sqlite') expect(await pruneLater(shelf)).toMatchObject({ ok: true })
    expect(await list()).toMatchObject({ lastProven: full.backup.id })
  })
})

test('backups of a PostgreSQL database that lost a table among others are suspect until somebody accepts them', async () => {
  const { folder, shelf, list } = newPlace()
  const { query, connection } = await startDebianPostgres(folder)
  await query('CREATE DATABASE app')
  await query(
    `CREATE TABLE visit AS SELECT i AS id FROM generate_series(1, 50000) i;
     CREATE TABLE customer AS SELECT i AS id FROM generate_series(1, 500) i`,
    'app',
  )
  const payload = { database: 'app', ...shelf, ...connection }
  const full = await take('db.postgres.backup', payload)
  await query('TRUNCATE customer', 'app')
  const less = await take('db.postgres.backup', payload)
  expect(less).toMatchObject({ ok: false, backup: { state: 'suspect' } })
  expect(less.summary).toContain('none of the 500 rows of public.customer')
  expect(await list()).toMatchObject({ lastProven: full.backup.id })
  const accepted = await order('backup.verify', { ...shelf, backup: less.backup.id, accept: true })
  expect(accepted).toMatchObject({ ok: true, output: { backup: { state: 'proven', suspect: null } } })
  expect(await list()).toMatchObject({ lastProven: less.backup.id })
  expect(await take('db.postgres.backup', payload)).toMatchObject({ ok: true, backup: { state: 'proven' } })
})
