import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { newBoxKey } from '@ikoma/kernel/node'
import { afterEach, beforeEach, describe, expect, onTestFinished, test } from 'vitest'
import { OrderArchive } from '../orders/order-archive.ts'
import { enrolProven } from '../testing/proven-runner.ts'
import { placeSelftest, setup, type World } from '../testing/world.ts'
import { type AlarmName, alarms } from './alarms.ts'
import { Retention } from './retention.ts'
import { watchSilentOrders } from './silent-orders.ts'

let world: World
beforeEach(async () => {
  world = await setup()
})
afterEach(() => world.close())

const names = Object.keys(alarms) as AlarmName[]

/** Of the control plane, and of what the world runs by its own clock beside it. */
async function metric(alarm: AlarmName): Promise<number[]> {
  const texts = [(await world.admin('GET', '/metrics')).body as string, await world.metrics.registry.metrics()]
  return texts.flatMap((text) =>
    [...text.matchAll(/^ikoma_alarm\{alarm="(\w+)"\} (\d+)$/gm)]
      .filter(([, name]) => name === alarm)
      .map(([, , value]) => Number(value)),
  )
}
const linesOf = (alarm: AlarmName) =>
  world.logged.map((line) => JSON.parse(line)).filter(({ msg }) => msg === alarms[alarm])

describe.each(names)('the alarm %s', (alarm) => {
  test('tells the log of each case and the metric of how many, until it is cleared', async () => {
    world.alarms.raise(alarm, { id: 'one' }, { id: 'two' })
    expect(await metric(alarm)).toEqual([2])
    expect(linesOf(alarm)).toMatchObject([
      { level: 'error', id: 'one' },
      { level: 'error', id: 'two' },
    ])
    world.alarms.clear(alarm)
    expect(await metric(alarm)).toEqual([0])
    expect(linesOf(alarm)).toHaveLength(2)
  })

  test('is raised when there is a case of it, and not before', async () => {
    expect(linesOf(alarm)).toEqual([])
    const found = await causes[alarm]()
    expect(await metric(alarm)).toContain(1)
    expect(linesOf(alarm)).toMatchObject([found])
  })
})

/** Brings each about, and answers what the log says of it. */
const causes: Record<AlarmName, () => Promise<object>> = {
  async archive_failed() {
    const { store, time, metrics, alarms } = world
    const runner = await world.createRunner()
    const { id } = await placeSelftest(world, runner.id)
    await world.admin('POST', `/v1/orders/${id}/cancel`)
    const folder = mkdtempSync(join(tmpdir(), 'ikoma-archive-'))
    onTestFinished(() => rmSync(folder, { recursive: true }))
    const blocked = join(folder, 'blocked')
    writeFileSync(blocked, '')
    time.now += 1_000
    await new Retention({
      store,
      metrics,
      alarms,
      clock: { now: () => time.now },
      clockWatch: world.clockWatch,
      log: world.log,
      keepMs: 0,
      archive: new OrderArchive(blocked),
      head: async () => null,
      leads: () => true,
      stopping: new AbortController().signal,
    }).tick()
    return { err: { code: 'EEXIST' } }
  },

  async audit_rewritten() {
    await world.createRunner()
    await world.witness.look()
    const { seq, hash: expected } = await world.store.auditHead()
    await world.editDatabase('delete from audit where seq = ?', [seq])
    await world.witness.look()
    return { seq, expected, found: null, source: 'control-plane' }
  },

  async clock_jumped() {
    world.jump(400 * 24 * 3_600_000)
    world.clockWatch.look()
    return { byMs: 400 * 24 * 3_600_000, state: 'unsettled' }
  },

  async mass_silence() {
    for (let n = 0; n < 5; n += 1) {
      const runner = await world.createRunner()
      const { id } = await placeSelftest(world, runner.id)
      const { lease } = await runner.claim()
      await runner.call('POST', `/v1/runner/orders/${id}/start`, { headers: { 'x-ikoma-lease': lease } })
    }
    world.time.now += world.timing.runLeaseMs + 1
    await world.reconcile()
    return { silent: 5, running: 5 }
  },

  async order_silent() {
    const runner = await world.createRunner({ scopes: ['service'] })
    const restart = { type: 'service.systemd.restart', payload: { name: 'gateway' }, resourceKey: 'app' }
    const { id: orderId } = await placeSelftest(world, runner.id, restart)
    const { lease } = await runner.claim()
    await runner.call('POST', `/v1/runner/orders/${orderId}/start`, { headers: { 'x-ikoma-lease': lease } })
    // One that is done again by itself needs nobody.
    const other = await world.createRunner()
    const again = await placeSelftest(world, other.id)
    const headers = { 'x-ikoma-lease': (await other.claim()).lease }
    await other.call('POST', `/v1/runner/orders/${again.id}/start`, { headers })
    await watchSilentOrders(world)
    world.time.now += world.timing.runLeaseMs + 1
    await world.reconcile()
    await watchSilentOrders(world)
    return { orderId, runnerId: runner.id, resourceKey: 'app', heldUntil: expect.stringMatching(/^2\d{3}-/) }
  },
  async runner_cloned() {
    const { id: runnerId, at } = await enrolProven(world, 'web-1')
    const [one, other] = [at(), at()]
    for (const speak of [one, other, one]) {
      await speak('POST', '/v1/runner/heartbeat', { body: {} })
      world.time.now += 10_000
    }
    return { runnerId, name: 'web-1', machines: [{ address: '127.0.0.1' }, { address: '127.0.0.1' }] }
  },

  async schedule_overdue() {
    const { id: runnerId } = await world.createRunner()
    const order = { type: 'runner.selftest', runnerId }
    const body = { name: 'nightly', cron: '0 3 * * *', alertAfterSec: 60, order }
    const { id: scheduleId } = (await world.admin('POST', '/v1/schedules', { body })).body
    world.time.now += 61_000
    await world.watchSchedules()
    return { scheduleId, name: 'nightly', lastRunAt: null }
  },

  async secret_unopened() {
    const { id, claim } = await world.createRunner()
    await world.admin('PATCH', `/v1/runners/${id}`, { body: { scopes: ['*'], sealKey: newBoxKey().publicKey } })
    await world.admin('PUT', '/v1/secrets/api', { body: { value: 'hunter2-hunter2' } })
    const body = { type: 'check.http.run', runnerId: id, payload: { url: { secret: 'api' } } }
    const { body: order } = await world.admin('POST', '/v1/orders', { body })
    await world.editDatabase('update secrets set nonce = ?', ['AAAAAAAAAAAAAAAA'])
    await expect(claim()).rejects.toThrow('204')
    return { orderId: order.id, name: 'api' }
  },

  async seal_broken() {
    const runner = await world.createRunner()
    const { id } = await placeSelftest(world, runner.id)
    await world.editDatabase('update orders set payload = ? where id = ?', ['{"edited":true}', id])
    await runner.call('POST', '/v1/runner/orders/claim-next')
    return { table: 'orders', id }
  },
}
