import { afterEach, beforeEach, describe, expect, test } from 'vitest'
import { setup, type World } from '../testing/world.ts'

let world: World
beforeEach(async () => {
  world = await setup()
})
afterEach(() => world.close())

const post = (orders: unknown[], headers: Record<string, string> = {}) =>
  world.admin('POST', '/v1/orders/batch', { body: { orders }, headers })

describe('a batch of orders', () => {
  test('is placed in its order, each order like one placed by itself', async () => {
    const { id: runnerId } = await world.createRunner()
    const answer = await post([1, 2, 3].map((priority) => ({ type: 'runner.selftest', runnerId, priority })))
    expect(answer.status).toBe(200)
    expect(answer.body.items).toMatchObject([1, 2, 3].map((priority) => ({ order: { status: 'QUEUED', priority } })))
    const { id } = answer.body.items[1].order
    const { payload, report, ...order } = (await world.admin('GET', `/v1/orders/${id}`)).body
    expect([payload, report]).toEqual([{}, null])
    expect(answer.body.items[1].order).toEqual({ ...order, outcome: null, summary: null })
  })

  test('tells what one order runs into in its place, and places its neighbours', async () => {
    const { id: runnerId } = await world.createRunner({ scopes: ['check', 'runner.selftest'] })
    const good = { type: 'runner.selftest', runnerId }
    const { body } = await post([
      good,
      { type: 'no.such.type', runnerId },
      { type: 'check.tcp.run', runnerId, payload: { host: 'localhost', port: 0 } },
      { ...good, runnerId: crypto.randomUUID() },
      { ...good, dedupeKey: 'one' },
      { ...good, dedupeKey: 'one' },
    ])
    expect(body.items).toMatchObject([
      { order: { status: 'QUEUED' } },
      { problem: { status: 422, reason: 'order_type_unknown', fields: [{ field: 'body/orders/1/type' }] } },
      { problem: { status: 400, fields: [{ field: 'body/orders/2/payload/port' }] } },
      { problem: { status: 404, reason: 'runner_not_found' } },
      { order: { status: 'QUEUED', dedupeKey: 'one' } },
      { problem: { status: 409, reason: 'duplicate_order', orderId: expect.any(String) } },
    ])
    expect((await world.admin('GET', '/v1/orders')).body.items).toHaveLength(2)
  })

  test('sent again under its Idempotency-Key gives the first answers; with another order only that one is refused', async () => {
    const { id: runnerId } = await world.createRunner()
    const orders = [1, 2].map((priority) => ({ type: 'runner.selftest', runnerId, priority }))
    const first = await post(orders, { 'idempotency-key': 'nightly' })
    expect((await post(orders, { 'idempotency-key': 'nightly' })).body).toEqual(first.body)
    const changed = await post([orders[0], { ...orders[1], priority: 9 }], { 'idempotency-key': 'nightly' })
    expect(changed.body.items).toMatchObject([
      first.body.items[0],
      { problem: { status: 422, reason: 'idempotency_key_reused' } },
    ])
    expect((await world.admin('GET', '/v1/orders')).body.items).toHaveLength(2)
  })

  test('that is malformed is refused whole, naming the field', async () => {
    const { id: runnerId } = await world.createRunner()
    const answer = await post([{ type: 'runner.selftest', runnerId }, { type: 'runner.selftest' }])
    expect([answer.status, answer.body.fields]).toMatchObject([400, [{ field: 'body/orders/1/runnerId' }]])
    const tooMany = await post(Array.from({ length: 101 }, () => ({ type: 'runner.selftest', runnerId })))
    expect([tooMany.status, tooMany.body.fields]).toMatchObject([400, [{ field: 'body/orders' }]])
    expect((await world.admin('GET', '/v1/orders')).body.items).toEqual([])
  })
})
