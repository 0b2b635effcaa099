import type { Store } from '@ikoma/domain'
import { AppError } from '@ikoma/kernel'
import { createLog } from '@ikoma/kernel/node'
import { expect, test } from 'vitest'
import { StoreHealth } from './store-health.ts'

const refusal = (reason: string, message = reason) => new AppError('unavailable', message, { reason })
const full = refusal('store_disk_full', 'The disk of the PostgreSQL server is full (53100).')

function setup() {
  const time = { now: 0 }
  const lines: Record<string, unknown>[] = []
  const state: { pings: number; fails: AppError | null; pingFails: AppError | null } = {
    ...{ pings: 0, fails: null, pingFails: null },
  }
  const answer = async (error: AppError | null) => {
    if (error) throw error
    return [] as never
  }
  const store = {
    dialect: 'postgres',
    ping: () => {
      state.pings += 1
      return answer(state.pingFails)
    },
    insertOrders: () => answer(state.fails),
    touchRunner: () => answer(null),
    auditHead: () => answer(null),
  } as unknown as Store
  const log = createLog('debug', { write: (line) => lines.push(JSON.parse(line)) })
  const health = new StoreHealth({ store, clock: { now: () => time.now }, log })
  const place = () => health.store.insertOrders([]).catch(() => undefined)
  return { time, lines, state, health, place }
}

test('a look that finds nothing wrong is not enough where every change fails, and the cause is named', async () => {
  const { health, state, place } = setup()
  await health.assertReady()
  state.fails = full
  await place()
  await health.store.auditHead()
  await expect(health.assertReady()).rejects.toMatchObject({
    ...{ code: 'unavailable', reason: 'store_not_ready', message: full.message, details: { cause: 'store_disk_full' } },
  })
  expect(await health.isUp()).toBe(false)
})

test('it is ready again with the next change, or when nobody has tried for a while and a look is well', async () => {
  const { health, state, place, time } = setup()
  state.fails = full
  await place()
  state.fails = null
  await place()
  await health.assertReady()
  state.fails = full
  await place()
  time.now += 9_999
  expect(await health.isUp()).toBe(false)
  time.now += 1
  expect(await health.isUp()).toBe(true)
})

test('while the disk is full, that a smaller change still fits does not make it ready', async () => {
  const { health, state, place, lines } = setup()
  const touch = () => (health.store as unknown as { touchRunner(): Promise<void> }).touchRunner()
  state.fails = full
  await place()
  await touch()
  await expect(health.assertReady()).rejects.toMatchObject({ details: { cause: 'store_disk_full' } })
  expect(lines).toHaveLength(1)
  state.fails = null
  await place()
  await health.assertReady()
  state.fails = refusal('store_unreachable')
  await place()
  await touch()
  await health.assertReady()
})

test('what goes and comes back is one line each, however many calls fail meanwhile', async () => {
  const { health, state, place, time, lines } = setup()
  state.fails = full
  state.pingFails = full
  for (let n = 0; n < 500; n += 1) {
    time.now += 100
    await place()
    await health.isUp()
  }
  state.fails = null
  state.pingFails = null
  await place()
  expect(lines).toHaveLength(1)
  time.now += 1_000
  await health.assertReady()
  expect(lines).toMatchObject([
    { level: 'error', err: { reason: 'store_disk_full', detail: full.message }, msg: 'the store does not serve' },
    { level: 'info', reason: 'store_disk_full', msg: 'the store serves again' },
  ])
})

test.each(['store_locked', 'store_failed', 'store_slow', 'store_no_right'])(
  'one call that is refused, as %s, says nothing of the others',
  async (reason) => {
    const { health, state, place, lines } = setup()
    state.fails = refusal(reason)
    await place()
    await health.assertReady()
    expect(lines).toEqual([])
  },
)

test('however many ask, it is looked at once a second, also while the clock jumps', async () => {
  const { health, state, time } = setup()
  for (const at of [0, 500, 999, 1_000, 1_500, -3_600_000, -3_599_500]) {
    time.now = at
    await Promise.all([health.isUp(), health.assertReady()])
  }
  expect(state.pings).toBe(3)
})
