import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach, describe, expect, onTestFinished, test } from 'vitest'
import { OrderArchive } from '../orders/order-archive.ts'
import { enrolProven } from '../testing/proven-runner.ts'
import { placeSelftest, setup, type World } from '../testing/world.ts'
import { Retention } from './retention.ts'

const [secondMs, minuteMs, dayMs] = [1_000, 60_000, 24 * 3_600_000]
const jumps = [minuteMs, -minuteMs, dayMs, -dayMs, 400 * dayMs, -400 * dayMs]

let world: World
beforeEach(async () => {
  world = await setup()
})
afterEach(() => world.close())

/** Seconds go by, one by one, and with each what a process does in it. */
async function pass(seconds: number): Promise<void> {
  for (let second = 0; second < seconds; second += 1) {
    world.time.now += secondMs
    await world.clockWatch.tick()
    await world.runScheduler()
    if (second % 30 === 0) await world.reconcile()
    if (second % 60 === 0) await world.watchSchedules()
  }
}

function retention(keepMs = 30 * dayMs) {
  const folder = mkdtempSync(join(tmpdir(), 'ikoma-archive-'))
  onTestFinished(() => rmSync(folder, { recursive: true }))
  const { store, time, metrics, alarms, log, clockWatch } = world
  return new Retention({
    ...{ store, metrics, alarms, log, clockWatch, keepMs },
    clock: { now: () => time.now },
    archive: new OrderArchive(folder),
    head: async () => null,
    leads: () => true,
    stopping: new AbortController().signal,
  })
}

async function canceledOrder(): Promise<string> {
  const { id } = await placeSelftest(world, (await world.createRunner()).id)
  await world.admin('POST', `/v1/orders/${id}/cancel`)
  return id
}

async function everyMinute(more: object = {}) {
  const runner = await world.createRunner()
  const order = { type: 'runner.selftest', runnerId: runner.id }
  const body = { name: 'every-minute', cron: '* * * * *', order, alertAfterSec: 300, ...more }
  const { body: made } = await world.admin('POST', '/v1/schedules', { body })
  return { id: made.id as string, runner }
}
const scheduleNow = async (id: string) => (await world.admin('GET', `/v1/schedules/${id}`)).body
const countOrders = async () => (await world.admin('GET', '/v1/orders?limit=100')).body.items.length
const statusOf = async (id: string) => (await world.admin('GET', `/v1/orders/${id}`)).body.status
const alarm = async () => {
  const text = (await world.admin('GET', '/metrics')).body as string
  return Number(/^ikoma_alarm\{alarm="clock_jumped"\} (\d)$/m.exec(text)?.[1] ?? 0)
}
const standing = async () => (await world.admin('GET', '/v1/clock')).body

