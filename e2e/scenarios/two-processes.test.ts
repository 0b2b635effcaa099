import { join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import { describe, expect, type TestContext, test } from 'vitest'
import { newRawRunner, type RawRunner } from '../kit/protocol.ts'
import { type ControlPlane, newWorld } from '../kit/world.ts'

const orderCount = 400
const claimerCount = 200

async function setup(t: TestContext) {
  const world = await newWorld('postgres', t)
  // Two that share a database share the keys, wherever their own data is.
  const env = { IKOMA_KEYS_DIR: join(world.folder, 'keys'), IKOMA_CLAIM_LEASE_SEC: '60', IKOMA_RUN_LEASE_SEC: '60' }
  const [one, two] = [await world.startServer(env), await world.startServer(env)]
  return { world, one, two, env }
}

async function inBatches<T>(count: number, size: number, work: (index: number) => Promise<T>): Promise<T[]> {
  const results: T[] = []
  for (let from = 0; from < count; from += size) {
    const batch = Array.from({ length: Math.min(size, count - from) }, (_, index) => work(from + index))
    results.push(...(await Promise.all(batch)))
  }
  return results
}

interface Taken {
  id: string
  attempt: number
  by: string
}

/** Takes and ends orders until a look finds none, now at one process, now at the other. */
async function work(runner: RawRunner, urls: readonly string[], taken: Taken[]): Promise<void> {
  for (let turn = 0; ; turn++) {
    const here = runner.at(urls[turn % urls.length] ?? '')
    const order = await here.claim()
    if (!order) return
    taken.push({ id: order.id, attempt: order.attempt, by: runner.id })
    const elsewhere = runner.at(urls[(turn + 1) % urls.length] ?? '')
    const answers = [await elsewhere.start(order), await here.complete(order)]
    if (answers.some(({ status }) => status !== 200)) throw new Error(JSON.stringify(answers))
  }
}

describe('two processes on one PostgreSQL', () => {
  test('give each order to one of 200 runners, and each ends once', async (t) => {
    const { one, two } = await setup(t)
    const runners = await inBatches(claimerCount, 50, () => newRawRunner(one, { scopes: ['pool'] }))
    const placed = await inBatches(orderCount, 50, (index) =>
      (index % 2 ? one : two).client.placeOrder({ type: 'runner.selftest', scope: 'pool' }),
    )
    const taken: Taken[] = []

    await Promise.all(
      runners.map((runner, index) => work(runner, index % 2 ? [one.url, two.url] : [two.url, one.url], taken)),
    )

    expect(taken).toHaveLength(orderCount)
    expect(new Set(taken.map(({ id }) => id))).toEqual(new Set(placed.map(({ id }) => id)))
    expect(taken.filter(({ attempt }) => attempt !== 1)).toEqual([])
    expect(new Set(taken.map(({ by }) => by)).size, 'the work is shared').toBeGreaterThan(20)
    for (const action of ['order.claimed', 'order.started', 'order.succeeded']) {
      expect(await countAudit(one, action), action).toBe(orderCount)
    }
    expect(await two.client.verifyAudit()).toMatchObject({ ok: true, fault: null })
  })

  test('wake each other’s parked runners', async (t) => {
    const { one, two } = await setup(t)
    const latencies: number[] = []
    for (const [parkedAt, placedAt] of [
      [one, two],
      [two, one],
      [one, two],
      [two, one],
    ] as const) {
      const runner = await newRawRunner(placedAt)
      const claim = runner.at(parkedAt.url).claim(20)
      await sleep(700)
      const since = performance.now()
      const { id } = await placedAt.client.placeOrder({ type: 'runner.selftest', runnerId: runner.id })
      expect(await claim).toMatchObject({ id })
      latencies.push(performance.now() - since)
    }
    expect(Math.max(...latencies)).toBeLessThan(1_000)
  })

  test('carry a cancel to a runner that is held open at the other', async (t) => {
    const { one, two } = await setup(t)
    const runner = await newRawRunner(one)
    const { id } = await one.client.placeOrder({ type: 'runner.selftest', runnerId: runner.id })
    const order = await runner.claim()
    if (!order) throw new Error('nothing to claim')
    await runner.start(order)
    const renewal = runner.parkedHeartbeat(order, 20)
    await sleep(500)
    const since = performance.now()
    await two.client.cancelOrder(id)
    expect((await renewal).body).toMatchObject({ cancelRequested: true })
    expect(performance.now() - since).toBeLessThan(1_000)
  })

  test('serve on when one of them is killed, and its runners move over', async (t) => {
    const { world, one, two } = await setup(t)
    const runner = await newRawRunner(one)
    const { id } = await one.client.placeOrder({ type: 'runner.selftest', runnerId: runner.id })
    const order = await runner.claim()
    if (!order) throw new Error('nothing to claim')
    await one.end('SIGKILL')
    const survivor = runner.at(two.url)
    expect((await survivor.start(order)).status).toBe(200)
    expect((await survivor.complete(order)).body).toMatchObject({ status: 'SUCCEEDED' })
    expect(await world.orderIs(two, id, 'SUCCEEDED')).toMatchObject({ attempt: 1 })
  })
})

async function countAudit({ client }: ControlPlane, action: string): Promise<number> {
  let count = 0
  let cursor: string | null = null
  do {
    const page: { items: unknown[]; next: string | null } = await client.listAudit({
      action,
      limit: 200,
      ...(cursor === null ? {} : { cursor }),
    })
    count += page.items.length
    cursor = page.next
  } while (cursor !== null)
  return count
}
