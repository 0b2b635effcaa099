import { clonesOf, runnerOfflineAfterMs, settleMs } from '@ikoma/domain'
import { afterEach, beforeEach, describe, expect, test } from 'vitest'
import { instancesOf } from './instances.ts'
import { enrolProven, newMachine, type ProvenRunner } from './testing/proven-runner.ts'
import { placeSelftest, setup, type World } from './testing/world.ts'

let world: World
let runner: ProvenRunner
beforeEach(async () => {
  world = await setup()
  runner = await enrolProven(world, 'web-1')
})
afterEach(() => world.close())

const beat = '/v1/runner/heartbeat'
const claim = '/v1/runner/orders/claim-next'
const second = 1_000
type Speak = ReturnType<ProvenRunner['at']>
const alive = (speak: Speak, status = 'ONLINE') => speak('POST', beat, { body: { status } })
const pass = (ms: number) => {
  world.time.now += ms
}
const show = async () => (await world.admin('GET', `/v1/runners/${runner.id}`)).body
const alarm = async () =>
  /ikoma_alarm\{alarm="runner_cloned"\} (\d)/.exec((await world.admin('GET', '/metrics')).body)?.[1]

describe('two machines under one identity', () => {
  test('are both held once both were heard, orders stay queued, and it is said which they are', async () => {
    const [original, copy] = [runner.at(), runner.at()]
    const order = await placeSelftest(world, runner.id)
    await alive(original)
    pass(20 * second)
    await alive(copy)
    expect((await copy('POST', claim)).status).toBe(204)
    pass(10 * second)
    await alive(original)
    for (const speak of [original, copy]) {
      const answer = await speak('POST', claim)
      expect([answer.status, answer.body.reason]).toEqual([409, 'runner_cloned'])
      expect(answer.body.detail).toContain('--new-identity')
      for (const { machine, address, since } of (await show()).cloned)
        expect(answer.body.detail).toContain(` ${machine.slice(0, 12)} at ${address} since ${since}`)
    }
    expect((await world.admin('GET', `/v1/orders/${order.id}`)).body.status).toBe('QUEUED')
    await world.flushPresence()
    expect(instancesOf((await world.store.findRunner(runner.id)) ?? { instance: null }).sightings).toHaveLength(2)
    expect((await show()).cloned).toHaveLength(2)
    expect(await alarm()).toBe('1')
  })

  test('are noticed too when the copy calls itself the same machine', async () => {
    const machine = newMachine().split('.')[0]
    const [original, copy] = [1, 2].map(() => runner.at(`${machine}.${newMachine().split('.')[1]}`)) as [Speak, Speak]
    await alive(original)
    await alive(copy)
    pass(10 * second)
    await alive(original)
    expect((await copy('POST', claim)).body.reason).toBe('runner_cloned')
  })

  test('a copy gets nothing before the other had time to be heard', async () => {
    const [original, copy] = [runner.at(), runner.at()]
    await alive(original)
    await placeSelftest(world, runner.id)
    pass(10 * second)
    expect((await copy('POST', claim)).status).toBe(204)
    pass(settleMs + second)
    expect((await copy('POST', claim)).status).toBe(204)
    await alive(original)
    expect((await copy('POST', claim)).body.reason).toBe('runner_cloned')
  })

  test('one that waits for orders is asked at once whether it lives', async () => {
    const [original, copy] = [runner.at(), runner.at()]
    const waiting = original('POST', `${claim}?waitSec=50`)
    await new Promise((resolve) => setTimeout(resolve, 50))
    pass(10 * second)
    await alive(copy)
    pass(settleMs)
    expect((await waiting).status).toBe(204)
  })

  test('the one that stays goes on when the other is gone for as long as makes a runner offline', async () => {
    const [original, copy] = [runner.at(), runner.at()]
    await placeSelftest(world, runner.id)
    for (const speak of [original, copy, original]) {
      await alive(speak)
      pass(10 * second)
    }
    expect((await original('POST', claim)).status).toBe(409)
    for (let n = 0; n < 5; n += 1) {
      pass(runnerOfflineAfterMs / 4)
      await alive(original)
    }
    expect((await original('POST', claim)).status).toBe(200)
    expect((await show()).cloned).toBe(null)
    expect(await alarm()).toBe('0')
  })

  test('are noticed when each talks to another process on the same database', async () => {
    const [original, copy] = [runner.at(), runner.at()]
    await alive(original)
    await world.flushPresence()
    // What the other process wrote of the copy, which it alone has heard.
    const mine = (await world.store.findRunner(runner.id))?.instance ?? ''
    const at = world.time.now + 5 * second
    const other = {
      machine: 'c'.repeat(32),
      boot: 'd'.repeat(16),
      from: '192.0.2.7',
      firstAt: at,
      lastAt: at,
      over: false,
    }
    expect(mine).toContain('"protocol":2')
    pass(20 * second)
    const instance = JSON.stringify({ protocol: 2, sightings: [other] })
    await world.store.touchRunners([{ id: runner.id, lastSeenAt: world.time.now, instance }])
    await alive(original)
    const answer = await original('POST', claim)
    expect(answer.body.reason).toBe('runner_cloned')
    expect(answer.body.detail).toContain('192.0.2.7')
    expect((await copy('POST', claim)).status).toBe(409)
  })

  test('other processes hear of two at once, and of one that only lives on every ten seconds', async () => {
    const [original, copy] = [runner.at(), runner.at()]
    const written = async () => {
      await world.flushPresence()
      return instancesOf((await world.store.findRunner(runner.id)) ?? { instance: null })
    }
    await alive(original)
    pass(second)
    await alive(copy)
    const before = await written()
    pass(4 * second)
    await alive(original)
    const noticed = await written()
    expect([before, noticed].map((each) => clonesOf(each, world.time.now).length)).toEqual([0, 2])
    pass(9 * second)
    await alive(original)
    expect(await written()).toEqual(noticed)
    pass(second)
    await alive(original)
    expect(await written()).not.toEqual(noticed)
  })

  test('what was claimed before may still be reported by whoever holds the lease', async () => {
    const [original, copy] = [runner.at(), runner.at()]
    const { id } = await placeSelftest(world, runner.id)
    const { lease } = (await original('POST', claim)).body
    const headers = { 'x-ikoma-lease': lease as string }
    await original('POST', `/v1/runner/orders/${id}/start`, { headers })
    await alive(copy)
    pass(10 * second)
    await alive(original)
    const body = { report: { ok: true, summary: 'done' } }
    expect((await original('POST', `/v1/runner/orders/${id}/complete`, { headers, body })).body.status).toBe(
      'SUCCEEDED',
    )
  })
})

describe('one machine after another is no clone', () => {
  test('a restart that said goodbye is given orders at once', async () => {
    const [before, after] = [runner.at(), runner.at()]
    await alive(before)
    await alive(before, 'OFFLINE')
    await placeSelftest(world, runner.id)
    expect((await after('POST', claim)).status).toBe(200)
  })

  test('a restart after a crash waits some seconds, a reboot or a moved disk does not', async () => {
    const [before, after, moved] = [runner.at(), runner.at(), runner.at()]
    await alive(before)
    for (let n = 0; n < 2; n += 1) await placeSelftest(world, runner.id)
    pass(5 * second)
    expect((await after('POST', claim)).status).toBe(204)
    pass(settleMs + 2 * second)
    expect((await after('POST', claim)).status).toBe(200)
    pass(runnerOfflineAfterMs + second)
    expect((await moved('POST', claim)).status).toBe(200)
    expect((await show()).cloned).toBe(null)
  })
})
