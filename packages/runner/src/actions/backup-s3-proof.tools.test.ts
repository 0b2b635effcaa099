import { readdirSync, readFileSync } from 'node:fs'
import { type S3Misdeed, writeAccount } from '@ikoma/backup/testing/fake-s3'
import { newId } from '@ikoma/kernel'
import type { Host } from '@ikoma/machine'
import { describe, expect, test } from 'vitest'
import { localHost } from '../host/local-host.ts'
import { actionContext } from '../testing/action-context.ts'
import { flipByteIn } from '../testing/backups.ts'
import { order } from '../testing/order.ts'
import { cutOrders } from '../testing/order-process.ts'
import { newS3Database } from '../testing/s3-place.ts'

const isData = (key: string) => key.endsWith('.gz')
const isManifest = (key: string) => key.endsWith('.json')
const nothing = { backups: [], total: 0, lastProven: null, suspect: [], strays: [] }

describe('a backup in a bucket is never good', () => {
  const damages: Record<string, (bytes: Buffer) => Buffer> = {
    'with a flipped bit': flipped,
    'without its last byte': (bytes) => bytes.subarray(0, -1),
    'with a byte more': (bytes) => Buffer.concat([bytes, Buffer.alloc(1)]),
    'without a byte': () => Buffer.alloc(0),
  }

  test('with other bytes than were taken: it is damaged, and refused', { timeout: 120_000 }, async () => {
    const { path, database, shelf, takeBackup, object, put, remove, list } = await newS3Database()
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
    const { path, shelf, takeBackup, object, put, remove, list, authFile } = await newS3Database()
    const { id } = await takeBackup()
    const [manifest, data] = [object(`${id}.json`), object(`${id}.sqlite.gz`)]
    const text = manifest.body.toString()
    const other = '20200101T000000Z-aaaaaa'
    put(`${id}.json`, Buffer.from(text.replace('"order line": 1000', '"order line": 1001')), manifest.headers)
    put(`${other}.json`, Buffer.from(text.replaceAll(id, other)), manifest.headers)
    put(`${other}.sqlite.gz`, data.body)
    const stray = (file: string) => ({ file, why: expect.stringContaining('is not as it was written') })
    expect(await list()).toEqual({ ...nothing, strays: [other, id].map((each) => stray(`${each}.json`)) })
    for (const backup of [id, other]) {
      const restored = await order('db.sqlite.restore', { path, ...shelf, backup })
      expect(restored).toMatchObject({ ok: false, errors: [{ code: 'backup_damaged' }] })
    }
    remove(`${other}.json`)
    put(`${id}.json`, manifest.body, manifest.headers)
    expect(await list()).toMatchObject({ lastProven: id })
    writeAccount(authFile, { ikoma_seal: 'e'.repeat(64) })
    expect(await list()).toEqual({ ...nothing, strays: [stray(`${id}.json`)] })
  })

  test('when a byte changes before it is sent: the store itself refuses it', async () => {
    const { payload, kept, list } = await newS3Database()
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
    const { payload, store, list } = await newS3Database()
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
    const { payload, store, kept, list, shelf } = await newS3Database()
    store.failWith(({ method, key }) => (method === 'PUT' && of(key) ? misdeed : null))
    expect(await order('db.sqlite.backup', payload)).toMatchObject({ ok: false, errors: [{ code }] })
    store.failWith(null)
    expect(await list()).toEqual(nothing)
    expect(kept()).toEqual([])
    expect(() => readdirSync(shelf.directory)).toThrow('ENOENT')
    expect(await order('db.sqlite.backup', payload)).toMatchObject({ ok: true })
  })

  test('when the store is gone while it is taken, and what is left is cleared later', async () => {
    const { payload, store, list, kept } = await newS3Database()
    store.failWith(({ method, key }) =>
      method !== 'PUT' && isData(key) ? { status: 500, code: 'InternalError' } : null,
    )
    expect(await order('db.sqlite.backup', payload)).toMatchObject({ ok: false, errors: [{ code: 's3_unavailable' }] })
    store.failWith(null)
    expect(await list()).toEqual(nothing)
    expect(kept()).toEqual([expect.stringMatching(/\.sqlite\.gz$/)])
  })

  test('when an answer is lost after the bytes were stored it is asked again, and is good', async () => {
    const { takeBackup, store, list } = await newS3Database()
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
    const { payload, kept, list, shelf } = await newS3Database(20_000)
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
    const { payload, shelf, list, kept } = await newS3Database(20_000)
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

function flipped(bytes: Buffer): Buffer {
  const copy = Buffer.from(bytes)
  copy[copy.length >> 1] = (copy[copy.length >> 1] ?? 0) ^ 1
  return copy
}
