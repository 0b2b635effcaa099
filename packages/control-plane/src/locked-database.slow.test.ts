import { DatabaseSync } from 'node:sqlite'
import { expect, onTestFinished, test, vi } from 'vitest'
import { setup } from './testing/world.ts'

test('while somebody else holds the SQLite file for writing it is not ready, within three seconds, and again after', async () => {
  const world = await setup()
  onTestFinished(() => world.close())
  const other = new DatabaseSync(world.file)
  other.exec('begin immediate')
  const since = performance.now()
  const { status, body } = await world.call('GET', '/readyz')
  expect([status, body.reason]).toEqual([503, 'store_not_ready'])
  expect(performance.now() - since).toBeLessThan(4_000)
  other.exec('rollback')
  other.close()
  await vi.waitFor(
    async () => {
      world.time.now += 10_000
      expect((await world.call('GET', '/readyz')).status).toBe(200)
    },
    { timeout: 10_000 },
  )
}, 30_000)