describe('a clock that is 400 days ahead for a minute', () => {
  test('deletes no order, holds pruning with an alarm, and lets it go on later', async () => {
    const id = await canceledOrder()
    await world.clockWatch.start()
    const prune = retention()
    const tick = () => prune.tick()
    world.jump(400 * dayMs)
    await tick()
    await pass(30)
    await tick()
    expect([await statusOf(id), await alarm()]).toEqual(['CANCELED', 1])
    world.jump(-400 * dayMs)
    await pass(60)
    await tick()
    expect([await statusOf(id), await alarm()]).toEqual(['CANCELED', 1])
    await pass(600)
    expect(await alarm()).toBe(0)
    world.time.now += 31 * dayMs
    await tick()
    expect((await world.admin('GET', `/v1/orders/${id}`)).status).toBe(404)
  })

  test('deletes nothing when it was so at the start of the process, however often that starts', async () => {
    const id = await canceledOrder()
    await world.clockWatch.start()
    world.time.now += 400 * dayMs
    for (let start = 0; start < 3; start += 1) {
      await world.clockWatch.start()
      await pass(90)
      await retention().tick()
    }
    expect([await statusOf(id), await alarm()]).toEqual(['CANCELED', 1])
    await world.admin('POST', '/v1/clock/accept')
    await retention().tick()
    expect((await world.admin('GET', `/v1/orders/${id}`)).status).toBe(404)
    expect(await alarm()).toBe(0)
  })

  test('lets nothing expire that waits, also when it stays so, and forgets no idempotency key', async () => {
    await world.clockWatch.start()
    const runner = await world.createRunner()
    const body = { type: 'runner.selftest', runnerId: runner.id }
    const headers = { 'idempotency-key': 'once' }
    const { body: order } = await world.admin('POST', '/v1/orders', { body, headers })
    world.jump(400 * dayMs)
    await pass(120)
    expect(await statusOf(order.id)).toBe('QUEUED')
    expect((await world.admin('POST', '/v1/orders', { body, headers })).body.id).toBe(order.id)
  })

  test('gives no order while nobody knows the time, and the same one after', async () => {
    await world.clockWatch.start()
    const runner = await world.createRunner()
    const { id } = await placeSelftest(world, runner.id)
    world.jump(400 * dayMs)
    expect((await runner.call('POST', '/v1/runner/orders/claim-next')).status).toBe(204)
    world.jump(-400 * dayMs)
    expect((await runner.claim()).id).toBe(id)
  })
})

describe.each(jumps)('a clock that is %i ms off', (byMs) => {
  test('for half a minute: a schedule of every minute misses and doubles none', async () => {
    const { id } = await everyMinute()
    await world.clockWatch.start()
    await pass(90)
    const before = await countOrders()
    world.jump(byMs)
    await pass(30)
    world.jump(-byMs)
    await pass(120)
    const { nextRunAt, overdue } = await scheduleNow(id)
    expect([overdue, Date.parse(nextRunAt) - world.time.now <= minuteMs]).toEqual([false, true])
    expect((await countOrders()) - before).toBeGreaterThanOrEqual(2)
    expect((await countOrders()) - before).toBeLessThanOrEqual(3)
  })

  test('for ten minutes: the schedule runs by that time, and within two minutes of the right time again', async () => {
    const { id } = await everyMinute()
    await world.clockWatch.start()
    await pass(90)
    world.jump(byMs)
    await pass(600)
    const ahead = await countOrders()
    expect(ahead).toBeGreaterThanOrEqual(8)
    world.jump(-byMs)
    await pass(125)
    const { nextRunAt, overdue, lastRunAt } = await scheduleNow(id)
    expect([overdue, Date.parse(nextRunAt) - world.time.now <= minuteMs]).toEqual([false, true])
    expect(world.time.now - Date.parse(lastRunAt)).toBeLessThan(70_000)
    expect((await countOrders()) - ahead).toBeGreaterThanOrEqual(1)
    expect((await countOrders()) - ahead).toBeLessThanOrEqual(3)
  })

  test('is said by name, with how far and what waits', async () => {
    await world.clockWatch.start()
    world.jump(byMs)
    expect(await standing()).toMatchObject({
      steady: false,
      jump: { alarm: 'clock_jumped', state: 'unsettled', byMs, held: ['pruning', 'expiry', 'schedules', 'claims'] },
    })
    expect(await alarm()).toBe(1)
    await pass(61)
    expect(await standing()).toMatchObject({ jump: { state: 'believed', held: ['pruning', 'expiry'] } })
    const needsPerson = Math.abs(byMs) > 31 * dayMs
    expect((await standing()).jump.releasesAt === null).toBe(needsPerson)
    await world.admin('POST', '/v1/clock/accept')
    expect(await standing()).toMatchObject({ steady: true, jump: null })
    const { items } = (await world.admin('GET', '/v1/audit?subject=clock')).body
    expect(items.map(({ action }: { action: string }) => action)).toEqual(['clock.jumped', 'clock.accepted'])
  })
})

