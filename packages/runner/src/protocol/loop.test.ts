import { readFile, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { UnreachableError } from '@ikoma/api'
import { describe, expect, it, onTestFinished } from 'vitest'
import type { Action, Actions } from '../order/action.ts'
import { recordingLogger, setup, until } from '../testing/setup.ts'
import { Comeback } from './comeback.ts'
import type { Claim } from './control-plane-client.ts'
import { identityPaths } from './identity.ts'
import { startLoop } from './loop.ts'

/** A selftest that ends when told to, or when stopped. */
function gate() {
  const opened = Promise.withResolvers<void>()
  const state = { running: 0, most: 0, ran: 0, open: opened.resolve }
  const action: Action<'runner.selftest'> = async (_payload, { signal }) => {
    state.running += 1
    state.ran += 1
    state.most = Math.max(state.most, state.running)
    const stopped = new Promise((resolve) => signal.addEventListener('abort', resolve))
    await Promise.race([opened.promise, stopped])
    state.running -= 1
    if (signal.aborted) return { ok: false, summary: 'stopped', errors: [] }
    return { ok: true, summary: 'done', output: {} as never }
  }
  return { state, actions: { 'runner.selftest': action } }
}

describe('a running runner', () => {
  it('claims an order, executes it and reports how it ended', async () => {
    const { plane, start } = await setup()
    const order = plane.place('shell.run', { argv: ['echo', 'bonjour'] })
    await start()
    await until(() => order.reports.length > 0)
    expect(order.status).toBe('SUCCEEDED')
    expect(order.lines).toContainEqual(expect.objectContaining({ stream: 'stdout', text: 'bonjour' }))
    expect(order.reports[0]).toMatchObject({ version: 'v2', ok: true, outcome: 'succeeded', steps: [] })
    expect(order.reports[0]?.output).toMatchObject({ exitCode: 0, stdoutTail: 'bonjour\n' })
  })

  it('never runs more orders at a time than it may', async () => {
    const { plane, start } = await setup()
    const { state, actions } = gate()
    for (let count = 0; count < 5; count++) plane.place('runner.selftest')
    const runner = await start({ concurrency: 2 }, actions)
    await until(() => state.running === 2)
    await new Promise((resolve) => setTimeout(resolve, 200))
    expect(runner.running()).toBe(2)
    state.open()
    await until(() => plane.orders.every(({ status }) => status === 'SUCCEEDED'))
    expect(state.most).toBe(2)
    expect(Math.max(...plane.claims.map(({ max }) => max))).toBe(2)
  })

  // The types that take turns need root, which here is this process.
  it.skipIf(process.geteuid?.() !== 0)('never runs two orders at a time that would undo each other', async () => {
    const { plane, start } = await setup()
    const state = { running: 0, most: 0 }
    const remove: Actions['platform.caddy.route.remove'] = async () => {
      state.most = Math.max(state.most, ++state.running)
      await new Promise((resolve) => setTimeout(resolve, 50))
      state.running -= 1
      return { ok: true, summary: 'done', output: { changed: false, changes: [] } }
    }
    for (let count = 0; count < 3; count++) plane.place('platform.caddy.route.remove', { name: 'app' })
    await start({}, { 'platform.caddy.route.remove': remove })
    await until(() => plane.orders.every(({ status }) => status === 'SUCCEEDED'))
    expect(state.most).toBe(1)
  })

  it('sends heartbeats that say it is there, and at the end that it goes', async () => {
    const { plane, start } = await setup()
    const runner = await start({ heartbeatSec: 0.1 })
    await until(() => plane.heartbeats.length >= 3)
    await runner.stop()
    expect(plane.heartbeats[0]).toMatchObject({ status: 'ONLINE', version: '1.2.3' })
    expect(plane.heartbeats.at(-1)).toMatchObject({ status: 'OFFLINE' })
  })

  it('makes itself a new token when a heartbeat is told that its own was replaced', async () => {
    const stopping = new AbortController()
    onTestFinished(() => stopping.abort())
    const answers = [{}, { renewToken: true }, {}]
    let renewed = 0
    startLoop({
      controlPlane: {
        claim: async () => ({ claims: [], unreadable: [], unnamed: 0 }),
        heartbeat: async () => ({ ok: true, serverTime: '', ...answers.shift() }),
      },
      runOrder: async () => {},
      refuseOrder: async () => {},
      reloadIdentity: async () => false,
      renewToken: async () => {
        renewed += 1
      },
      about: { version: '1', capabilities: {} },
      ...{ concurrency: 1, waitSec: 1, heartbeatSec: 0.01, comeback: new Comeback() },
      ...{ logger: recordingLogger(), stopping: stopping.signal },
    })
    await until(() => answers.length === 0)
    expect(renewed).toBe(1)
  })

  it('goes on when the control plane comes back after an outage', async () => {
    const { plane, start } = await setup()
    plane.interfere = () => 'drop'
    await start()
    await new Promise((resolve) => setTimeout(resolve, 200))
    plane.interfere = () => 503
    await new Promise((resolve) => setTimeout(resolve, 200))
    plane.interfere = () => null
    const order = plane.place('shell.run', { argv: ['true'] })
    await until(() => order.status === 'SUCCEEDED')
  })

  it('picks up a rotated credential without a restart', async () => {
    const { plane, stateDir, start, logger } = await setup()
    plane.token = 'iko_runner_rotated0000000000000000000000'
    await start()
    await until(() => logger.entries.some(({ level }) => level === 'error'))
    const path = identityPaths(stateDir).identity
    const identity = JSON.parse(await readFile(path, 'utf8'))
    await writeFile(path, JSON.stringify({ ...identity, token: plane.token }))
    const order = plane.place('shell.run', { argv: ['true'] })
    await until(() => order.status === 'SUCCEEDED')
  })

  it('does not share its state directory with another runner', async () => {
    const { start } = await setup()
    await start()
    await expect(start()).rejects.toMatchObject({ reason: 'state_in_use' })
  })

  it('lets running orders end when it is stopped, and interrupts those that do not', async () => {
    const { plane, start } = await setup()
    const quick = plane.place('shell.run', { argv: ['sleep', '0.3'] })
    const slow = plane.place('shell.run', { argv: ['sleep', '60'] })
    const runner = await start({ stopGraceSec: 1 })
    await until(() => slow.status === 'RUNNING' && quick.status === 'RUNNING')
    await runner.stop()
    expect(quick.reports[0]?.outcome).toBe('succeeded')
    expect(slow.reports[0]).toMatchObject({ ok: false, outcome: 'interrupted' })
    await runner.done
  })

  it('does once what a claim gives again because its answer may have been lost', async () => {
    const stopping = new AbortController()
    onTestFinished(() => stopping.abort())
    const claim = (lease: string) => ({ orderId: 'o', attempt: 1, lease, claimLeaseSec: 1, runLeaseSec: 1 }) as Claim
    const answers = [[claim('a')], [claim('a'), claim('b')], [claim('b')]]
    const ran: string[] = []
    startLoop({
      controlPlane: {
        claim: async () => ({ claims: answers.shift() ?? [], unreadable: [], unnamed: 0 }),
        heartbeat: async () => ({ ok: true, serverTime: '' }),
      },
      runOrder: async ({ lease }) => void ran.push(lease),
      refuseOrder: async () => {},
      reloadIdentity: async () => false,
      about: { version: '1', capabilities: {} },
      ...{ concurrency: 4, waitSec: 1, heartbeatSec: 30, comeback: new Comeback() },
      ...{ logger: recordingLogger(), stopping: stopping.signal },
    })
    await until(() => answers.length === 0)
    expect(ran).toEqual(['a', 'b'])
  })

  it.each(['claim', 'heartbeat'] as const)('tells who waits that the control plane is back: by a %s', async (first) => {
    const stopping = new AbortController()
    onTestFinished(() => stopping.abort())
    const asked = { claim: 0, heartbeat: 0 }
    const fail = (verb: 'claim' | 'heartbeat') => {
      asked[verb] += 1
      if (verb !== first || asked[verb] === 1) throw new UnreachableError('http://x', null)
    }
    const comeback = new Comeback()
    const waited = comeback.pause(3_600_000, stopping.signal)
    startLoop({
      controlPlane: {
        async claim() {
          fail('claim')
          return { claims: [], unreadable: [], unnamed: 0 }
        },
        async heartbeat() {
          fail('heartbeat')
          return { ok: true, serverTime: '' }
        },
      },
      runOrder: async () => {},
      refuseOrder: async () => {},
      reloadIdentity: async () => false,
      about: { version: '1', capabilities: {} },
      ...{
        concurrency: 1,
        waitSec: 1,
        heartbeatSec: 0.01,
        comeback,
        logger: recordingLogger(),
        stopping: stopping.signal,
      },
    })
    await waited
    expect(stopping.signal.aborted).toBe(false)
  })

  it('goes on by itself after its clock and the control plane’s were years ahead for a minute', async () => {
    const { plane, start, logger } = await setup()
    let aheadMs = 400 * 86_400_000
    let seq = 5
    plane.alterGrant = (grant) => {
      const [issuedAt, notAfter] = [grant.issuedAt + aheadMs, grant.notAfter + aheadMs]
      const auditHead = { seq: seq++, hash: 'h'.repeat(43) }
      return { ...grant, issuedAt, notAfter, expiresAt: (grant.expiresAt ?? 0) + aheadMs, auditHead }
    }
    await start({}, {}, { clock: { now: () => Date.now() + aheadMs } })
    const then = plane.place('shell.run', { argv: ['true'] })
    await until(() => then.reports.length > 0)
    aheadMs = 0
    const now = plane.place('shell.run', { argv: ['true'] })
    await until(() => now.reports.length > 0)
    expect([then.reports[0]?.outcome, now.reports[0]?.outcome, now.reports[0]?.errors]).toEqual([
      'succeeded',
      'succeeded',
      undefined,
    ])
    expect(logger.entries.filter(({ level }) => level === 'error')).toEqual([])
  })

  it('fails as a whole when one order cannot be recorded', async () => {
    const { plane, logger } = await setup()
    const stopping = new AbortController()
    onTestFinished(() => stopping.abort())
    const claim = { orderId: 'o', attempt: 1, lease: 'l', claimLeaseSec: 1, runLeaseSec: 1 } as Claim
    const loop = startLoop({
      controlPlane: {
        claim: async () => ({ claims: [claim], unreadable: [], unnamed: 0 }),
        heartbeat: async () => ({ ok: true, serverTime: plane.url }),
      },
      runOrder: () => Promise.reject(new Error('No space left on device')),
      refuseOrder: async () => {},
      reloadIdentity: async () => false,
      about: { version: '1', capabilities: {} },
      ...{ concurrency: 1, waitSec: 1, heartbeatSec: 30, comeback: new Comeback(), logger, stopping: stopping.signal },
    })
    await expect(loop.failed).rejects.toThrow('No space left')
  })
})

describe('a runner that starts again', () => {
  const lease = '0198c000-0000-7000-8000-000000000001'

  it('reports an order it was interrupted in, and never runs that attempt again', async () => {
    const { plane, stateDir, start } = await setup()
    const { state, actions } = gate()
    state.open()
    const order = plane.place('runner.selftest', {}, { status: 'RUNNING', attempt: 1, lease })
    const entry = {
      kind: 'INTENT',
      orderId: order.id,
      attempt: 1,
      lease,
      type: 'runner.selftest',
      retryClass: 'once',
      at: 1,
    }
    await writeFile(join(stateDir, 'journal.ndjson'), `${JSON.stringify(entry)}\n`)
    await start({}, actions)
    await until(() => order.reports.length > 0)
    expect(order.reports[0]).toMatchObject({ ok: false, outcome: 'interrupted', errors: [{ code: 'interrupted' }] })
    // As after a restored backup: the control plane hands out an attempt that was executed before.
    plane.requeue(order)
    await until(() => order.reports.length > 0)
    expect(order.reports[0]).toMatchObject({ outcome: 'interrupted', errors: [{ code: 'already_executed' }] })
    expect(state.ran).toBe(0)
  })

  it('delivers a report that an earlier process could not', async () => {
    const { plane, start } = await setup()
    const order = plane.place('shell.run', { argv: ['true'] })
    plane.interfere = (verb) => (verb === 'complete' ? 'drop' : null)
    const first = await start()
    await until(() => order.status === 'RUNNING')
    await new Promise((resolve) => setTimeout(resolve, 300))
    await first.stop()
    expect(order.reports).toEqual([])
    plane.interfere = () => null
    await start()
    await until(() => order.reports.length > 0)
    expect(order.reports[0]?.outcome).toBe('succeeded')
  })
})
