import { newId } from '@ikoma/kernel'
import { afterEach, beforeEach, describe, expect, test } from 'vitest'
import { placeSelftest, setup, type World } from '../testing/world.ts'

let world: World
beforeEach(async () => {
  world = await setup()
})
afterEach(() => world.close())

describe('placing', () => {
  test('answers 201 with the whole order and where it is', async () => {
    const runner = await world.createRunner()
    const body = { type: 'runner.selftest', runnerId: runner.id, priority: 5, labels: { app: 'web' }, timeoutSec: 30 }
    const answer = await world.admin('POST', '/v1/orders', { body })
    expect(answer.status).toBe(201)
    expect(answer.headers.location).toBe(`/v1/orders/${answer.body.id}`)
    expect(answer.body).toMatchObject({
      ...body,
      status: 'QUEUED',
      attempt: 0,
      payload: {},
      report: null,
      claimedAt: null,
    })
  })

  test('the same Idempotency-Key and body give the same answer, also after the order moved on', async () => {
    const runner = await world.createRunner()
    const request = { body: { type: 'runner.selftest', runnerId: runner.id }, headers: { 'idempotency-key': 'once' } }
    const first = await world.admin('POST', '/v1/orders', request)
    await runner.claim()
    const second = await world.admin('POST', '/v1/orders', request)
    expect([second.status, second.body]).toEqual([201, first.body])
    expect((await world.admin('GET', '/v1/orders')).body.items).toHaveLength(1)
  })

  test('the same Idempotency-Key with another body is refused', async () => {
    const runner = await world.createRunner()
    const headers = { 'idempotency-key': 'once' }
    const body = { type: 'runner.selftest', runnerId: runner.id }
    await world.admin('POST', '/v1/orders', { headers, body })
    const answer = await world.admin('POST', '/v1/orders', { headers, body: { ...body, priority: 1 } })
    expect([answer.status, answer.body.reason]).toEqual([422, 'idempotency_key_reused'])
  })

  test('fifty concurrent calls with one Idempotency-Key place one order', async () => {
    const runner = await world.createRunner()
    const request = { body: { type: 'runner.selftest', runnerId: runner.id }, headers: { 'idempotency-key': 'race' } }
    const answers = await Promise.all(Array.from({ length: 50 }, () => world.admin('POST', '/v1/orders', request)))
    expect(new Set(answers.map(({ body }) => body.id)).size).toBe(1)
  })

  test.each([
    [{ type: 'runner.selftest' }, 400, 'body/runnerId'],
    [{ type: 7, runnerId: newId() }, 400, 'body/type'],
    [{ type: 'runner.selftest', runnerId: 'x' }, 400, 'body/runnerId'],
    [{ type: 'runner.selftest', runnerId: newId(), payload: [] }, 400, 'body/payload'],
    [{ type: 'runner.selftest', runnerId: newId(), priority: 1e9 }, 400, 'body/priority'],
    [{ type: 'runner.selftest', runnerId: newId(), runAt: 'tomorrow' }, 400, 'body/runAt'],
    [{ type: 'no.such.type', runnerId: newId() }, 422, 'body/type'],
  ])('refuses %j with %i, naming %s', async (body, status, field) => {
    const answer = await world.admin('POST', '/v1/orders', { body })
    expect(answer.status).toBe(status)
    expect(answer.headers['content-type']).toContain('application/problem+json')
    expect(answer.body.fields.map((problem: { field: string }) => problem.field)).toContain(field)
    expect((await world.admin('GET', '/v1/orders')).body.items).toEqual([])
  })

  test('a payload is checked by its type, field by field', async () => {
    const runner = await world.createRunner({ scopes: ['check'] })
    const body = { type: 'check.tcp.run', runnerId: runner.id, payload: { host: '-x', port: 70_000, more: 1 } }
    const answer = await world.admin('POST', '/v1/orders', { body })
    expect([answer.status, answer.body.reason]).toEqual([400, 'payload_invalid'])
    const fields = answer.body.fields.map((problem: { field: string }) => problem.field)
    expect(fields).toEqual(['body/payload/host', 'body/payload/port', 'body/payload'])
  })

  test('a runner without the scope, a disabled runner and a server without a runner are refused', async () => {
    const runner = await world.createRunner({ scopes: ['platform.caddy'] })
    const server = (await world.admin('POST', '/v1/servers', { body: { name: 'web-1' } })).body
    const place = (target: Record<string, string>, type = 'runner.selftest') =>
      world.admin('POST', '/v1/orders', { body: { type, ...target } })
    expect((await place({ runnerId: runner.id }, 'system.facts.collect')).body.reason).toBe('scope_denied')
    expect((await place({ serverId: server.id })).body.reason).toBe('runner_not_attached')
    await world.admin('PATCH', `/v1/runners/${runner.id}`, { body: { disabled: true } })
    expect((await place({ runnerId: runner.id })).body.reason).toBe('runner_disabled')
    expect((await place({ runnerId: newId() })).status).toBe(404)
  })

  test('a dedupeKey allows one live order at a time', async () => {
    const runner = await world.createRunner()
    const first = await placeSelftest(world, runner.id, { dedupeKey: 'nightly' })
    const body = { type: 'runner.selftest', runnerId: runner.id, dedupeKey: 'nightly' }
    const second = await world.admin('POST', '/v1/orders', { body })
    expect([second.status, second.body.reason, second.body.orderId]).toEqual([409, 'duplicate_order', first.id])
    await world.admin('POST', `/v1/orders/${first.id}/cancel`)
    expect((await world.admin('POST', '/v1/orders', { body })).status).toBe(201)
  })
})

