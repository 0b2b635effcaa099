import { createHash } from 'node:crypto'
import { type ClaimedOrder, type Grant, grantBatchText } from '@ikoma/api'
import { overGraceMs } from '@ikoma/domain'
import { newSigningKey, verifySignature } from '@ikoma/kernel/node'
import { afterEach, beforeEach, describe, expect, test } from 'vitest'
import { enrolProven } from '../testing/proven-runner.ts'
import { placeSelftest, setup, type World } from '../testing/world.ts'

let world: World
beforeEach(async () => {
  world = await setup()
})
afterEach(() => world.close())

const done = { report: { ok: true, summary: 'done' } }

function onceRunning() {
  return running({ type: 'service.systemd.restart', payload: { name: 'gateway' } })
}

async function running(more: Record<string, unknown> = {}) {
  const runner = await world.createRunner({ scopes: ['service'] })
  const order = await placeSelftest(world, runner.id, more)
  const claimed = await runner.claim()
  const at = (verb: string, more: Record<string, unknown> = {}, lease: string | null = claimed.lease) =>
    runner.call('POST', `/v1/runner/orders/${order.id}/${verb}`, {
      ...more,
      headers: lease === null ? {} : { 'x-ikoma-lease': lease },
    })
  await at('start')
  return { runner, order, claimed, at }
}

/** Nobody hears of the runner until its lease and the grace after it are over. */
async function silence(): Promise<void> {
  world.time.now += world.timing.runLeaseMs + 1
  await world.reconcile()
  world.time.now += world.timing.staleGraceMs + 1
  await world.reconcile()
}

/** Nor until nobody can be at it any more. */
async function longSilence({ timeoutSec }: { timeoutSec: number }): Promise<void> {
  await silence()
  world.time.now += timeoutSec * 1000 + overGraceMs(world.timing)
  await world.reconcile()
}

async function statusOf(id: string): Promise<string> {
  return (await world.admin('GET', `/v1/orders/${id}`)).body.status
}

describe('claiming', () => {
  test('gives the order with a grant that the control plane signed for this runner and this claim', async () => {
    const runner = await world.createRunner()
    const order = await placeSelftest(world, runner.id)
    const { grant, lease } = await runner.claim()
    const bytes = Buffer.from(grant.bytes, 'base64url')
    const key = await enrolledKey()
    expect(key.keyId).toBe(grant.keyId)
    expect(grant.batch[grant.place]).toBe(createHash('sha256').update(bytes).digest('base64url'))
    expect(verifySignature(key.publicKey, Buffer.from(grantBatchText(grant.batch)), grant.signature)).toBe(true)
    const signed = JSON.parse(bytes.toString()) as Grant
    expect(signed).toMatchObject({ orderId: order.id, type: order.type, runnerId: runner.id, attempt: 1, lease })
    const { maxAttempts, expiresAt } = order
    expect(signed).toMatchObject({ v: 2, maxAttempts, lostClaims: 0, expiresAt: Date.parse(expiresAt ?? '') })
    expect(signed.notAfter - signed.issuedAt).toBe(world.timing.claimLeaseMs)
  })

  test('signs a batch once', async () => {
    const runner = await world.createRunner()
    for (let n = 0; n < 3; n += 1) await placeSelftest(world, runner.id)
    const { orders } = (await runner.call('POST', '/v1/runner/orders/claim-next?max=10')).body
    const grants = (orders as ClaimedOrder[]).map(({ grant }) => grant)
    expect(new Set(grants.map(({ signature }) => signature)).size).toBe(1)
    expect(grants.map(({ place, batch }) => [place, batch])).toEqual([0, 1, 2].map((at) => [at, grants[0]?.batch]))
  })

  test('with max gives a batch, never more than the runner may hold', async () => {
    const runner = await world.createRunner({ concurrency: 3 })
    for (let n = 0; n < 5; n += 1) await placeSelftest(world, runner.id)
    const batch = await runner.call('POST', '/v1/runner/orders/claim-next?max=10')
    expect(batch.body.orders).toHaveLength(3)
    expect((await runner.call('POST', '/v1/runner/orders/claim-next?max=10')).status).toBe(204)
  })

  test('waits for an order and is woken by it', async () => {
    const runner = await world.createRunner()
    const waiting = runner.call('POST', '/v1/runner/orders/claim-next?waitSec=50')
    await new Promise((resolve) => setTimeout(resolve, 50))
    const since = performance.now()
    const order = await placeSelftest(world, runner.id)
    expect((await waiting).body.id).toBe(order.id)
    expect(performance.now() - since).toBeLessThan(25_000)
  })

  test('answers 204 when the wait is over, and asks the store no more than at its begin and end', async () => {
    const runner = await world.createRunner()
    const { claimOrders } = world.store
    let asked = 0
    world.store.claimOrders = (wanted) => {
      asked += 1
      return claimOrders(wanted)
    }
    expect((await runner.call('POST', '/v1/runner/orders/claim-next?waitSec=0.2')).status).toBe(204)
    expect(asked).toBeLessThan(4)
  })

  test('a runner that is disabled while it waits gets nothing', async () => {
    const runner = await world.createRunner()
    const waiting = runner.call('POST', '/v1/runner/orders/claim-next?waitSec=10')
    await new Promise((resolve) => setTimeout(resolve, 50))
    await world.admin('PATCH', `/v1/runners/${runner.id}`, { body: { disabled: true } })
    expect((await waiting).status).toBe(403)
  })

  test('an order whose payload was edited in the database is withdrawn, not given', async () => {
    const runner = await world.createRunner({ scopes: ['check'] })
    const body = { type: 'check.tcp.run', runnerId: runner.id, payload: { host: 'localhost', port: 80 } }
    const { id } = (await world.admin('POST', '/v1/orders', { body })).body
    await world.editDatabase('update orders set payload = ? where id = ?', ['{"host":"elsewhere","port":80}', id])
    expect((await runner.call('POST', '/v1/runner/orders/claim-next')).status).toBe(204)
    expect((await world.admin('GET', `/v1/orders/${id}`)).body).toMatchObject({
      status: 'CANCELED',
      statusReason: 'seal_broken',
    })
    expect(await world.admin('POST', `/v1/orders/${id}/retry`)).toMatchObject({
      status: 409,
      body: { reason: 'seal_broken' },
    })
  })
})

