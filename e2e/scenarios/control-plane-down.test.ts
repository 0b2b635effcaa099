import { setTimeout as sleep } from 'node:timers/promises'
import { describe, expect, type TestContext, test } from 'vitest'
import { type Dialect, dialects } from '../kit/database.ts'
import { newRawRunner } from '../kit/protocol.ts'
import { placeShell, shellScopes } from '../kit/shell-order.ts'
import { startSlowTarget } from '../kit/slow-target.ts'
import { until } from '../kit/until.ts'
import { type ControlPlane, newWorld, type World } from '../kit/world.ts'

const longLease = { IKOMA_RUN_LEASE_SEC: '20' }
/** Ends while nobody serves, but not for a second in which the machine is busy: that would be an attempt of its own. */
const patientLease = { IKOMA_RUN_LEASE_SEC: '8' }

async function setup(dialect: Dialect, t: TestContext, env: Record<string, string> = {}) {
  const world = await newWorld(dialect, t)
  const server = await world.startServer(env)
  const runner = await world.enrol(server, shellScopes)
  const target = await startSlowTarget(1_500, t)
  return { world, server, runner, target }
}

function restart(world: World, { port }: ControlPlane, env: Record<string, string> = {}): Promise<ControlPlane> {
  return world.startServer({ PORT: port, ...env })
}

describe.each(dialects)('a control plane killed with -9, on %s', (dialect) => {
  test.concurrent('between claim and report: the runner finishes, keeps the report and delivers it', async (t) => {
    const { world, server, runner, target } = await setup(dialect, t, longLease)
    await world.startRunner(runner)
    const { id } = await server.client.placeOrder({
      type: 'check.http.run',
      runnerId: runner.id,
      payload: { url: target.url },
    })
    await until('the effect', () => target.visits.length === 1)
    await server.end('SIGKILL')
    // Long enough for it to end, and to find that nobody listens.
    await sleep(3_000)
    const back = await restart(world, server, longLease)

    const order = await world.orderIs(back, id, 'SUCCEEDED')

    expect(order).toMatchObject({ attempt: 1, report: { ok: true, output: { status: 200 } } })
    expect(target.visits).toHaveLength(1)
    const { items } = await back.client.listOrderEvents(id)
    expect(items.filter(({ to }) => to === 'SUCCEEDED')).toHaveLength(1)
    expect(await back.client.verifyAudit()).toMatchObject({ ok: true, fault: null })
  })

  test.concurrent('while a program writes: every line of its log arrives, once and in order', async (t) => {
    const { world, server, runner } = await setup(dialect, t, longLease)
    await world.startRunner(runner)
    const script = 'for i in $(seq 1 60); do echo line-$i; sleep 0.1; done'
    const { id } = await placeShell(server, runner, { argv: ['/bin/bash', '-c', script] })
    await until('the first lines', async () => (await server.client.listOrderLogs(id)).items.length > 5)
    await server.end('SIGKILL')
    await sleep(1_500)
    const back = await restart(world, server, longLease)

    await world.orderIs(back, id, 'SUCCEEDED', 30_000)

    const { items } = await back.client.listOrderLogs(id, { limit: 500 })
    const lines = items.filter(({ stream }) => stream === 'stdout').map(({ text }) => text)
    expect(lines).toEqual(Array.from({ length: 60 }, (_, index) => `line-${index + 1}`))
  })

  test.concurrent('for longer than the leases: no claim is taken back before its runner could renew it', async (t) => {
    const { world, server } = await setup(dialect, t)
    const raw = await newRawRunner(server)
    const place = async () => {
      await server.client.placeOrder({ type: 'runner.selftest', runnerId: raw.id })
      const claim = await raw.claim()
      if (!claim) throw new Error('nothing to claim')
      return claim
    }
    const [claimed, running] = [await place(), await place()]
    expect((await raw.start(running)).status).toBe(200)
    // Only who was there before can have been away: the reconciler's first pass says so.
    await sleep(1_000)
    await server.end('SIGKILL')
    await sleep(4_500)
    const back = await restart(world, server)
    await back.said(/leases are held until runners had time to renew/)
    await sleep(1_200)

    expect((await raw.heartbeat(running)).status).toBe(200)
    expect((await raw.start(claimed)).status).toBe(200)
    for (const claim of [claimed, running]) {
      expect((await raw.complete(claim)).body).toMatchObject({ status: 'SUCCEEDED', attempt: 1, statusReason: null })
    }
    for (const { id } of [claimed, running]) {
      const { items } = await back.client.listOrderEvents(id)
      expect(items.map(({ to }) => to)).toEqual(['QUEUED', 'CLAIMED', 'RUNNING', 'SUCCEEDED'])
    }
  })

  test.concurrent('for longer than the leases: the runner stops what might be done again elsewhere, and does it again', async (t) => {
    const { world, server, runner } = await setup(dialect, t, patientLease)
    const target = await startSlowTarget(12_000, t)
    const process = await world.startRunner(runner)
    const payload = { url: target.url, timeoutMs: 30_000 }
    const { id } = await server.client.placeOrder({ type: 'check.http.run', runnerId: runner.id, payload })
    await until('the effect', () => target.visits.length === 1)
    await server.end('SIGKILL')
    await process.said(/out of reach for too long|could not be delivered/)
    const back = await restart(world, server, patientLease)

    const order = await world.orderIs(back, id, 'SUCCEEDED', 60_000)

    expect(order.attempt).toBe(2)
    expect(process.hasEnded()).toBe(false)
  })

  test.concurrent('for longer than the leases: what is never done twice goes on to its end, with all of its log', async (t) => {
    const { world, server, runner } = await setup(dialect, t)
    await world.startRunner(runner)
    const script = 'for i in $(seq 1 8); do echo line-$i; sleep 1; done'
    const { id } = await placeShell(server, runner, { argv: ['/bin/bash', '-c', script] })
    await until('the first lines', async () => (await server.client.listOrderLogs(id)).items.length > 1)
    await server.end('SIGKILL')
    await sleep(5_000)
    const back = await restart(world, server)

    const order = await world.orderIs(back, id, 'SUCCEEDED', 30_000)

    expect(order).toMatchObject({ attempt: 1, report: { ok: true } })
    const { items } = await back.client.listOrderLogs(id)
    const lines = items.filter(({ stream }) => stream === 'stdout').map(({ text }) => text)
    expect(lines).toEqual(Array.from({ length: 8 }, (_, index) => `line-${index + 1}`))
  })

  test.concurrent('until after a program ended: the rest of its log arrives with the report', async (t) => {
    const { world, server, runner } = await setup(dialect, t, longLease)
    const process = await world.startRunner(runner)
    const script = 'for i in $(seq 1 20); do echo line-$i; sleep 0.1; done'
    const { id } = await placeShell(server, runner, { argv: ['/bin/bash', '-c', script] })
    await until('the first lines', async () => (await server.client.listOrderLogs(id)).items.length > 2)
    await server.end('SIGKILL')
    await until('the program to end', () => world.living([process.pid]).length === 0)
    await sleep(6_000)
    const back = await restart(world, server, longLease)

    await world.orderIs(back, id, 'SUCCEEDED', 30_000)

    const { items } = await back.client.listOrderLogs(id)
    const lines = items.filter(({ stream }) => stream === 'stdout').map(({ text }) => text)
    expect(lines).toEqual(Array.from({ length: 20 }, (_, index) => `line-${index + 1}`))
  })
})
