import { scheduleBytes } from '@ikoma/domain'
import { afterEach, beforeEach, describe, expect, test } from 'vitest'
import { placeSelftest, setup, type World } from '../testing/world.ts'

let world: World
beforeEach(async () => {
  world = await setup()
})
afterEach(() => world.close())

const minute = 60_000

describe('schedules', () => {
  async function schedule(more: Record<string, unknown> = {}) {
    const runner = await world.createRunner()
    const order = { type: 'runner.selftest', runnerId: runner.id }
    const body = { name: 'every-five', cron: '*/5 * * * *', order, ...more }
    const answer = await world.admin('POST', '/v1/schedules', { body })
    expect(answer.status).toBe(201)
    return { runner, schedule: answer.body }
  }
  const placedOrders = async () => (await world.admin('GET', '/v1/orders')).body.items

  test('place an order when their time comes, and know the next', async () => {
    const { schedule: made } = await schedule()
    expect(made.nextRunAt).toBe('2026-01-15T12:05:00.000Z')
    await world.runScheduler()
    expect(await placedOrders()).toEqual([])
    world.time.now += 5 * minute
    await world.runScheduler()
    const [order] = await placedOrders()
    expect(order).toMatchObject({ type: 'runner.selftest', createdBy: `schedule:${made.id}` })
    const after = (await world.admin('GET', `/v1/schedules/${made.id}`)).body
    expect(after).toMatchObject({ nextRunAt: '2026-01-15T12:10:00.000Z', lastOrderId: order.id, lastProblem: null })
  })

  test('that many processes fire at once place one order', async () => {
    await schedule()
    world.time.now += 5 * minute
    await Promise.all([world.runScheduler(), world.runScheduler(), world.runScheduler()])
    expect(await placedOrders()).toHaveLength(1)
  })

  test.each([
    ['run_once', 1],
    ['skip', 0],
  ])('with missedRuns %s place %i order after an absence, and go on from now', async (missedRuns, count) => {
    const { schedule: made } = await schedule({ missedRuns })
    world.time.now += 23 * minute
    await world.runScheduler()
    expect(await placedOrders()).toHaveLength(count)
    const after = (await world.admin('GET', `/v1/schedules/${made.id}`)).body
    expect(after.nextRunAt).toBe('2026-01-15T12:25:00.000Z')
  })

  test('paused ones place nothing; resumed ones go on from now', async () => {
    const { schedule: made } = await schedule()
    await world.admin('PATCH', `/v1/schedules/${made.id}`, { body: { paused: true } })
    world.time.now += 23 * minute
    await world.runScheduler()
    const resumed = await world.admin('PATCH', `/v1/schedules/${made.id}`, { body: { paused: false } })
    expect([await placedOrders(), resumed.body.nextRunAt]).toEqual([[], '2026-01-15T12:25:00.000Z'])
  })

  test('that cannot place their order say why, and go on', async () => {
    const { runner, schedule: made } = await schedule()
    await world.editDatabase('delete from runners where id = ?', [runner.id])
    world.time.now += 3 * minute
    world.time.now += 2 * minute
    await world.runScheduler()
    const after = (await world.admin('GET', `/v1/schedules/${made.id}`)).body
    expect(after.lastProblem).toContain('There is no runner')
    expect(after.nextRunAt).toBe('2026-01-15T12:10:00.000Z')
  })

  test('that this version cannot read say so, and keep no other from running', async () => {
    const { schedule: broken } = await schedule({ name: 'broken' })
    const { schedule: fine } = await schedule({ name: 'fine' })
    const order = { type: 'runner.selftest', fromTheFuture: true }
    const seal = world.keyring.seal(scheduleBytes({ id: broken.id, order, createdBy: 'admin-key' }))
    const entry = { at: world.time.now, actor: 'admin-key', action: 'schedule.changed', subject: 'schedule', data: {} }
    await world.store.updateSchedule(broken.id, { order, seal }, entry)
    world.time.now += 5 * minute
    await world.runScheduler()
    const shown = async (id: string) => (await world.admin('GET', `/v1/schedules/${id}`)).body
    expect((await shown(broken.id)).lastProblem).toContain('fromTheFuture')
    expect((await shown(fine.id)).lastOrderId).not.toBeNull()
  })

  test('are overdue when no run was placed for longer than alertAfterSec', async () => {
    const { schedule: made } = await schedule({ alertAfterSec: 600 })
    expect(made.overdue).toBe(false)
    world.time.now += 11 * minute
    expect((await world.admin('GET', `/v1/schedules/${made.id}`)).body.overdue).toBe(true)
  })

  test('follow the time zone over a daylight-saving change', async () => {
    world.time.now = Date.UTC(2026, 2, 28, 12)
    const { schedule: made } = await schedule({ cron: '0 3 * * *', timeZone: 'Europe/Paris' })
    expect(made.nextRunAt).toBe('2026-03-29T01:00:00.000Z')
  })

  test.each([
    [{ cron: 'every day' }, 'body/cron'],
    [{ cron: '* * * * * *' }, 'body/cron'],
    [{ cron: '0 0 30 2 *' }, 'body/cron'],
    [{ cron: '0 3 31 4,6,9,11 *', paused: true }, 'body/cron'],
    [{ timeZone: 'Mars/Olympus' }, 'body/timeZone'],
  ])('refuse %j, naming %s', async (wrong, field) => {
    const runner = await world.createRunner()
    const order = { type: 'runner.selftest', runnerId: runner.id }
    const body = { name: 'x', cron: '0 3 * * *', order, ...wrong }
    const answer = await world.admin('POST', '/v1/schedules', { body })
    expect([answer.status, answer.body.fields[0].field]).toEqual([400, field])
  })
})

