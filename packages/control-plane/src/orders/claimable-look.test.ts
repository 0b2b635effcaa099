import { anOrder } from '@ikoma/store/testing'
import { afterEach, beforeEach, expect, test } from 'vitest'
import { SignalDesk } from '../signal-desk.ts'
import { setup, type World } from '../testing/world.ts'
import { announceClaimable } from './claimable-look.ts'

let world: World
beforeEach(async () => {
  world = await setup()
})
afterEach(() => world.close())

test('wakes whoever waits for an order that it did not hear of, and nobody else', async () => {
  const scopes = Array.from({ length: 1_001 }, (_, index) => `s${1000 + index}`)
  await world.store.insertOrders(
    scopes.map((scope) => ({ order: anOrder({ scope }), actor: 'admin-key', idempotency: null })),
  )
  const signals = new SignalDesk()
  const never = new AbortController().signal
  const wait = (scope: string, ms: number) => {
    const since = performance.now()
    return signals
      .watch([`scope:${scope}`])
      .wait(ms, never)
      .then(() => performance.now() - since)
  }
  const [first, last, other] = [wait('s1000', 50_000), wait('s2000', 50_000), wait('nothing', 200)]
  await announceClaimable({ store: world.store, signals })
  expect(await first).toBeLessThan(40_000)
  expect(await last).toBeLessThan(40_000)
  expect(await other).toBeGreaterThan(190)
})
