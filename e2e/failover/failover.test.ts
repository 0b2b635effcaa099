import { createClient } from '@ikoma/api'
import { afterAll, beforeAll, describe, expect, onTestFailed, test } from 'vitest'
import { until } from '../kit/until.ts'
import { adminKey, type ControlPlane, type World } from '../kit/world.ts'
import { Cluster, values } from './cluster.ts'
import { newWorldOn, startControlPlanes } from './control-planes.ts'
import { Load, timesOf } from './load.ts'
import { whyNoFailover } from './needs.ts'
import { type Look, metric, Readiness } from './readiness.ts'

const obstacle = whyNoFailover()
if (obstacle !== null) {
  const reason = `No failover can be shown here: ${obstacle}`
  if (process.env.IKOMA_FAILOVER !== 'if-possible') {
    throw new Error(`${reason}\nWith IKOMA_FAILOVER=if-possible these tests are skipped on such a machine.`)
  }
  process.stderr.write(`SKIPPED: the failover tests. ${reason}\n`)
}

/** Of the control plane, while the store is away: what a person can read. */
const mostLines = 40

describe.skipIf(obstacle !== null)(
  'two control planes on Patroni, HAProxy and PgBouncer, from deploy/high-availability',
  () => {
    let cluster: Cluster
    let world: World
    let planes: [ControlPlane, ControlPlane]
    let load: Load
    let readiness: Readiness[]

    beforeAll(async () => {
      cluster = new Cluster()
      try {
        await cluster.start()
        world = newWorldOn(cluster)
        planes = await startControlPlanes(world)
      } catch (error) {
        report(cluster.outputs())
        throw error
      }
      readiness = planes.map(({ url }) => new Readiness(url))
      load = new Load([...planes, frontDoor()])
      await load.start()
    }, 120_000)

    afterAll(async () => {
      await Promise.all((readiness ?? []).map((one) => one.stop()))
      await world?.close()
      await cluster?.close()
    })

    const ready = async (status: 200 | 503, withinMs: number, since?: number) =>
      Promise.all(readiness.map((one) => one.is(status, withinMs, since)))
    const told = () => onTestFailed(() => report(`${cluster.outputs()}\n${world.outputs()}`))

    test('the machine of the primary dies: a standby takes over', async () => {
      told()
      await ready(200, 20_000)
      await load.progress(60)
      const said = planes.map((plane) => plane.output().length)
      const former = await cluster.primary()
      load.longestSilence = { from: 0, to: 0 }
      const killedAt = performance.now()
      await former.kill()
      const next = await cluster.primary(60_000, former)
      const ledAfterMs = performance.now() - killedAt
      await load.progress(60)
      const notReady = await ready(503, 1, killedAt)
      await ready(200, 20_000)
      const { longestSilence: silence } = load
      report(
        `${former.name} died: ${next.name} led after ${seconds(ledAfterMs)}, writes failed for ` +
          `${seconds(silence.to - silence.from)}, 503 after ${each(notReady, ({ at }) => seconds(at - killedAt))}, ` +
          `causes: ${[...causesSince(killedAt)].join(', ')}`,
      )
      expect(readyWithin(silence), 'looks that said ready while no order was taken').toEqual([])
      planes.forEach((plane, index) => {
        const lines = plane.output().slice(said[index]).split('\n')
        report(`control plane ${index + 1}: ${lines.length} lines of log`)
        expect(lines.filter((line) => /\\n +at |^ +at /.test(line))).toEqual([])
        expect(lines.length).toBeLessThan(mostLines)
      })
      former.start()
      await cluster.standbys(2)
    }, 150_000)

    test('a planned switchover: the standby that is named leads, and what could not be written meanwhile was refused by name', async () => {
      told()
      await cluster.standbys(2)
      await ready(200, 20_000)
      await load.progress(20)
      const former = await cluster.primary()
      const candidate = await cluster.confirming()
      load.longestSilence = { from: 0, to: 0 }
      const refused = load.refused
      const typedAt = performance.now()
      await cluster.patronictl('switchover', 'ikoma', '--candidate', candidate.name, '--force')
      expect(await cluster.primary(60_000, former)).toBe(candidate)
      await load.progress(60)
      const back = await ready(200, 20_000)
      const { longestSilence: silence } = load
      const causes = causesSince(typedAt)
      report(
        `${former.name} gave up for ${candidate.name}: no write for ${seconds(silence.to - silence.from)}, ` +
          `${load.refused - refused} refusals, causes: ${[...causes].join(', ') || 'never not ready'}, ` +
          `ready ${each(back, ({ at }) => seconds(at - typedAt))} after it was typed`,
      )
      expect(readyWithin(silence), 'looks that said ready while no order was taken').toEqual([])
      expect([...causes].filter((cause) => !/^store_/.test(cause ?? ''))).toEqual([])
      expect(silence.to - silence.from).toBeLessThan(30_000)
      // What is typed for it comes back as a standby by itself.
      await cluster.standbys(2)
    }, 150_000)

    test('the standby that confirms says nothing: another one takes its place', async () => {
      told()
      await cluster.standbys(2)
      await ready(200, 20_000)
      const standby = await cluster.confirming()
      const stalledAt = performance.now()
      standby.stall()
      const looks = await ready(503, 10_000, stalledAt)
      const again = await Promise.all(readiness.map((one, index) => one.is(200, 60_000, looks[index]?.at)))
      report(
        `${standby.name} stalled, which confirmed: ready without it after ${each(again, ({ at }) => seconds(at - stalledAt))}`,
      )
      await load.progress(20)
      standby.resume()
    }, 120_000)

    test('the standbys say nothing: no write is acknowledged, the cause is named, and no connection is left behind', async () => {
      told()
      const standbys = await cluster.standbys(2)
      await ready(200, 20_000)
      const before = await backends()
      const stalledAt = performance.now()
      for (const standby of standbys) standby.stall()
      const looks = await ready(503, 10_000, stalledAt)
      for (const { at, tookMs, cause } of looks) {
        expect(tookMs).toBeLessThan(3_500)
        expect(at + tookMs - stalledAt).toBeLessThan(5_000)
        expect(cause).toMatch(/^store_(silent|standby_silent|timeout)$/)
      }
      const acknowledged = load.acknowledged.size
      const most = await mostBackendsFor(30_000)
      report(
        `the standbys stalled: 503 after ${each(looks, ({ at, tookMs }) => seconds(at + tookMs - stalledAt))}, ` +
          `${before} connections before, ${most} at most`,
      )
      expect(load.acknowledged.size).toBe(acknowledged)
      expect(most).toBeLessThan(before + 12)
      const resumedAt = performance.now()
      for (const standby of standbys) standby.resume()
      await ready(200, 30_000, resumedAt)
      await load.progress(20)
    }, 120_000)

    test('both standbys are gone: what the documents say to type lets writes go on, and takes it back', async () => {
      told()
      const standbys = await cluster.standbys(2)
      const stalledAt = performance.now()
      for (const standby of standbys) standby.stall()
      await ready(503, 10_000, stalledAt)
      const typedAt = performance.now()
      await cluster.patronictl('edit-config', '--force', '-s', 'synchronous_mode=false')
      await Promise.all(readiness.map((one) => one.is(200, 45_000, typedAt)))
      await load.progress(20)
      report(
        `both standbys stalled, synchronous mode given up: writes went on after ${seconds(performance.now() - typedAt)}`,
      )
      for (const standby of standbys) standby.resume()
      await cluster.patronictl('edit-config', '--force', '-s', 'synchronous_mode=true')
      await cluster.standbys(2)
    }, 120_000)

    test('the disk of the primary is full: creates are refused with the cause, and all is well once there is room', async () => {
      told()
      await cluster.standbys(1)
      const primary = await cluster.primary()
      await ready(200, 20_000)
      const filledAt = performance.now()
      primary.fillDisk()
      const [one] = planes
      try {
        const refusal = await until('a refused order', () => refusalOf(one), 60_000)
        expect(refusal).toBe('store_disk_full')
        const looks = await ready(503, 20_000, filledAt)
        expect(looks.map(({ cause }) => cause)).toEqual(['store_disk_full', 'store_disk_full'])
        for (const { url } of planes) expect(await metric(url, values.METRICS_TOKEN ?? '', 'ikoma_store_up')).toBe(0)
      } finally {
        primary.freeDisk()
      }
      const freedAt = performance.now()
      await ready(200, 30_000, freedAt)
      for (const { url } of planes) expect(await metric(url, values.METRICS_TOKEN ?? '', 'ikoma_store_up')).toBe(1)
      expect(await cluster.primary()).toBe(primary)
      await load.progress(20)
    }, 120_000)

    test('after all that nothing acknowledged is lost, nothing was done twice, and the audit verifies', async () => {
      told()
      const orders = await load.finish()
      const [{ client }] = planes
      const found = new Map(orders.map(({ id, status }) => [id, status]))
      const placed = await timesOf(client, 'order.placed')
      const started = await timesOf(client, 'order.started')
      const succeeded = await timesOf(client, 'order.succeeded')
      report(
        `${load.acknowledged.size} orders acknowledged, ${orders.length} there, ${load.ended.size} ends acknowledged, ${load.refused} answers were refusals`,
      )
      expect(
        [...load.acknowledged].filter((id) => found.get(id) !== 'SUCCEEDED'),
        'acknowledged, and not succeeded',
      ).toEqual([])
      expect(
        [...load.ended].filter((id) => found.get(id) !== 'SUCCEEDED'),
        'ended, and not over',
      ).toEqual([])
      expect(
        [...load.done].filter(([, times]) => times !== 1),
        'done more than once',
      ).toEqual([])
      for (const { id } of orders) {
        expect([placed.get(`order:${id}`), started.get(`order:${id}`), succeeded.get(`order:${id}`)], id).toEqual([
          1, 1, 1,
        ])
      }
      for (const plane of planes) expect(await plane.client.verifyAudit()).toMatchObject({ ok: true, fault: null })
    }, 150_000)

    function causesSince(since: number): Set<string | null> {
      const looks = readiness.flatMap((one) => one.looks)
      return new Set(looks.filter(({ at, status }) => at > since && status === 503).map(({ cause }) => cause))
    }

    /** A look is shared for a second and answered within three; creators ask again within a second, of one that is back. */
    function readyWithin({ from, to }: { from: number; to: number }): Look[] {
      const looks = readiness.flatMap((one) => one.looks)
      return looks.filter(({ at, tookMs, status }) => status === 200 && at > from + 1_500 && at + tookMs < to - 4_000)
    }

    /** Connections to PostgreSQL of the control planes' role, on the primary. */
    async function backends(): Promise<number> {
      const [row] = await cluster.query("select count(*)::int as count from pg_stat_activity where usename = 'ikoma'")
      return Number(row?.count)
    }

    async function mostBackendsFor(ms: number): Promise<number> {
      const over = performance.now() + ms
      let most = 0
      await until(
        'the time of the probes to be over',
        async () => {
          most = Math.max(most, await backends())
          return performance.now() > over
        },
        ms + 15_000,
      )
      return most
    }
  },
)

/** HAProxy's way to those that are ready, as the proxy with TLS takes it. */
function frontDoor(): Pick<ControlPlane, 'url' | 'client'> {
  const url = 'http://127.0.0.1:8080'
  return { url, client: createClient({ url, credential: { kind: 'admin-key', key: adminKey } }) }
}

function each(looks: readonly Look[], tell: (look: Look) => string): string {
  return looks.map(tell).join(' and ')
}

/** The cause for which an order is refused; null when it is not. */
async function refusalOf({ client }: ControlPlane): Promise<string | null> {
  return client.placeOrder({ type: 'runner.selftest', scope: 'pool' }).then(
    () => null,
    (error: { problem?: { code?: string; reason?: string } }) => error.problem?.reason ?? String(error),
  )
}

function seconds(ms: number): string {
  return `${(ms / 1000).toFixed(1)} s`
}

function report(text: string): void {
  process.stderr.write(`${text}\n`)
}