test('a schedule that is changed to a time that never comes is refused, and stays as it was', async () => {
  const { id: runnerId } = await world.createRunner()
  const body = { name: 'x', cron: '0 3 * * *', order: { type: 'runner.selftest', runnerId } }
  const { id } = (await world.admin('POST', '/v1/schedules', { body })).body
  const answer = await world.admin('PATCH', `/v1/schedules/${id}`, { body: { cron: '0 0 31 2 *' } })
  expect([answer.status, answer.body.fields[0].field]).toEqual([400, 'body/cron'])
  expect((await world.admin('GET', `/v1/schedules/${id}`)).body.cron).toBe('0 3 * * *')
})

test.each(['servers', 'runners'])(
  '%s with a schedule are not removed, which is named; without it they are',
  async (nouns) => {
    const { id: runnerId } = await world.createRunner()
    const { id: serverId } = (await world.admin('POST', '/v1/servers', { body: { name: 'web-1' } })).body
    await world.admin('PATCH', `/v1/servers/${serverId}/attach-runner`, { body: { runnerId } })
    const [path, target] =
      nouns === 'servers' ? [`servers/${serverId}`, { serverId }] : [`runners/${runnerId}`, { runnerId }]
    const body = { name: 'nightly', cron: '0 3 * * *', order: { type: 'runner.selftest', ...target }, paused: true }
    const { id } = (await world.admin('POST', '/v1/schedules', { body })).body
    const refused = await world.admin('DELETE', `/v1/${path}`)
    expect([refused.status, refused.body.reason]).toEqual([409, `${nouns.slice(0, -1)}_has_schedules`])
    expect(refused.body.detail).toContain('nightly')
    await world.admin('DELETE', `/v1/schedules/${id}`)
    expect((await world.admin('DELETE', `/v1/${path}`)).status).toBe(204)
  },
)

describe('an order with runAt', () => {
  test('is not claimed before, and at once after', async () => {
    const runner = await world.createRunner()
    const runAt = new Date(world.time.now + minute).toISOString()
    const order = await placeSelftest(world, runner.id, { runAt })
    await world.runScheduler()
    expect((await runner.call('POST', '/v1/runner/orders/claim-next')).status).toBe(204)
    world.time.now += minute
    await world.runScheduler()
    expect((await runner.claim()).id).toBe(order.id)
  })
})

