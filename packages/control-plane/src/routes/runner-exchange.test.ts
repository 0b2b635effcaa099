import type { ClaimedOrder } from '@ikoma/api'
import { afterEach, beforeEach, describe, expect, test } from 'vitest'
import { placeSelftest, setup, type World } from '../testing/world.ts'

let world: World
beforeEach(async () => {
  world = await setup()
})
afterEach(() => world.close())

const url = '/v1/runner/orders/exchange'
const report = { ok: true, summary: 'done' }

async function statusOf(id: string): Promise<string> {
  return (await world.admin('GET', `/v1/orders/${id}`)).body.status
}

async function runnerWith(orders: number, concurrency = 10) {
  const runner = await world.createRunner({ concurrency })
  const placed = await Promise.all(Array.from({ length: orders }, () => placeSelftest(world, runner.id)))
  return { runner, placed, exchange: (body: Record<string, unknown> = {}) => runner.call('POST', url, { body }) }
}

const hold = ({ id, lease }: ClaimedOrder) => ({ id, lease })

describe('an exchange', () => {
  test('takes orders through their whole life, three requests for any number of them', async () => {
    const { placed, exchange } = await runnerWith(5)
    const claimed = (await exchange({ max: 5 })).body.orders as ClaimedOrder[]
    expect(claimed.map(({ id }) => id).sort()).toEqual(placed.map(({ id }) => id).sort())
    const started = await exchange({ start: claimed.map(hold), max: 0 })
    expect(started.body.started).toMatchObject(claimed.map(({ id }) => ({ id, status: 'RUNNING' })))
    const completed = await exchange({ complete: claimed.map((each) => ({ ...hold(each), report })), max: 0 })
    expect(completed.body.completed).toMatchObject(claimed.map(({ id }) => ({ id, status: 'SUCCEEDED' })))
    for (const { id } of placed) expect(await statusOf(id)).toBe('SUCCEEDED')
  })

  test('claims in the place that a completion of the same request has freed', async () => {
    const { exchange } = await runnerWith(2, 1)
    const [first] = (await exchange({ max: 5 })).body.orders as [ClaimedOrder]
    await exchange({ start: [hold(first)], max: 0 })
    const { body } = await exchange({ complete: [{ ...hold(first), report }], max: 5 })
    expect(body.completed).toMatchObject([{ id: first.id, status: 'SUCCEEDED' }])
    expect(body.orders).toHaveLength(1)
    expect(body.orders[0].grant.signature).toMatch(/^[\w-]{86}$/)
  })

  test('gives each item its own outcome', async () => {
    const { exchange } = await runnerWith(2)
    const [first, second] = (await exchange({ max: 2 })).body.orders as [ClaimedOrder, ClaimedOrder]
    const { body } = await exchange({
      start: [hold(first), { id: second.id, lease: 'another' }, { id: crypto.randomUUID(), lease: 'x' }],
      complete: [{ ...hold(second), report }],
      max: 0,
    })
    expect(body.started).toMatchObject([
      { id: first.id, status: 'RUNNING' },
      { id: second.id, problem: { status: 409, reason: 'lease_lost' } },
      { problem: { status: 404, reason: 'order_not_found' } },
    ])
    expect(body.completed).toMatchObject([{ problem: { status: 409, reason: 'invalid_status' } }])
  })

  test('sent again answers the same, and another report under the same lease is refused', async () => {
    const { exchange } = await runnerWith(1)
    const [claimed] = (await exchange()).body.orders as [ClaimedOrder]
    await exchange({ start: [hold(claimed)], max: 0 })
    const complete = [{ ...hold(claimed), report }]
    const first = await exchange({ complete, max: 0 })
    expect((await exchange({ complete, max: 0 })).body.completed).toEqual(first.body.completed)
    const other = await exchange({ complete: [{ ...hold(claimed), report: { ok: false, summary: 'no' } }], max: 0 })
    expect(other.body.completed).toMatchObject([{ problem: { status: 409, reason: 'already_completed' } }])
  })

  test('shows another runner nothing of an order, and changes nothing', async () => {
    const { exchange } = await runnerWith(1)
    const [claimed] = (await exchange()).body.orders as [ClaimedOrder]
    const stranger = await runnerWith(0)
    const { body } = await stranger.exchange({ start: [hold(claimed)], complete: [{ ...hold(claimed), report }] })
    const hidden = { id: claimed.id, problem: { status: 404, reason: 'order_not_found' } }
    expect(body).toMatchObject({ started: [hidden], completed: [hidden], orders: [] })
    expect(await statusOf(claimed.id)).toBe('CLAIMED')
  })

  test('waits for an order only when it brings nothing', async () => {
    const { runner, exchange } = await runnerWith(1)
    const [claimed] = (await exchange()).body.orders as [ClaimedOrder]
    const since = performance.now()
    await exchange({ start: [hold(claimed)], waitSec: 30 })
    expect(performance.now() - since).toBeLessThan(20_000)
    const waiting = exchange({ waitSec: 30 })
    await new Promise((resolve) => setTimeout(resolve, 50))
    const order = await placeSelftest(world, runner.id)
    expect((await waiting).body.orders).toMatchObject([{ id: order.id }])
  })

  test('names the field of what is malformed, and does nothing of the rest', async () => {
    const { exchange } = await runnerWith(1)
    const [claimed] = (await exchange()).body.orders as [ClaimedOrder]
    const answer = await exchange({ start: [hold(claimed), { id: claimed.id }] })
    expect([answer.status, answer.body.fields]).toMatchObject([400, [{ field: 'body/start/1/lease' }]])
    expect(await statusOf(claimed.id)).toBe('CLAIMED')
  })
})