describe('a claim whose answer was lost', () => {
  const next = '/v1/runner/orders/claim-next?max=4'

  test('is given again to the start of the runner that holds it, under its lease and its attempt', async () => {
    const runner = await enrolProven(world)
    const { id } = await placeSelftest(world, runner.id)
    const [first] = (await runner.call('POST', next)).body.orders as ClaimedOrder[]
    expect((await runner.call('POST', next)).status).toBe(204)
    world.time.now += 10_000
    const [again, ...more] = (await runner.call('POST', `${next}&again=true`)).body.orders as ClaimedOrder[]
    const leftMs = world.timing.claimLeaseMs - 10_000
    expect(again).toMatchObject({ id, attempt: 1, lease: first?.lease, claimLeaseSec: leftMs / 1000 })
    expect(more).toEqual([])
    const signed = JSON.parse(Buffer.from(again?.grant.bytes ?? '', 'base64url').toString()) as Grant
    expect(signed).toMatchObject({ attempt: 1, lease: first?.lease, notAfter: world.time.now + leftMs })
    const events = (await world.admin('GET', `/v1/orders/${id}/events`)).body.items
    expect(events.map(({ action }: { action: string }) => action)).toEqual(['order.placed', 'order.claimed'])
    const headers = { 'x-ikoma-lease': first?.lease ?? '' }
    expect((await runner.call('POST', `/v1/runner/orders/${id}/start`, { headers })).body.status).toBe('RUNNING')
    expect((await runner.call('POST', `${next}&again=true`)).status).toBe(204)
  })

  test('is given to nobody else, nor once it is over', async () => {
    const runner = await enrolProven(world)
    await placeSelftest(world, runner.id)
    await runner.call('POST', next)
    // A start after a crash: what the one before it began it does not know.
    const restarted = runner.at()
    world.time.now += 20_000
    await restarted('POST', `${next}&again=true`)
    world.time.now += 5_000
    expect((await restarted('POST', `${next}&again=true`)).status).not.toBe(200)
    world.time.now += world.timing.claimLeaseMs
    expect((await runner.call('POST', `${next}&again=true`)).status).not.toBe(200)
    const plain = await world.createRunner()
    await placeSelftest(world, plain.id)
    await plain.claim()
    expect((await plain.call('POST', `${next}&again=true`)).status).toBe(204)
  })
})