describe('listing', () => {
  test('pages through everything once, newest first, while new orders arrive', async () => {
    const runner = await world.createRunner()
    const placed = []
    for (let n = 0; n < 7; n += 1) placed.push((await placeSelftest(world, runner.id)).id)
    const seen = []
    let cursor = ''
    do {
      const { body } = await world.admin('GET', `/v1/orders?limit=3${cursor}`)
      seen.push(...body.items.map(({ id }: { id: string }) => id))
      cursor = body.next === null ? '' : `&cursor=${body.next}`
      await placeSelftest(world, runner.id)
    } while (cursor !== '')
    expect(seen).toEqual(placed.reverse())
  })

  test('filters by status, type, runner, label and time', async () => {
    const [a, b] = [await world.createRunner(), await world.createRunner()]
    const first = await placeSelftest(world, a.id, { labels: { app: 'web' } })
    world.time.now += 60_000
    const second = await placeSelftest(world, b.id)
    await world.admin('POST', `/v1/orders/${second.id}/cancel`)
    const ids = async (query: string) =>
      (await world.admin('GET', `/v1/orders?${query}`)).body.items.map(({ id }: { id: string }) => id)
    expect(await ids('status=CANCELED')).toEqual([second.id])
    expect(await ids('status=QUEUED,CANCELED')).toEqual([second.id, first.id])
    expect(await ids('type=runner.selftest')).toHaveLength(2)
    expect(await ids(`runnerId=${a.id}`)).toEqual([first.id])
    expect(await ids('label=app%3Dweb')).toEqual([first.id])
    expect(await ids(`since=${new Date(world.time.now).toISOString()}`)).toEqual([second.id])
  })

  test.each(['status=NOPE', 'limit=0', 'limit=1000', 'cursor=x', 'since=yesterday', 'runnerId=7', 'label=x'])(
    'refuses ?%s with 400',
    async (query) => {
      expect((await world.admin('GET', `/v1/orders?${query}`)).status).toBe(400)
    },
  )
})

