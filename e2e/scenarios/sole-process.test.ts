import { existsSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { expect, test } from 'vitest'
import { adminKey, newWorld } from '../kit/world.ts'

test('a second control plane on the same SQLite database is refused, naming the first, which goes on', async (hooks) => {
  const world = await newWorld('sqlite', hooks)
  const first = await world.startServer()
  const second = world.ikoma(['serve'], { IKOMA_ADMIN_KEY: adminKey, PORT: '0' })
  const { code } = await second.exited
  expect(code).not.toBe(0)
  expect(second.output()).toContain(`pid ${first.pid}, ${first.url}`)
  expect(second.output()).not.toContain('the control plane is ready')
  const address = join(world.folder, 'data', 'address')
  expect(readFileSync(address, 'utf8').trim()).toBe(first.url)
  expect((await fetch(new URL('/readyz', first.url))).status).toBe(200)
  await first.end('SIGTERM')
  expect(existsSync(address)).toBe(false)
  await world.startServer()
})

test('a drained control plane lets what runs end, gives nothing new, and gives again after a restart', async (hooks) => {
  const world = await newWorld('sqlite', hooks)
  const first = await world.startServer()
  const enrolled = await world.enrol(first)
  await world.startRunner(enrolled)
  const drained = world.ikoma(['control-plane', 'drain', '--url', first.url, '--wait', '20s'], {
    IKOMA_ADMIN_KEY: adminKey,
  })
  expect((await drained.exited).code).toBe(0)
  expect(drained.output()).toContain('Nothing runs any more.')
  const { id } = await first.client.placeOrder({ type: 'runner.selftest', runnerId: enrolled.id })
  await first.end('SIGTERM')
  const again = await world.startServer({ PORT: first.port })
  await world.orderIs(again, id, 'SUCCEEDED')
})
