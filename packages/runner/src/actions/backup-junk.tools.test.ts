import { execFileSync } from 'node:child_process'
import { mkdirSync, rmSync, symlinkSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import type { Backup } from '@ikoma/api'
import { expect, test } from 'vitest'
import { newDatabase, newPlace } from '../testing/backups.ts'
import { order } from '../testing/order.ts'
import { newS3Database } from '../testing/s3-place.ts'

const [long, locked, text, gone] = [
  '20260101T000000Z-aaaaaa',
  '20260102T000000Z-bbbbbb',
  '20260103T000000Z-cccccc',
  '20260104T000000Z-dddddd',
]

interface Listed {
  backups: Backup[]
  lastProven: string | null
  strays: { file: string; why: string }[]
}

test('junk in a bucket is named, and hides none of the backups beside it', async () => {
  const { shelf, payload, takeBackup, put, store } = await newS3Database(10)
  const { id } = await takeBackup()
  put(`${long}.json`, Buffer.alloc(3 * 1024 * 1024, 'x'), { 'x-amz-meta-ikoma-seal': 'v2:no' })
  put(`${locked}.json`, Buffer.from('{}'))
  put(`${text}.json`, Buffer.from('hello'))
  put('a & b <c>.txt', Buffer.from('somebody else'))
  put('', Buffer.from('the folder itself'))
  for (let index = 0; index < 4_010; index += 1) put(`logs/${index}`, Buffer.from(''))
  store.failWith(({ method, key }) =>
    method === 'GET' && key.endsWith(`${locked}.json`) ? { status: 403, code: 'AccessDenied' } : null,
  )
  const { ok, summary, output } = await order('backup.list', shelf)
  expect([ok, summary]).toEqual([true, expect.stringContaining('1 backups of app, 1 of them proven')])
  const { backups, strays } = output as unknown as Listed
  expect(backups.map((each) => [each.id, each.state])).toEqual([[id, 'proven']])
  expect(strays).toHaveLength(20)
  for (const file of [`${long}.json`, `${locked}.json`, `${text}.json`]) {
    expect(strays).toContainEqual({ file, why: expect.any(String) })
  }
  expect(await order('backup.prune', shelf)).toMatchObject({ ok: true, output: { changed: false } })
  expect(await order('db.sqlite.backup', payload)).toMatchObject({ ok: true, output: { backup: { state: 'proven' } } })
})

test('a backup whose bytes the store does not give is named, and the others are told', async () => {
  const { shelf, takeBackup, store } = await newS3Database(10)
  const [frozen, fine] = [await takeBackup(), await takeBackup()]
  store.failWith(({ method, key }) =>
    method === 'GET' && key.endsWith(`${frozen.id}.sqlite.gz`) ? { status: 403, code: 'InvalidObjectState' } : null,
  )
  const { output } = await order('backup.list', shelf)
  const { lastProven, strays } = output as unknown as Listed
  expect([lastProven, strays]).toEqual([
    fine.id,
    [{ file: `${frozen.id}.sqlite.gz`, why: expect.stringContaining('InvalidObjectState') }],
  ])
})

test('junk in a folder is named, and hides none of the backups beside it', async () => {
  const { folder, shelf, file } = newPlace()
  const path = join(folder, 'data', 'app.db')
  newDatabase(path, 10).close()
  const take = async () => {
    const { output } = await order('db.sqlite.backup', { path, ...shelf })
    return (output as { backup: Backup }).backup.id
  }
  const [pipe, within, fine] = [await take(), await take(), await take()]
  for (const id of [pipe, within]) rmSync(file(`${id}.sqlite.gz`))
  execFileSync('mkfifo', [file(`${pipe}.sqlite.gz`)])
  mkdirSync(file(`${within}.sqlite.gz`))
  mkdirSync(file(`${long}.json`))
  symlinkSync('/nowhere', file(`${gone}.json`))
  writeFileSync(file(`${text}.json`), 'hello')
  writeFileSync(file('notes.txt'), 'somebody else')
  const { ok, output, summary } = await order('backup.list', shelf)
  expect([ok, summary]).toEqual([true, expect.stringContaining('1 of them proven')])
  const { backups, strays } = output as unknown as Listed
  expect([ok, backups.map(({ id }) => id)]).toEqual([true, [fine]])
  expect(strays.map((each) => each.file).sort()).toEqual(
    [`${long}.json`, `${gone}.json`, `${text}.json`, 'notes.txt', `${pipe}.sqlite.gz`, `${within}.sqlite.gz`].sort(),
  )
})