describe('deciding', () => {
  const shell = (runnerId: string) => ({ type: 'shell.run', runnerId, payload: { argv: ['/bin/true'] } })

  test('a destructive order waits for approval, and is not claimed before', async () => {
    const runner = await world.createRunner({ scopes: ['shell'] })
    const placed = await world.admin('POST', '/v1/orders', { body: shell(runner.id) })
    expect(placed.body.status).toBe('PENDING_APPROVAL')
    expect((await runner.call('POST', '/v1/runner/orders/claim-next')).status).toBe(204)
    expect((await world.admin('POST', `/v1/orders/${placed.body.id}/approve`)).body.status).toBe('QUEUED')
    expect((await runner.claim()).id).toBe(placed.body.id)
  })

  test('whoever placed it with a token cannot approve it; somebody else can', async () => {
    const runner = await world.createRunner({ scopes: ['shell'] })
    const [ann, bob] = [await world.createToken('operator', 'ann'), await world.createToken('operator', 'bob')]
    const { body } = await ann.call('POST', '/v1/orders', { body: shell(runner.id) })
    const own = await ann.call('POST', `/v1/orders/${body.id}/approve`)
    expect([own.status, own.body.reason]).toEqual([403, 'own_order'])
    expect((await bob.call('POST', `/v1/orders/${body.id}/approve`)).body.status).toBe('QUEUED')
  })

  test('whoever wrote the schedule that placed it cannot approve it either', async () => {
    const runner = await world.createRunner({ scopes: ['shell'] })
    const [ann, bob] = [await world.createToken('operator', 'ann'), await world.createToken('operator', 'bob')]
    await ann.call('POST', '/v1/schedules', { body: { name: 'x', cron: '* * * * *', order: shell(runner.id) } })
    world.time.now += 60_000
    await world.runScheduler()
    const [order] = (await world.admin('GET', '/v1/orders')).body.items
    expect((await ann.call('POST', `/v1/orders/${order.id}/approve`)).status).toBe(403)
    expect((await bob.call('POST', `/v1/orders/${order.id}/approve`)).status).toBe(200)
  })

  test('a rejected order has ended, with the reason', async () => {
    const runner = await world.createRunner({ scopes: ['shell'] })
    const { body } = await world.admin('POST', '/v1/orders', { body: shell(runner.id) })
    const rejected = await world.admin('POST', `/v1/orders/${body.id}/reject`, { body: { reason: 'not today' } })
    expect(rejected.body).toMatchObject({ status: 'REJECTED', statusReason: 'not today' })
    const again = await world.admin('POST', `/v1/orders/${body.id}/approve`)
    expect([again.status, again.body.reason, again.body.currentStatus]).toEqual([409, 'invalid_status', 'REJECTED'])
  })

  test('retry places a new order that names the old one, once it has ended', async () => {
    const runner = await world.createRunner()
    const order = await placeSelftest(world, runner.id, { labels: { app: 'web' }, priority: 3 })
    expect((await world.admin('POST', `/v1/orders/${order.id}/retry`)).status).toBe(409)
    await world.admin('POST', `/v1/orders/${order.id}/cancel`)
    const retried = await world.admin('POST', `/v1/orders/${order.id}/retry`)
    expect(retried.status).toBe(201)
    expect(retried.body).toMatchObject({ retryOf: order.id, priority: 3, labels: { app: 'web' }, status: 'QUEUED' })
    expect(retried.body.id).not.toBe(order.id)
  })

  test('the key of one retry cannot stand for the retry of another order', async () => {
    const runner = await world.createRunner()
    const [one, two] = [await placeSelftest(world, runner.id), await placeSelftest(world, runner.id)]
    for (const { id } of [one, two]) await world.admin('POST', `/v1/orders/${id}/cancel`)
    const headers = { 'idempotency-key': 'again' }
    expect((await world.admin('POST', `/v1/orders/${one.id}/retry`, { headers })).status).toBe(201)
    expect((await world.admin('POST', `/v1/orders/${two.id}/retry`, { headers })).body.reason).toBe(
      'idempotency_key_reused',
    )
  })

  test('the events tell the story, in order', async () => {
    const runner = await world.createRunner()
    const order = await placeSelftest(world, runner.id)
    const claimed = await runner.claim()
    const headers = { 'x-ikoma-lease': claimed.lease }
    await runner.call('POST', `/v1/runner/orders/${order.id}/start`, { headers })
    await runner.call('POST', `/v1/runner/orders/${order.id}/complete`, {
      headers,
      body: { report: { ok: true, summary: 'done' } },
    })
    const { body } = await world.admin('GET', `/v1/orders/${order.id}/events`)
    const story = body.items.map((event: { action: string; actor: string }) => [event.action, event.actor])
    expect(story).toEqual([
      ['order.placed', 'admin-key'],
      ['order.claimed', `runner:${runner.id}`],
      ['order.started', `runner:${runner.id}`],
      ['order.succeeded', `runner:${runner.id}`],
    ])
  })
})

test.each(['disabled', 'gone'])(
  'an Idempotency-Key repeated after its runner is %s gets the first answer again',
  async (what) => {
    const runner = await world.createRunner()
    const body = { type: 'runner.selftest', runnerId: runner.id }
    const headers = { 'idempotency-key': 'once' }
    const first = await world.admin('POST', '/v1/orders', { body, headers })
    await world.admin('POST', `/v1/orders/${first.body.id}/cancel`)
    if (what === 'gone') await world.admin('DELETE', `/v1/runners/${runner.id}`)
    else await world.admin('PATCH', `/v1/runners/${runner.id}`, { body: { disabled: true } })
    const again = await world.admin('POST', '/v1/orders', { body, headers })
    expect([again.status, again.body.id]).toEqual([first.status, first.body.id])
    const other = { ...body, priority: 1 }
    const reused = await world.admin('POST', '/v1/orders', { body: other, headers })
    expect([reused.status, reused.body.reason]).toEqual([422, 'idempotency_key_reused'])
    const batch = await world.admin('POST', '/v1/orders/batch', { body: { orders: [body] }, headers })
    expect(batch.status).toBeLessThan(500)
  },
)
