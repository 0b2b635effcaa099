import { afterEach, beforeEach, expect, test } from 'vitest'
import { setup, type World } from '../testing/world.ts'

const dayMs = 24 * 3_600_000
const hourMs = 3_600_000

let world: World
beforeEach(async () => {
  world = await setup()
  await world.clockWatch.start()
})
afterEach(() => world.close())

/** The clock and the one that nobody sets go on together. */
const pass = async (ms: number) => {
  world.time.now += ms
  await world.clockWatch.tick()
}
const jump = () => world.clockWatch.standing().jump

test('a clock that is slewed by seconds is no jump, a step of more is', () => {
  world.jump(9_000)
  expect(jump()).toBeNull()
  world.jump(11_000)
  expect(jump()).toMatchObject({ state: 'unsettled', byMs: 11_000 })
})

test('many steps are one jump, whose size is how far all of them led', () => {
  for (const step of [30_000, 40_000, -20_000]) {
    world.jump(step)
    jump()
  }
  expect(jump()).toMatchObject({ state: 'unsettled', byMs: 50_000 })
  world.jump(-50_000)
  expect(jump()).toMatchObject({ state: 'returned' })
})

test.each([
  [hourMs, 61 * 60_000],
  [-dayMs, 61 * 60_000],
  [20 * dayMs, 24 * hourMs + 60_000],
])('a jump of %i ms is believed for good after %i ms of steady time', async (byMs, afterMs) => {
  world.jump(byMs)
  jump()
  await pass(afterMs - 2 * 60_000)
  expect(jump()).not.toBeNull()
  await pass(2 * 60_000)
  expect(jump()).toBeNull()
})

test('a jump of 400 days is never believed for good by itself', async () => {
  world.jump(400 * dayMs)
  jump()
  for (let day = 0; day < 60; day += 1) await pass(dayMs)
  expect(jump()).toMatchObject({ state: 'believed', releasesInMs: null })
})

test('a control plane that was away for some hours trusts its clock, for days it does not', async () => {
  await pass(20 * hourMs)
  await world.clockWatch.start()
  expect(jump()).toBeNull()
  world.time.now += 3 * dayMs
  await world.clockWatch.start()
  expect(jump()).toMatchObject({ state: 'unsettled', byMs: 3 * dayMs })
})

test('a clock that is set right after a wrong start is home again, though nobody knows for how long it was away', async () => {
  world.time.now += 400 * dayMs + 5 * hourMs
  await world.clockWatch.start()
  expect(jump()).toMatchObject({ state: 'unsettled' })
  world.jump(-400 * dayMs)
  expect(jump()).toMatchObject({ state: 'returned' })
})

test('what one process is told, another hears', async () => {
  world.jump(400 * dayMs)
  jump()
  await world.clockWatch.tick()
  const entry = { at: world.time.now, actor: 'admin-key', action: 'clock.accepted', subject: 'clock', data: {} }
  await world.store.recordAudit(entry)
  await pass(11_000)
  await pass(11_000)
  expect(jump()).toBeNull()
})
