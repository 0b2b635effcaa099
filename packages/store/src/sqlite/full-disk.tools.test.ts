import { execFileSync } from 'node:child_process'
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { expect, onTestFinished, test } from 'vitest'
import { found, place } from '../conformance/world.ts'
import { sealKey } from '../testing/fixtures.ts'
import { openSqliteStore } from './store.ts'

test('a full disk is named, nothing is lost by it, and writes go on once there is room', async () => {
  const folder = mkdtempSync(join(tmpdir(), 'ikoma-full-'))
  execFileSync('mount', ['-t', 'tmpfs', '-o', 'size=4m', 'tmpfs', folder])
  onTestFinished(() => {
    execFileSync('umount', ['--lazy', folder])
    rmSync(folder, { recursive: true })
  })
  const store = await openSqliteStore({ sealKey, file: join(folder, 'ikoma.db') })
  onTestFinished(() => store.close())
  const { id } = await place(store)
  const ballast = join(folder, 'ballast')
  expect(() => writeFileSync(ballast, Buffer.alloc(8 << 20))).toThrow('ENOSPC')
  const payload = { text: 'x'.repeat(100_000) }
  const refused = place(store, { payload })
  await expect(refused).rejects.toMatchObject({ code: 'unavailable', reason: 'disk_full', message: /disk .* is full/ })
  expect(await found(store, id)).toMatchObject({ id, status: 'QUEUED' })
  rmSync(ballast)
  expect((await place(store, { payload })).status).toBe('QUEUED')
})
