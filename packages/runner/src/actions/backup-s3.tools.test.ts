import { chmodSync, readdirSync } from 'node:fs'
import { join } from 'node:path'
import type { Backup } from '@ikoma/api'
import { s3Account } from '@ikoma/backup/testing/fake-s3'
import type { Host, Program } from '@ikoma/machine'
import { describe, expect, test } from 'vitest'
import { actionContext } from '../testing/action-context.ts'
import { addRows, countRows } from '../testing/backups.ts'
import { startDebianPostgres } from '../testing/debian-postgres.ts'
import { order } from '../testing/order.ts'
import { newS3Database } from '../testing/s3-place.ts'

describe('a backup in a bucket', () => {
  test('is proven from what the bucket gives back, and its manifest is written last', async () => {
    const { store, takeBackup, kept, left, list, shelf } = await newS3Database()
    const taken = await takeBackup()
    expect(taken).toMatchObject({ state: 'proven', tableCount: 2, problem: null })
    const [data, manifest] = [`${taken.id}.sqlite.gz`, `${taken.id}.json`]
    expect(kept()).toEqual([manifest, data].sort())
    expect(store.asked.slice(-3).map((each) => each.replace('ikoma/app/', ''))).toEqual([
      `PUT ${data}`,
      `GET ${data}`,
      `PUT ${manifest}`,
    ])
    expect(left()).toEqual([])
    expect(await list()).toEqual({ backups: [taken], total: 1, lastProven: taken.id, suspect: [], strays: [] })
    expect(await order('backup.verify', shelf)).toMatchObject({ ok: true })
  })

  test('comes back on another server, and the former database is kept', async () => {
    const { folder, path, database, shelf, takeBackup } = await newS3Database(100)
    const { id } = await takeBackup()
    addRows(database, 11)
    database.close()
    const elsewhere = { ...shelf, directory: join(folder, 'new') }
    const restored = await order('db.sqlite.restore', { path, ...elsewhere, backup: id })
    expect(restored).toMatchObject({ ok: true, output: { restored: id } })
    const { former } = restored.output as { former: { id: string; place: string } }
    expect([countRows(path), countRows(former.place)]).toEqual([100, 111])
    expect(readdirSync(join(folder, 'new', 'app'))).toEqual([])
    const undone = await order('db.sqlite.restore', { path, ...shelf, undo: former.id })
    expect(undone).toMatchObject({ ok: true })
    expect(countRows(path)).toBe(111)
  })

  test('does not touch those of the same name in the directory', async () => {
    const { path, shelf, takeBackup, kept } = await newS3Database()
    const { s3, ...here } = shelf
    const local = await order('db.sqlite.backup', { path, ...here })
    expect(local).toMatchObject({ ok: true })
    await takeBackup()
    expect(kept()).toHaveLength(2)
    expect(await order('backup.verify', shelf)).toMatchObject({ ok: true })
    expect(await order('backup.list', here)).toMatchObject({ ok: true, output: { total: 1 } })
  })

  test('is pruned when it is old, with what was never finished; the last proven ones stay', async () => {
    const { takeBackup, object, put, kept, remove, shelf } = await newS3Database()
    const { id } = await takeBackup()
    // Its manifest is sealed: an older backup can only be one that was never finished.
    put('20200101T000000Z-aaaaaa.sqlite.gz', object(`${id}.sqlite.gz`).body)
    put('a-file-of-somebody-else.txt', Buffer.from('kept'))
    const pruned = await order('backup.prune', { ...shelf, keepDays: 1, keepProven: 1 })
    expect(pruned).toMatchObject({ ok: true, output: { changed: true } })
    remove('a-file-of-somebody-else.txt')
    expect(kept()).toEqual([`${id}.json`, `${id}.sqlite.gz`])
  })

  test.each(['db.sqlite.backup', 'backup.list', 'backup.verify'] as const)(
    'shows its account to nobody: %s',
    async (type) => {
      const { shelf, path, takeBackup, store } = await newS3Database()
      await takeBackup()
      const { machine } = actionContext()
      const ran: Program[] = []
      const watching: Host = {
        ...machine,
        run: (program) => {
          ran.push(program)
          return machine.run(program)
        },
      }
      const context = actionContext({ machine: watching })
      const payload = type === 'db.sqlite.backup' ? { path, ...shelf } : shelf
      const fine = await order(type, payload, context)
      store.failWith(() => ({ status: 403, code: 'AccessDenied' }))
      const refused = await order(type, payload, context)
      expect([fine.ok, refused.ok]).toEqual([true, false])
      const shown = JSON.stringify([fine, refused, context.logged, context.steps, ran])
      for (const secret of [s3Account.secretAccessKey, s3Account.accessKeyId, 'f'.repeat(64)]) {
        expect(shown).not.toContain(secret)
      }
    },
  )

  test("needs an account's file that nobody else can read, and asks nobody before", async () => {
    const { payload, authFile, store } = await newS3Database()
    chmodSync(authFile, 0o644)
    const result = await order('db.sqlite.backup', payload)
    expect(result).toMatchObject({ ok: false, errors: [{ code: 'auth_file_refused' }] })
    expect(store.asked).toEqual([])
  })
})

test('a PostgreSQL database is kept in a bucket and comes back from it', async () => {
  const { folder, shelf, list, takeBackup } = await newS3Database()
  const { query, connection } = await startDebianPostgres(folder)
  await query('CREATE DATABASE app')
  await query('CREATE TABLE line AS SELECT i AS id FROM generate_series(1, 1000) i', 'app')
  await takeBackup()
  const payload = { database: 'app', ...shelf, ...connection }
  const taken = await order('db.postgres.backup', payload)
  expect(taken).toMatchObject({ ok: true, output: { backup: { engine: 'postgres', state: 'proven' } } })
  const { id } = (taken.output as { backup: Backup }).backup
  expect(await list()).toMatchObject({ total: 2, lastProven: id })
  await query('DELETE FROM line WHERE id > 10', 'app')
  expect(await order('db.postgres.restore', { ...payload, backup: id })).toMatchObject({ ok: true })
  expect(Number((await query('SELECT count(*) AS n FROM line', 'app'))[0]?.n)).toBe(1000)
})
