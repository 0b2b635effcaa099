import { join } from 'node:path'
import { describe, expect, type TestContext, test } from 'vitest'
import { type Dialect, dialects } from '../kit/database.ts'
import { ledgerProgram, readLedger } from '../kit/ledger.ts'
import { placeShell, shellScopes } from '../kit/shell-order.ts'
import { overlaps, startSlowTarget } from '../kit/slow-target.ts'
import { until } from '../kit/until.ts'
import { newWorld } from '../kit/world.ts'

async function setup(dialect: Dialect, t: TestContext) {
  const world = await newWorld(dialect, t)
  const server = await world.startServer()
  const { id: serverId } = await server.client.createServer({ name: 'web-1' })
  const enrol = (name: string) => world.enrol(server, { name, serverId, ...shellScopes })
  const runner = await enrol('first')
  const target = await startSlowTarget(2_000, t)
  const check = { type: 'check.http.run', serverId, payload: { url: target.url } }
  return { world, server, runner, enrol, target, check, ledger: join(world.folder, 'ledger.ndjson') }
}

async function actionsOf({ client }: Awaited<ReturnType<typeof setup>>['server'], id: string): Promise<string[]> {
  return (await client.listOrderEvents(id)).items.map(({ action }) => action)
}

describe.each(dialects)('a runner killed with -9 while it executes, on %s', (dialect) => {
  test.concurrent('comes back: an idempotent order runs once more and succeeds', async (t) => {
    const { world, server, runner, target, check } = await setup(dialect, t)
    const first = await world.startRunner(runner)
    const { id } = await server.client.placeOrder(check)
    await until('the first effect', () => target.visits.length === 1)
    await first.end('SIGKILL')
    await world.startRunner(runner)

    const order = await world.orderIs(server, id, 'SUCCEEDED')

    expect(order.attempt).toBe(2)
    expect(target.visits.map(({ answered }) => answered)).toEqual([false, true])
    expect(overlaps(target.visits)).toEqual([])
    expect(await actionsOf(server, id)).toEqual([
      'order.placed',
      'order.claimed',
      'order.started',
      'order.went_stale',
      'order.requeued',
      'order.claimed',
      'order.started',
      'order.succeeded',
    ])
  })

  test.concurrent('comes back: an order to run once is not run again, and asks for attention', async (t) => {
    const { world, server, runner, ledger } = await setup(dialect, t)
    const first = await world.startRunner(runner)
    const { id } = await placeShell(server, runner, ledgerProgram(ledger, 60))
    await until('the effect', () => readLedger(ledger).length === 1)
    await first.end('SIGKILL')
    const second = await world.startRunner(runner)

    const order = await world.orderIs(server, id, 'NEEDS_ATTENTION')

    expect(order).toMatchObject({ attempt: 1, statusReason: 'interrupted' })
    expect(readLedger(ledger).map(({ attempt, event }) => [attempt, event])).toEqual([[`${id}.1`, 'start']])
    expect(world.living([server.pid, second.pid]), 'the program of the dead runner is ended').toEqual([])
  })

  test.concurrent('never comes back: an idempotent order goes to the replacement', async (t) => {
    const { world, server, runner, enrol, target, check } = await setup(dialect, t)
    const first = await world.startRunner(runner)
    const { id } = await server.client.placeOrder(check)
    await until('the first effect', () => target.visits.length === 1)
    await first.end('SIGKILL')
    const replacement = await enrol('second')
    await world.startRunner(replacement)

    const order = await world.orderIs(server, id, 'SUCCEEDED')

    expect(order).toMatchObject({ attempt: 2, runnerId: replacement.id })
    expect(target.visits.map(({ answered }) => answered)).toEqual([false, true])
    expect(overlaps(target.visits)).toEqual([])
    expect(await actionsOf(server, id)).toContain('order.went_stale')
  })

  test.concurrent('never comes back: an order to run once keeps its key for its own time, then asks for attention', async (t) => {
    const { world, server, runner, enrol, ledger } = await setup(dialect, t)
    const first = await world.startRunner(runner)
    const keyed = { resourceKey: 'app', timeoutSec: 8 }
    const { id } = await placeShell(server, runner, ledgerProgram(ledger, 60), keyed)
    await until('the effect', () => readLedger(ledger).length === 1)
    await first.end('SIGKILL')
    const second = await enrol('second')
    await world.startRunner(second)
    const next = await server.client.placeOrder({ type: 'runner.selftest', runnerId: second.id, resourceKey: 'app' })
    const { heldUntil } = await world.orderIs(server, id, 'STALE')

    const order = await world.orderIs(server, id, 'NEEDS_ATTENTION')

    expect(order).toMatchObject({ attempt: 1, statusReason: 'no_heartbeat', heldUntil: null })
    expect(Date.parse(heldUntil ?? '')).toBeGreaterThan(Date.parse(order.startedAt ?? '') + 8_000)
    const { startedAt } = await world.orderIs(server, next.id, 'SUCCEEDED')
    expect(Date.parse(startedAt ?? '')).toBeGreaterThanOrEqual(Date.parse(heldUntil ?? ''))
    expect(readLedger(ledger).map(({ event }) => event)).toEqual(['start'])
  })

  test.concurrent('was only frozen: its late report changes nothing', async (t) => {
    const { world, server, runner, enrol, target, check } = await setup(dialect, t)
    const frozen = await world.startRunner(runner)
    const { id } = await server.client.placeOrder(check)
    await until('the first effect', () => target.visits.length === 1)
    frozen.signal('SIGSTOP')
    const replacement = await enrol('second')
    await world.startRunner(replacement)
    const ended = await world.orderIs(server, id, 'SUCCEEDED')
    frozen.signal('SIGCONT')
    await frozen.said(/The report was refused/)

    expect(ended).toMatchObject({ attempt: 2, runnerId: replacement.id })
    expect(await server.client.getOrder(id)).toEqual(ended)
    expect(target.visits).toHaveLength(2)
  })
})