describe('reporting', () => {
  test('works without the lease header for the runner that holds the claim, as in the source document', async () => {
    const { order, at } = await running()
    expect((await at('heartbeat', {}, null)).body.status).toBe('RUNNING')
    expect((await at('complete', { body: done }, null)).body.status).toBe('SUCCEEDED')
    expect(await statusOf(order.id)).toBe('SUCCEEDED')
  })

  test('the same report again gets the same answer; another one is refused', async () => {
    const { order, at } = await running()
    const first = await at('complete', { body: done })
    const again = await at('complete', { body: done })
    expect([again.status, again.body]).toEqual([200, first.body])
    const other = await at('complete', { body: { report: { ok: false, summary: 'no' } } })
    expect([other.status, other.body.reason]).toEqual([409, 'already_completed'])
    expect(await statusOf(order.id)).toBe('SUCCEEDED')
  })

  test('a report after the order was taken back gets 409 and changes nothing', async () => {
    const { runner, order, at } = await running()
    world.time.now += world.timing.runLeaseMs + 1
    await world.reconcile()
    world.time.now += world.timing.staleGraceMs + 1
    await world.reconcile()
    world.time.now += world.timing.retry.capMs
    await world.store.releaseOrders(world.time.now, 10)
    const late = await at('complete', { body: done })
    expect([late.status, late.body.reason]).toEqual([409, 'lease_lost'])
    const second = await runner.claim()
    expect([second.id, second.attempt]).toEqual([order.id, 2])
    expect((await at('complete', { body: done })).status).toBe(409)
    expect(await statusOf(order.id)).toBe('CLAIMED')
  })

  test('a report under a lease that was taken back is told by the history of the order, once', async () => {
    const { runner, order, at } = await running()
    await silence()
    world.time.now += world.timing.retry.capMs
    await world.store.releaseOrders(world.time.now, 10)
    const second = await runner.claim()
    for (let n = 0; n < 3; n += 1) expect((await at('complete', { body: done })).status).toBe(409)
    expect((await at('complete', { body: done }, 'never-given')).status).toBe(409)
    const stranger = await world.createRunner()
    const headers = { 'x-ikoma-lease': second.lease }
    await stranger.call('POST', `/v1/runner/orders/${order.id}/complete`, { body: done, headers })
    const { items } = (await world.admin('GET', `/v1/orders/${order.id}/events`)).body
    const late = items.filter(({ action }: { action: string }) => action === 'order.reported_late')
    const told = { from: 'CLAIMED', to: 'CLAIMED', actor: `runner:${runner.id}`, reason: 'attempt 1 succeeded: done' }
    expect(late).toMatchObject([told])
    expect(await statusOf(order.id)).toBe('CLAIMED')
  })

  test('the real end of a `once` order settles it, however late the link lets it through', async () => {
    const { runner, order, at } = await onceRunning()
    await longSilence(order)
    expect(await statusOf(order.id)).toBe('NEEDS_ATTENTION')
    // It went on meanwhile, and asks whether it still may.
    expect((await at('heartbeat')).body).toMatchObject({ status: 'NEEDS_ATTENTION', cancelRequested: false })
    const late = await at('complete', { body: done })
    expect([late.status, late.body.status]).toEqual([200, 'SUCCEEDED'])
    expect((await at('complete', { body: done })).status).toBe(200)
    const shown = (await world.admin('GET', `/v1/orders/${order.id}`)).body
    expect(shown).toMatchObject({ status: 'SUCCEEDED', statusReason: null, attempt: 1, report: done.report })
    expect((await runner.call('POST', '/v1/runner/orders/claim-next')).status).toBe(204)
  })

  test('what may still run keeps its key and is told as silent; its runner takes it up again when the link is back', async () => {
    const more = { type: 'service.systemd.restart', payload: { name: 'gateway' }, timeoutSec: 3600, resourceKey: 'app' }
    const { runner, order, at } = await running(more)
    const other = await world.createRunner()
    const next = await placeSelftest(world, other.id, { resourceKey: 'app' })
    await silence()
    const stale = (await world.admin('GET', `/v1/orders/${order.id}`)).body
    expect(stale).toMatchObject({ status: 'STALE', statusReason: 'no_heartbeat', completedAt: null })
    const heldUntil = Date.parse(stale.startedAt) + 3_600_000 + overGraceMs(world.timing)
    expect(Date.parse(stale.heldUntil)).toBe(heldUntil)
    expect((await other.call('POST', '/v1/runner/orders/claim-next')).status, 'its key is held').toBe(204)
    expect((await at('heartbeat')).body).toMatchObject({ status: 'RUNNING' })
    expect((await world.admin('GET', `/v1/orders/${order.id}`)).body).toMatchObject({ heldUntil: null })
    expect((await at('complete', { body: done })).body.status).toBe('SUCCEEDED')
    expect((await other.claim()).id).toBe(next.id)
    expect((await runner.call('POST', '/v1/runner/orders/claim-next')).status).toBe(204)
  })

  test('a report that is not one is refused with the field, and the order goes on', async () => {
    const { order, at } = await running()
    const answer = await at('complete', { body: { report: { ok: 'yes' } } })
    expect(answer.status).toBe(400)
    const fields = answer.body.fields.map((problem: { field: string }) => problem.field)
    expect(fields).toEqual(['body/report/ok', 'body/report/summary'])
    expect(await statusOf(order.id)).toBe('RUNNING')
  })

  test.each([
    [{ ok: false, summary: 'x', retryable: false }, 'FAILED'],
    [{ ok: false, summary: 'x', outcome: 'timed_out', retryable: false }, 'TIMED_OUT'],
    [{ ok: false, summary: 'x', outcome: 'canceled' }, 'FAILED'],
    [
      {
        version: 'v1',
        ok: true,
        summary: 'x',
        startedAt: '2026-01-15T12:00:00Z',
        steps: [],
        artifacts: {},
        errors: [],
      },
      'SUCCEEDED',
    ],
  ])('%j ends it %s', async (report, status) => {
    const { order, at } = await running()
    expect((await at('complete', { body: { report } })).status).toBe(200)
    expect(await statusOf(order.id)).toBe(status)
  })
})