test('a daily run is not repeated when the clock is put back by a minute just after it', async () => {
  await everyMinute({ name: 'daily', cron: '2 12 * * *', alertAfterSec: 90_000 })
  await world.clockWatch.start()
  await pass(125)
  expect(await countOrders()).toBe(1)
  world.jump(-minuteMs)
  await pass(300)
  expect(await countOrders()).toBe(1)
})

test('a run that a clock a day ahead has had already is had again when its time comes', async () => {
  await everyMinute()
  await world.clockWatch.start()
  world.jump(dayMs)
  await pass(300)
  world.jump(-dayMs)
  await pass(60)
  const before = await countOrders()
  // The times that it showed then come again.
  world.time.now += dayMs - 400_000
  await world.reconcile()
  await pass(400)
  expect((await countOrders()) - before).toBeGreaterThanOrEqual(6)
})

test('what was left by a clock that was ahead, of a process that is gone, is computed again at the start', async () => {
  const { id } = await everyMinute()
  await world.clockWatch.start()
  const { nextRunAt } = await scheduleNow(id)
  await world.store.advanceSchedule(id, Date.parse(nextRunAt), {
    nextRunAt: world.time.now + 400 * dayMs,
    lastRunAt: world.time.now + 400 * dayMs - minuteMs,
    lastOrderId: null,
    lastProblem: null,
  })
  expect((await scheduleNow(id)).overdue, 'its alarm is not silent').toBe(true)
  await pass(61)
  expect(await countOrders()).toBe(1)
  expect((await scheduleNow(id)).overdue).toBe(false)
})

describe('a running order', () => {
  async function running() {
    const runner = await world.createRunner()
    const { id } = await placeSelftest(world, runner.id, { timeoutSec: 3600 })
    const { lease } = await runner.claim()
    const headers = { 'x-ikoma-lease': lease }
    await runner.call('POST', `/v1/runner/orders/${id}/start`, { headers })
    return { id, beat: () => runner.call('POST', `/v1/runner/orders/${id}/heartbeat`, { headers }) }
  }

  test('whose runner is there outlives a clock that is set on for good', async () => {
    await world.clockWatch.start()
    const { id, beat } = await running()
    world.jump(dayMs)
    for (let n = 0; n < 8; n += 1) {
      await pass(30)
      await beat()
    }
    expect((await world.admin('GET', `/v1/orders/${id}`)).body).toMatchObject({ status: 'RUNNING' })
  })

  test('whose runner died while the clock was ahead is met as silent when it is right again', async () => {
    await world.clockWatch.start()
    world.jump(400 * dayMs)
    await pass(90)
    const { id } = await running()
    world.jump(-400 * dayMs)
    await pass(330)
    expect(await statusOf(id)).not.toBe('RUNNING')
  })
})

describe('a runner', () => {
  test('that a clock ahead has seen, and that is gone, is not online when the clock is right', async () => {
    world.jump(400 * dayMs)
    const runner = await world.createRunner()
    await runner.call('POST', '/v1/runner/heartbeat', { body: {} })
    await world.flushPresence()
    world.jump(-400 * dayMs)
    expect((await world.admin('GET', `/v1/runners/${runner.id}`)).body.status).toBe('OFFLINE')
    await runner.call('POST', '/v1/runner/heartbeat', { body: {} })
    expect((await world.admin('GET', `/v1/runners/${runner.id}`)).body.status).toBe('ONLINE')
  })

  test.each([180 * secondMs, 400 * dayMs])(
    'that started anew after a clock %i ms ahead is no copy of itself',
    async (byMs) => {
      const { at } = await enrolProven(world, 'web-1')
      const before = at()
      await before('POST', '/v1/runner/heartbeat', { body: {} })
      world.jump(byMs)
      await before('POST', '/v1/runner/heartbeat', { body: {} })
      world.jump(-byMs)
      const now = at()
      for (let n = 0; n < 3; n += 1) {
        await now('POST', '/v1/runner/heartbeat', { body: {} })
        world.time.now += 5_000
      }
      expect((await now('POST', '/v1/runner/orders/claim-next')).status).toBe(204)
    },
  )
})
