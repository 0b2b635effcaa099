import { AppError } from '@ikoma/kernel'
import { expect, test } from 'vitest'
import { getManifest } from './shelf/shelved-backup.ts'
import { putBackup } from './testing/program-tools.ts'
import { disturbed, simulatedShelf } from './testing/simulated-shelf.ts'
import { verifyBackup, withVerified } from './verify-backup.ts'

const id = '20200105T020000Z-aaaaaa'
const file = `/var/backups/ikoma/app/${id}.sqlite.gz`
const damaged = 'Its bytes are not those that were taken.'
const missing = 'Its file is not there.'

/** A shelf with one backup, and what is asked of it. */
async function shelved({ proven = true }) {
  const world = simulatedShelf()
  putBackup(world.host, { id, proven })
  const manifest = await getManifest(world.host, world.tool, { shelf: world.shelf, id })
  return {
    ...world,
    verifying: { ...world.taking, manifest },
    kept: () => getManifest(world.host, world.tool, { shelf: world.shelf, id }),
  }
}

const failing = (reason: string) => () => Promise.reject(new AppError('unprocessable', 'a page is broken', { reason }))

test('a backup that was not proven is, once its proof succeeds, and its manifest says so', async () => {
  const { verifying, kept } = await shelved({ proven: false })
  expect(await verifyBackup(verifying)).toMatchObject({ state: 'proven' })
  expect(await kept()).toMatchObject({ problem: null, proof: { checks: ['sha256', 'integrity_check'] } })
})

test.each([
  ['damaged', damaged, 'other'],
  ['missing', missing, ''],
])('one that is %s is not tried, and its manifest says so', async (state, problem, content) => {
  const { host, verifying, engine, kept } = await shelved({})
  host.put(file, content)
  const untried = disturbed(engine, 'prove', failing('tool_failed'))
  expect(await verifyBackup({ ...verifying, engine: untried })).toMatchObject({ state })
  expect(await kept()).toMatchObject({ proof: null, problem })
})

test('a proof that says nothing of the backup, or was stopped, changes nothing of what is known of it', async () => {
  const { verifying, engine, kept, stop } = await shelved({})
  const before = await kept()
  const broken = disturbed(engine, 'prove', failing('tool_failed'))
  await expect(verifyBackup({ ...verifying, engine: broken })).rejects.toMatchObject({ reason: 'tool_failed' })
  const stopped = disturbed(engine, 'prove', stop)
  await expect(verifyBackup({ ...verifying, engine: stopped })).rejects.toThrow()
  expect(await kept()).toEqual(before)
})

test('no bytes are read where the engine says beforehand that it cannot', async () => {
  const { host, verifying } = await shelved({})
  const unable = { ...verifying.engine, check: failing('tool_absent') }
  const refused = { reason: 'tool_absent' }
  host.ran.length = 0
  await expect(verifyBackup({ ...verifying, engine: unable })).rejects.toMatchObject(refused)
  await expect(withVerified({ ...verifying, engine: unable }, async () => {})).rejects.toMatchObject(refused)
  expect(host.ran).toEqual([])
})

test('bytes that were just proven are given to be restored', async () => {
  const { verifying } = await shelved({ proven: false })
  expect(await withVerified(verifying, async (path) => path)).toBe(file)
})

test.each([
  ['backup_damaged', damaged, 'other'],
  ['backup_missing', missing, ''],
  ['backup_not_proven', 'a page is broken', 'rows'],
])('no others are: %s', async (reason, why, content) => {
  const { host, verifying, engine } = await shelved({})
  host.put(file, content)
  const broken = { ...verifying, engine: disturbed(engine, 'prove', failing('proof_failed')) }
  const given: string[] = []
  await expect(withVerified(broken, async (path) => given.push(path))).rejects.toMatchObject({
    reason,
    message: `The backup ${id} was refused. ${why}`,
  })
  expect(given).toEqual([])
})