describe('settling', () => {
  const settle = (id: string, body: unknown) => world.admin('POST', `/v1/orders/${id}/settle`, { body })

  test('a person says how it ended, once, with a reason that stays; what the runner says then is kept beside', async () => {
    const { order, at } = await onceRunning()
    expect((await settle(order.id, { as: 'failed', reason: 'x' })).body.reason).toBe('not_in_doubt')
    await longSilence(order)
    const fields = (await settle(order.id, { as: 'perhaps' })).body.fields
    expect(fields.map(({ field }: { field: string }) => field)).toEqual(['body/as', 'body/reason'])
    const first = await settle(order.id, { as: 'failed', reason: 'the table is empty' })
    expect(first.body).toMatchObject({ status: 'FAILED', statusReason: 'settled' })
    expect((await settle(order.id, { as: 'failed', reason: 'again' })).body).toEqual(first.body)
    expect((await settle(order.id, { as: 'succeeded', reason: 'no' })).status).toBe(409)
    const late = await at('complete', { body: done })
    expect([late.status, late.body.status]).toEqual([200, 'FAILED'])
    const { report } = (await world.admin('GET', `/v1/orders/${order.id}`)).body
    expect(report).toMatchObject(done.report)
    const { items } = (await world.admin('GET', `/v1/orders/${order.id}/events`)).body
    expect(items.slice(-2)).toMatchObject([
      {
        action: 'order.settled',
        actor: 'admin-key',
        from: 'NEEDS_ATTENTION',
        to: 'FAILED',
        reason: 'the table is empty',
      },
      { action: 'order.reported_late', actor: `runner:${order.runnerId}`, reason: 'succeeded' },
    ])
    expect((await settle('019b0000-0000-7000-8000-000000000000', { as: 'failed', reason: 'x' })).status).toBe(404)
  })

  test('a person who has looked frees the key of a silent order; its runner is told to stop when it comes back', async () => {
    const { order, at, runner } = await onceRunning()
    await silence()
    const refused = await world.admin('DELETE', `/v1/runners/${runner.id}`)
    expect([refused.body.reason, refused.body.detail]).toEqual([
      'runner_has_live_orders',
      expect.stringContaining(`ikoma order settle`),
    ])
    const ended = await settle(order.id, { as: 'failed', reason: 'the machine is gone' })
    expect(ended.body).toMatchObject({ status: 'FAILED', statusReason: 'settled', heldUntil: null })
    expect((await at('heartbeat')).body.reason).toBe('already_ended')
    expect((await at('complete', { body: done })).body.status).toBe('FAILED')
    const { items } = (await world.admin('GET', `/v1/orders/${order.id}/events`)).body
    expect(items.slice(-2)).toMatchObject([
      { action: 'order.settled', from: 'STALE', to: 'FAILED', reason: 'the machine is gone' },
      { action: 'order.reported_late', from: 'FAILED', to: 'FAILED' },
    ])
    expect((await world.admin('DELETE', `/v1/runners/${runner.id}`)).status).toBe(204)
  })
})

