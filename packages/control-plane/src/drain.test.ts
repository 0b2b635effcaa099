import { afterEach, beforeEach, describe, expect, test } from 'vitest'
import { enrolProven } from './testing/proven-runner.ts'
import { placeSelftest, setup, type World } from './testing/world.ts'

let world: World
beforeEach(async () => {
  world = await setup()
})
afterEach(() => world.close())

const drain = (path: string, draining: boolean) => world.admin('PUT', path, { body: { draining } })
const claimNext = '/v1/runner/orders/claim-next'

describe('a drained control plane', () => {
  test('gives no order, says what still runs, and lets that end', async () => {
    const runner = await world.createRunner()
    const { id } = await placeSelftest(world, runner.id)
    const { lease } = await runner.claim()
    const headers = { 'x-ikoma-lease': lease }
    await runner.call('POST', `/v1/runner/orders/${id}/start`, { headers })
    await placeSelftest(world, runner.id)
    expect((await drain('/v1/drain', true)).body).toMatchObject({ draining: { by: 'admin-key' }, running: 1 })
    expect((await runner.call('POST', claimNext)).status).toBe(204)
    const report = { ok: true, summary: 'all well' }
    await runner.call('POST', `/v1/runner/orders/${id}/complete`, { headers, body: { report } })
    expect((await world.admin('GET', '/v1/drain')).body).toMatchObject({ running: 0 })
    expect((await world.admin('GET', `/v1/orders/${id}`)).body.status).toBe('SUCCEEDED')
  })

  test('gives orders again when it is resumed, also to who has been waiting', async () => {
    const runner = await world.createRunner()
    await drain('/v1/drain', true)
    const waiting = runner.call('POST', `${claimNext}?waitSec=20`)
    const { id } = await placeSelftest(world, runner.id)
    expect((await drain('/v1/drain', false)).body.draining).toBeNull()
    expect((await waiting).body.orders?.[0]?.id ?? (await waiting).body.id).toBe(id)
  })

  test('is in the audit, with who did it', async () => {
    await drain('/v1/drain', true)
    await drain('/v1/drain', false)
    const { items } = (await world.admin('GET', '/v1/audit?subject=control-plane')).body
    expect(items.map(({ action, actor }: { action: string; actor: string }) => `${actor} ${action}`)).toEqual([
      'admin-key control_plane.drained',
      'admin-key control_plane.resumed',
    ])
  })
})

describe('a drained runner', () => {
  test('gets no order, while others do, until it is resumed', async () => {
    const [runner, other] = [await world.createRunner(), await world.createRunner()]
    await placeSelftest(world, runner.id)
    await placeSelftest(world, other.id)
    expect((await drain(`/v1/runners/${runner.id}/drain`, true)).body.draining).toMatchObject({ by: 'admin-key' })
    expect((await runner.call('POST', claimNext)).status).toBe(204)
    expect((await other.claim()).runnerId).toBe(other.id)
    await drain(`/v1/runners/${runner.id}/drain`, false)
    expect((await runner.claim()).runnerId).toBe(runner.id)
  })

  test('is still drained when the control plane forgot what it had in memory, and free when it starts anew', async () => {
    const { id, at } = await enrolProven(world, 'web-1')
    const before = at()
    await before('POST', '/v1/runner/heartbeat', { body: {} })
    await drain(`/v1/runners/${id}/drain`, true)
    await placeSelftest(world, id)
    expect((await before('POST', claimNext)).status).toBe(204)
    expect(JSON.parse(String((await world.readRow('runners', id)).instance)).drain).toMatchObject({ on: true })
    await before('POST', '/v1/runner/heartbeat', { body: { status: 'OFFLINE' } })
    const anew = at()
    await anew('POST', '/v1/runner/heartbeat', { body: {} })
    expect((await world.admin('GET', `/v1/runners/${id}`)).body.draining).toBeNull()
    world.time.now += 5_000
    expect((await anew('POST', claimNext)).status).toBe(200)
  })
})

describe('the clock of a runner', () => {
  test('180 s off leaves it online, is shown, and its log lines carry our time', async () => {
    const { id, at } = await enrolProven(world, 'web-1')
    const clock = { 'x-runner-clock': String(world.time.now + 180_000) }
    const call = at()
    await call('POST', '/v1/runner/heartbeat', { body: {}, headers: clock })
    const shown = (await world.admin('GET', `/v1/runners/${id}`)).body
    expect([shown.status, shown.clockSkewMs]).toEqual(['ONLINE', 180_000])
    const order = await placeSelftest(world, id)
    const { lease } = (await call('POST', claimNext, { headers: clock })).body
    const headers = { 'x-ikoma-lease': lease, ...clock }
    await call('POST', `/v1/runner/orders/${order.id}/start`, { headers })
    const lines = [{ at: world.time.now + 180_000 - 2_000, stream: 'stdout', text: 'hello' }]
    await call('POST', `/v1/runner/orders/${order.id}/logs`, { headers, body: { seq: 0, lines } })
    const [line] = (await world.admin('GET', `/v1/orders/${order.id}/logs`)).body.items
    expect(Date.parse(line.at)).toBe(world.time.now - 2_000)
  })

  test.each(['', 'soon', '-1', '99999999999999999'])('that says %j is not believed, and not known', async (text) => {
    const { id, at } = await enrolProven(world, 'web-1')
    await at()('POST', '/v1/runner/heartbeat', { body: {}, headers: { 'x-runner-clock': text } })
    const shown = (await world.admin('GET', `/v1/runners/${id}`)).body
    expect([shown.status, shown.clockSkewMs]).toEqual(['ONLINE', null])
  })
})