describe('the reconciler', () => {
  async function runningOrder(more: object = {}) {
    const runner = await world.createRunner()
    const order = await placeSelftest(world, runner.id, { ...more })
    const { lease } = await runner.claim()
    await runner.call('POST', `/v1/runner/orders/${order.id}/start`, { headers: { 'x-ikoma-lease': lease } })
    return { runner, order, lease }
  }
  const statusOf = async (id: string) => (await world.admin('GET', `/v1/orders/${id}`)).body.status

  test('requeues a claim that never started, for the same runner only', async () => {
    const [runner, other] = [await world.createRunner(), await world.createRunner()]
    const order = await placeSelftest(world, runner.id)
    await runner.claim()
    world.time.now += world.timing.claimLeaseMs + 1
    await world.reconcile()
    expect(await statusOf(order.id)).toBe('QUEUED')
    expect((await other.call('POST', '/v1/runner/orders/claim-next')).status).toBe(204)
    const again = await runner.claim()
    expect([again.id, again.attempt, again.lostClaims]).toEqual([order.id, 2, 1])
  })

  test('marks a silent order STALE, and requeues it after the grace', async () => {
    const { order } = await runningOrder()
    world.time.now += world.timing.runLeaseMs + 1
    await world.reconcile()
    expect(await statusOf(order.id)).toBe('STALE')
    world.time.now += world.timing.staleGraceMs + 1
    await world.reconcile()
    expect(await statusOf(order.id)).toBe('QUEUED')
  })

  test('leaves leases alone after its own absence, until runners had time to renew', async () => {
    await world.reconcile()
    const { order, runner, lease } = await runningOrder()
    world.time.now += 3_600_000
    await world.reconcile()
    expect(await statusOf(order.id)).toBe('RUNNING')
    const headers = { 'x-ikoma-lease': lease }
    await runner.call('POST', `/v1/runner/orders/${order.id}/heartbeat`, { headers })
    for (let n = 0; n < 5; n += 1) {
      world.time.now += 30_000
      await runner.call('POST', `/v1/runner/orders/${order.id}/heartbeat`, { headers })
      await world.reconcile()
    }
    // Its own deadline has long passed: that, and not the silence, is what ends the attempt.
    expect((await world.admin('GET', `/v1/orders/${order.id}`)).body.statusReason).not.toBe('no_heartbeat')
  })

  test('revokes nothing when much of the fleet goes silent at once', async () => {
    const orders = []
    for (let n = 0; n < 6; n += 1) orders.push((await runningOrder()).order.id)
    world.time.now += world.timing.runLeaseMs + 1
    await world.reconcile()
    expect(await Promise.all(orders.map(statusOf))).toEqual(orders.map(() => 'RUNNING'))
  })

  test('ends what is really dead after a while, however much of it there is', async () => {
    const orders: string[] = []
    // With a time of their own as short as usual they would end by that, and their silence would never be met.
    for (let n = 0; n < 6; n += 1) orders.push((await runningOrder({ timeoutSec: 7200 })).order.id)
    const { runLeaseMs } = world.timing
    const seen: string[] = []
    for (let waited = 0; waited < runLeaseMs * 7; waited += 30_000) {
      world.time.now += 30_000
      await world.reconcile()
      if (waited > runLeaseMs) seen.push(await statusOf(orders[0] ?? ''))
    }
    expect(seen.slice(0, 10), 'held for a while').toEqual(Array(10).fill('RUNNING'))
    expect(world.logged.filter((line) => line.includes('many runners went silent')).length).toBeGreaterThan(0)
    expect(await Promise.all(orders.map(statusOf))).not.toContain('RUNNING')
  })

  test('waits longer and longer while the store is down', async () => {
    await world.store.close()
    expect([await world.reconcile(), await world.reconcile(), await world.reconcile()]).toEqual([1_000, 2_000, 5_000])
  })
})