describe('canceling', () => {
  test('a runner that waits on its heartbeat hears of it at once', async () => {
    const { order, at } = await running()
    const waiting = at('heartbeat?waitSec=20')
    await new Promise((resolve) => setTimeout(resolve, 50))
    const asked = await world.admin('POST', `/v1/orders/${order.id}/cancel`, { body: { reason: 'wrong server' } })
    expect(asked.body).toMatchObject({ status: 'RUNNING' })
    expect((await waiting).body.cancelRequested).toBe(true)
    const report = { ok: false, summary: 'stopped', outcome: 'canceled' }
    expect((await at('complete', { body: { report } })).body.status).toBe('CANCELED')
  })

  test('a claimed order that has not started ends at once, and its start is refused', async () => {
    const runner = await world.createRunner()
    const order = await placeSelftest(world, runner.id)
    const { lease } = await runner.claim()
    expect((await world.admin('POST', `/v1/orders/${order.id}/cancel`)).body.status).toBe('CANCELED')
    const headers = { 'x-ikoma-lease': lease }
    expect((await runner.call('POST', `/v1/runner/orders/${order.id}/start`, { headers })).status).toBe(409)
  })
})

describe('logs', () => {
  const chunk = (seq: number, text: string) => ({ seq, lines: [{ at: world.time.now, stream: 'stdout', text }] })

  test('are stored once each and read in order', async () => {
    const { order, at } = await running()
    await at('logs', { body: chunk(0, 'one') })
    await at('logs', { body: chunk(1, 'two') })
    await at('logs', { body: chunk(0, 'one') })
    const { body } = await world.admin('GET', `/v1/orders/${order.id}/logs`)
    expect(body.items.map((line: { text: string }) => line.text)).toEqual(['one', 'two'])
  })

  test('of a claim that is over are refused', async () => {
    const { at } = await running()
    expect((await at('logs', { body: chunk(0, 'x') }, 'another-lease')).status).toBe(409)
  })

  test('with a time that no calendar has are refused: nobody could read them', async () => {
    const { at } = await running()
    const line = { at: Number.MAX_SAFE_INTEGER, stream: 'stdout', text: 'x' }
    expect((await at('logs', { body: { seq: 0, lines: [line] } })).status).toBe(400)
  })

  test('of any length within the bound are streamed whole', async () => {
    const { order, at } = await running()
    const lines = Array.from({ length: 1000 }, (_, n) => ({ at: world.time.now, stream: 'stdout', text: `line ${n}` }))
    for (let seq = 0; seq < 50; seq += 1) await at('logs', { body: { seq, lines } })
    await at('complete', { body: done })
    const address = await world.app.listen({ port: 0, host: '127.0.0.1' })
    const headers = { 'x-ikoma-admin-key': 'an-admin-key-for-tests-only' }
    const response = await fetch(`${address}/v1/orders/${order.id}/logs?follow=1`, { headers })
    const text = await response.text()
    expect(text.match(/event: line/g)).toHaveLength(50_000)
    expect(text.trimEnd().split('\n').at(-1)).toContain('"status":"SUCCEEDED"')
  })

  test('follow streams lines and ends with the order', async () => {
    const { order, at } = await running()
    const address = await world.app.listen({ port: 0, host: '127.0.0.1' })
    const headers = { 'x-ikoma-admin-key': 'an-admin-key-for-tests-only' }
    const response = await fetch(`${address}/v1/orders/${order.id}/logs?follow=1`, { headers })
    await at('logs', { body: chunk(0, 'hello') })
    await at('complete', { body: done })
    const text = await response.text()
    expect(text).toContain('"text":"hello"')
    expect(text.match(/event: status/g)).toHaveLength(2)
    expect(text.trimEnd().split('\n').at(-1)).toContain('"status":"SUCCEEDED"')
  })
})

async function enrolledKey(): Promise<{ keyId: string; publicKey: string }> {
  const { token } = (await world.admin('POST', '/v1/enrolments')).body
  const key = newSigningKey()
  const body = { token, publicKey: key.publicKey, proof: key.sign(Buffer.from(`ikoma-runner-enrol\n${token}`)) }
  return (await world.call('POST', '/v1/runner/enrol', { body })).body.controlPlaneKey
}
