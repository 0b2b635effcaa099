import { chmodSync, readdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import type { Backup } from '@ikoma/api'
import type { Host, Program } from '@ikoma/deploy'
import { newId } from '@ikoma/kernel'
import { describe, expect, test } from 'vitest'
import { localHost } from '../host/local-host.ts'
import { actionContext } from '../testing/action-context.ts'
import { addRows, countRows, flipByteIn, newDatabase } from '../testing/backups.ts'
import { startDebianPostgres } from '../testing/debian-postgres.ts'
import { type S3Misdeed, s3Account } from '../testing/fake-s3.ts'
import { order } from '../testing/order.ts'
import { cutOrders } from '../testing/order-process.ts'
import { newS3Place, writeAccount } from '../testing/s3-place.ts'

async function setup(rows?: number) {
  const place = await newS3Place()
  const path = join(place.folder, 'data', 'app.db')
  const database = newDatabase(path, rows)
  const payload = { path, ...place.shelf }
  return {
    ...place,
    path,
    database,
    payload,
    /** What is left of it on the server. */
    left: () => readdirSync(join(place.shelf.directory, 'app')),
    async takeBackup(): Promise<Backup> {
      const result = await order('db.sqlite.backup', payload)
      expect(result).toMatchObject({ ok: true })
      return (result.output as { backup: Backup }).backup
    },
  }
}

const isData = (key: string) => key.endsWith('.gz')
const isManifest = (key: string) => key.endsWith('.json')
const nothing = { backups: [], total: 0, lastProven: null }

describe('a backup in a bucket', () => {
  test('is proven from what the bucket gives back, and its manifest is written last', async () => {
    const { store, takeBackup, kept, left, list, shelf } = await setup()
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
    expect(await list()).toEqual({ backups: [taken], total: 1, lastProven: taken.id })
    expect(await order('backup.verify', shelf)).toMatchObject({ ok: true })
  })

  test('comes back on another server, and the former database is kept', async () => {
    const { folder, path, database, shelf, takeBackup } = await setup(100)
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
    const { path, shelf, takeBackup, kept } = await setup()
    const { s3, ...here } = shelf
    const local = await order('db.sqlite.backup', { path, ...here })
    expect(local).toMatchObject({ ok: true })
    await takeBackup()
    expect(kept()).toHaveLength(2)
    expect(await order('backup.verify', shelf)).toMatchObject({ ok: true })
    expect(await order('backup.list', here)).toMatchObject({ ok: true, output: { total: 1 } })
  })

  test('is pruned when it is old, with what was never finished; the last proven ones stay', async () => {
    const { takeBackup, object, put, kept, remove, shelf } = await setup()
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
      const { shelf, path, takeBackup, store } = await setup()
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
    const { payload, authFile, store } = await setup()
    chmodSync(authFile, 0o644)
    const result = await order('db.sqlite.backup', payload)
    expect(result).toMatchObject({ ok: false, errors: [{ code: 'auth_file_refused' }] })
    expect(store.asked).toEqual([])
  })
})

describe('a backup in a bucket is never good', () => {
  const damages: Record<string, (bytes: Buffer) => Buffer> = {
    'with a flipped bit': flipped,
    'without its last byte': (bytes) => bytes.subarray(0, -1),
    'with a byte more': (bytes) => Buffer.concat([bytes, Buffer.alloc(1)]),
    'without a byte': () => Buffer.alloc(0),
  }

  test('with other bytes than were taken: it is damaged, and refused', { timeout: 120_000 }, async () => {
    const { path, database, shelf, takeBackup, object, put, remove, list } = await setup()
    const { id } = await takeBackup()
    database.close()
    const file = `${id}.sqlite.gz`
    const [before, { body }] = [readFileSync(path), object(file)]
    for (const [name, damage] of Object.entries(damages)) {
      put(file, damage(body))
      expect(await list(), name).toMatchObject({ backups: [{ state: 'damaged' }], lastProven: null })
      const restored = await order('db.sqlite.restore', { path, ...shelf, backup: id })
      expect(restored, name).toMatchObject({ ok: false, errors: [{ code: 'backup_damaged' }] })
      expect(readFileSync(path)).toEqual(before)
    }
    remove(file)
    expect(await list()).toMatchObject({ backups: [{ state: 'missing' }], lastProven: null })
    expect(await order('backup.verify', shelf)).toMatchObject({ ok: false, errors: [{ code: 'backup_missing' }] })
    put(file, body)
    // What was found is written down: the same bytes are good again only once they were proven again.
    expect(await list()).toMatchObject({ backups: [{ state: 'unproven' }], lastProven: null })
    expect(await order('backup.verify', shelf)).toMatchObject({ ok: true })
  })

  test('with a manifest that was changed, moved, or written by somebody else', async () => {
    const { path, shelf, takeBackup, object, put, remove, list, authFile } = await setup()
    const { id } = await takeBackup()
    const [manifest, data] = [object(`${id}.json`), object(`${id}.sqlite.gz`)]
    const text = manifest.body.toString()
    const other = '20200101T000000Z-aaaaaa'
    put(`${id}.json`, Buffer.from(text.replace('"order line": 1000', '"order line": 1001')), manifest.headers)
    put(`${other}.json`, Buffer.from(text.replaceAll(id, other)), manifest.headers)
    put(`${other}.sqlite.gz`, data.body)
    expect(await list()).toEqual(nothing)
    for (const backup of [id, other]) {
      const restored = await order('db.sqlite.restore', { path, ...shelf, backup })
      expect(restored).toMatchObject({ ok: false, errors: [{ code: 'backup_damaged' }] })
    }
    remove(`${other}.json`)
    put(`${id}.json`, manifest.body, manifest.headers)
    expect(await list()).toMatchObject({ lastProven: id })
    writeAccount(authFile, { ikoma_seal: 'e'.repeat(64) })
    expect(await list()).toEqual(nothing)
  })

  test('when a byte changes before it is sent: the store itself refuses it', async () => {
    const { payload, kept, list } = await setup()
    const { machine } = actionContext()
    const corrupting: Host = {
      ...machine,
      async run(program) {
        const exit = await machine.run(program)
        if (program.outputFile?.endsWith('.sqlite.gz')) flipByteIn(program.outputFile)
        return exit
      },
    }
    const result = await order('db.sqlite.backup', payload, { machine: corrupting })
    expect(result).toMatchObject({ ok: false, errors: [{ code: 'backup_damaged' }] })
    expect(kept()).toEqual([])
    expect(await list()).toEqual(nothing)
  })

  test('when a byte changes in the bucket before it is read back', async () => {
    const { payload, store, list } = await setup()
    store.failWith(({ method, key }) => {
      const stored = store.objects.get(key)
      if (method === 'GET' && isData(key) && stored) stored.body = flipped(stored.body)
      return null
    })
    const result = await order('db.sqlite.backup', payload)
    expect(result).toMatchObject({ ok: false, errors: [{ code: 'backup_not_proven' }] })
    store.failWith(null)
    expect(await list()).toMatchObject({ backups: [{ state: 'damaged', proof: null }], lastProven: null })
    expect(await order('db.sqlite.backup', payload)).toMatchObject({ ok: true })
  })

  const misdeeds: [string, (key: string) => boolean, S3Misdeed, string][] = [
    ['the bucket is full', isData, { status: 507, code: 'XMinioStorageFull' }, 'bucket_full'],
    ['the bucket is full for the manifest', isManifest, { status: 403, code: 'QuotaExceeded' }, 'bucket_full'],
    ['it may not write', isData, { status: 403, code: 'AccessDenied' }, 's3_refused'],
    ['it may not write the manifest', isManifest, { status: 403, code: 'AccessDenied' }, 's3_refused'],
    ['the store is overloaded', isData, { status: 503, code: 'SlowDown' }, 's3_unavailable'],
    ['the connection is cut', isData, { cut: 'within' }, 'connection_reset'],
    ['the connection is cut for the manifest', isManifest, { cut: 'before' }, 'connection_reset'],
  ]
  test.each(misdeeds)('when %s, and nothing is left of it', async (_, of, misdeed, code) => {
    const { payload, store, kept, list, shelf } = await setup()
    store.failWith(({ method, key }) => (method === 'PUT' && of(key) ? misdeed : null))
    expect(await order('db.sqlite.backup', payload)).toMatchObject({ ok: false, errors: [{ code }] })
    store.failWith(null)
    expect(await list()).toEqual(nothing)
    expect(kept()).toEqual([])
    expect(() => readdirSync(shelf.directory)).toThrow('ENOENT')
    expect(await order('db.sqlite.backup', payload)).toMatchObject({ ok: true })
  })

  test('when the store is gone while it is taken, and what is left is cleared later', async () => {
    const { payload, store, list, kept } = await setup()
    store.failWith(({ method, key }) =>
      method !== 'PUT' && isData(key) ? { status: 500, code: 'InternalError' } : null,
    )
    expect(await order('db.sqlite.backup', payload)).toMatchObject({ ok: false, errors: [{ code: 's3_unavailable' }] })
    store.failWith(null)
    expect(await list()).toEqual(nothing)
    expect(kept()).toEqual([expect.stringMatching(/\.sqlite\.gz$/)])
  })

  test('when an answer is lost after the bytes were stored it is asked again, and is good', async () => {
    const { takeBackup, store, list } = await setup()
    let lost = 0
    store.failWith(({ method }) => {
      if (method !== 'PUT' || lost === 2) return null
      lost += 1
      return { cut: 'after' }
    })
    const { id } = await takeBackup()
    expect(lost).toBe(2)
    expect(await list()).toMatchObject({ lastProven: id })
  })

  test('when it is canceled in the middle, which leaves nothing of it', async () => {
    const { payload, kept, list, shelf } = await setup(20_000)
    for (const step of ['copy', 'upload', 'prove']) {
      const stop = new AbortController()
      const machine = localHost({ cwd: '/', marker: `cancel.${newId()}`, signal: stop.signal, killGraceMs: 20_000 })
      const context = actionContext({ machine, signal: stop.signal })
      const cancelIn = <T>(name: string, run: () => Promise<T>) => {
        if (name === step) setTimeout(() => stop.abort(new Error('canceled')), 100)
        return run()
      }
      // Not the stopped one: it is what takes back.
      const machineAfterStop = actionContext().machine
      const result = await order('db.sqlite.backup', payload, { ...context, machineAfterStop, step: cancelIn })
      expect(result).toMatchObject({ ok: false, summary: 'canceled' })
      expect([kept(), await list()]).toEqual([[], nothing])
      expect(() => readdirSync(shelf.directory)).toThrow('ENOENT')
    }
  })

  test('when the runner is killed in the middle, at any moment', { timeout: 180_000 }, async () => {
    const { payload, shelf, list, kept } = await setup(20_000)
    const known = (await cutOrders('db.sqlite.backup', payload, list)).map(({ id }) => id)
    const { backups } = await list()
    for (const { id, state } of backups.filter((each) => !known.includes(each.id))) {
      expect(state).toBe('proven')
      expect(await order('backup.verify', { ...shelf, backup: id })).toMatchObject({ ok: true })
    }
    // No half of a file, ever: what the bucket has without a manifest is whole, and is no backup.
    const manifests = kept().filter((name) => name.endsWith('.json'))
    expect(manifests).toHaveLength(backups.length)
    expect(await order('db.sqlite.backup', payload)).toMatchObject({ ok: true })
  })
})

test('a PostgreSQL database is kept in a bucket and comes back from it', async () => {
  const { folder, shelf, list, takeBackup } = await setup()
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

function flipped(bytes: Buffer): Buffer {
  const copy = Buffer.from(bytes)
  copy[copy.length >> 1] = (copy[copy.length >> 1] ?? 0) ^ 1
  return copy
}
