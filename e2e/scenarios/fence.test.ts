import type { ClaimedOrder } from '@ikoma/api'
import { describe, expect, type TestContext, test } from 'vitest'
import { type Dialect, dialects } from '../kit/database.ts'
import { newRawRunner } from '../kit/protocol.ts'
import { until } from '../kit/until.ts'
import { newWorld } from '../kit/world.ts'

const quick = { IKOMA_CLAIM_LEASE_SEC: '1', IKOMA_RUN_LEASE_SEC: '1', IKOMA_STALE_GRACE_SEC: '0.5' }

async function setup(dialect: Dialect, t: TestContext, env: Record<string, string> = {}) {
  const world = await newWorld(dialect, t)
  const server = await world.startServer({ ...quick, ...env })
  const { id: serverId } = await server.client.createServer({ name: 'web-1' })
  const first = await newRawRunner(server, { serverId })
  const { id } = await server.client.placeOrder({ type: 'runner.selftest', serverId })
  const claim = await first.claim()
  if (!claim) throw new Error('nothing to claim')
  return { world, server, serverId, first, id, claim }
}

/** The order as it is now, with everything that happened to it and its log. */
async function wholeOrder({ client }: Awaited<ReturnType<typeof setup>>['server'], id: string) {
  const [order, events, logs] = await Promise.all([
    client.getOrder(id),
    client.listOrderEvents(id),
    client.listOrderLogs(id),
  ])
  return { order, events, logs }
}

describe.each(dialects)('a claim that was taken back, on %s', (dialect) => {
  test.concurrent('cannot start, renew, log or complete any more, and changes nothing', async (t) => {
    const { server, serverId, first, id, claim } = await setup(dialect, t)
    expect((await first.start(claim)).status).toBe(200)
    const second = await newRawRunner(server, { serverId })
    const later: ClaimedOrder = await until('the order to be requeued', () => second.claim())
    expect(later).toMatchObject({ id, attempt: 2 })
    const { status } = await second.start(later)
    expect(status).toBe(200)
    const keepAlive = setInterval(() => void second.heartbeat(later), 300)
    t.onTestFinished(() => clearInterval(keepAlive))
    const before = await wholeOrder(server, id)

    const late = await Promise.all([
      first.start(claim),
      first.heartbeat(claim),
      first.log(claim, 'from the past'),
      first.complete(claim, 'too late'),
    ])

    // Detached from the server it may not even know that the order exists.
    expect(late.map((answer) => answer.status)).toEqual([404, 404, 404, 404])
    await server.client.attachRunner(serverId, first.id)
    const asMember = [await first.start(claim), await first.heartbeat(claim), await first.complete(claim, 'too late')]
    for (const answer of asMember) {
      expect(answer).toMatchObject({ status: 409, body: { reason: 'lease_lost', currentStatus: 'RUNNING' } })
    }
    const after = await wholeOrder(server, id)
    // What it said is kept beside the order, as evidence.
    const evidence = after.events.items.filter(({ action }) => action === 'order.reported_late')
    expect(evidence).toMatchObject([{ from: 'RUNNING', to: 'RUNNING', reason: 'attempt 1 succeeded: too late' }])
    after.events.items = after.events.items.filter(({ action }) => action !== 'order.reported_late')
    expect({ ...after, order: { ...after.order, heartbeatAt: null } }).toEqual({
      ...before,
      order: { ...before.order, heartbeatAt: null },
    })
    expect((await second.complete(later, 'done')).body).toMatchObject({ status: 'SUCCEEDED', attempt: 2 })
    expect((await first.complete(claim, 'too late')).status).toBe(409)
    expect((await server.client.getOrder(id)).report).toMatchObject({ summary: 'done' })
  })

  test.concurrent('is refused to the same runner under its older lease', async (t) => {
    const { first, claim } = await setup(dialect, t)
    const again = await until('the claim to expire', () => first.claim())
    expect(again).toMatchObject({ id: claim.id, attempt: 2, lostClaims: 1 })
    expect(await first.start(claim)).toMatchObject({ status: 409, body: { reason: 'lease_lost' } })
    expect((await first.start(again)).status).toBe(200)
    expect(await first.complete(claim)).toMatchObject({ status: 409 })
    expect((await first.complete(again)).body).toMatchObject({ status: 'SUCCEEDED' })
  })

  test.concurrent('still counts while nobody else has it: a late report ends a STALE order', async (t) => {
    const { world, server, first, id, claim } = await setup(dialect, t, { IKOMA_STALE_GRACE_SEC: '30' })
    await first.start(claim)
    await world.orderIs(server, id, 'STALE')

    const late = await first.complete(claim, 'late but first')

    expect(late).toMatchObject({ status: 200, body: { status: 'SUCCEEDED', attempt: 1 } })
    expect(await first.complete(claim, 'late but first')).toEqual(late)
    expect(await first.complete(claim, 'something else')).toMatchObject({
      status: 409,
      body: { reason: 'already_completed' },
    })
  })
})
