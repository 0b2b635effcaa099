import type { OrderRecord } from '@ikoma/api'
import { afterEach, beforeEach, describe, expect, test } from 'vitest'
import { adminKey, placeSelftest, setup, type World } from '../testing/world.ts'

const headers = { 'x-ikoma-admin-key': adminKey }

let world: World
beforeEach(async () => {
  world = await setup()
})
afterEach(() => world.close())

async function endedOrder(more: Record<string, unknown> = {}): Promise<string> {
  const runner = await world.createRunner()
  const { id } = await placeSelftest(world, runner.id, more)
  await world.admin('POST', `/v1/orders/${id}/cancel`)
  return id
}

/** As large a log as an order may have. */
async function longOrder(): Promise<string> {
  const id = await endedOrder()
  const lines = [{ at: 1, stream: 'stdout' as const, text: 'x'.repeat(128 * 1024) }]
  const chunks = Array.from({ length: 30 }, (_, seq) => world.store.appendLog(id, { attempt: 1, seq, lines }, 1))
  await Promise.all(chunks)
  return id
}

const records = (text: string): OrderRecord[] =>
  text
    .split('\n')
    .slice(0, -1)
    .map((line) => JSON.parse(line))
const ids = (text: string) => records(text).map(({ id }) => id)

describe('an export', () => {
  test('holds ended orders, newest first, over many pages, with their events and logs', async () => {
    const ended: string[] = []
    for (let n = 0; n < 45; n += 1) ended.unshift(await endedOrder())
    await placeSelftest(world, (await world.createRunner()).id)
    const answer = await world.admin('GET', '/v1/orders/export')
    expect(answer.headers['content-type']).toBe('application/x-ndjson')
    expect(ids(answer.body)).toEqual(ended)
    const [first] = records(answer.body)
    const order = (await world.admin('GET', `/v1/orders/${first?.id}`)).body
    expect(first).toEqual({ ...order, events: first?.events, log: [] })
    expect(first?.events.map(({ action }) => action)).toEqual(['order.placed', 'order.canceled'])
  })

  test('takes the filters of a list', async () => {
    const old = await endedOrder()
    world.time.now += 1000
    const since = new Date(world.time.now).toISOString()
    const labelled = await endedOrder({ labels: { app: 'web' } })
    const exported = async (query: string) => ids((await world.admin('GET', `/v1/orders/export?${query}`)).body)
    expect(await exported(`since=${since}`)).toEqual([labelled])
    expect(await exported('label=app=web')).toEqual([labelled])
    expect(await exported('status=CANCELED,FAILED')).toEqual([labelled, old])
    expect(await exported('status=FAILED')).toEqual([])
    expect(await exported('type=shell.run')).toEqual([])
  })

  test.each(['status=RUNNING', 'status=CANCELED,QUEUED', 'since=yesterday', 'runnerId=x'])(
    'refuses %s',
    async (query) => {
      expect((await world.admin('GET', `/v1/orders/export?${query}`)).status).toBe(400)
    },
  )

  test('is refused with a problem when the store is away', async () => {
    await world.store.close()
    const answer = await world.admin('GET', '/v1/orders/export')
    expect([answer.status, answer.headers['content-type']]).toEqual([503, 'application/problem+json; charset=utf-8'])
  })
})

describe('an export over a socket', () => {
  beforeEach(async () => {
    for (let n = 0; n < 12; n += 1) await longOrder()
  })

  async function exporting() {
    const { listLog } = world.store
    const read = { pages: 0 }
    world.store.listLog = (...args) => {
      read.pages += 1
      return listLog(...args)
    }
    const address = await world.app.listen({ port: 0, host: '127.0.0.1' })
    const gone = new AbortController()
    const response = await fetch(`${address}/v1/orders/export`, { headers, signal: gone.signal })
    return { read, gone, response, address }
  }
  const settled = async (read: { pages: number }) => {
    for (let before = -1; before !== read.pages; ) {
      before = read.pages
      await new Promise((resolve) => setTimeout(resolve, 300))
    }
    return read.pages
  }
  /** Of twelve orders, thirty chunks each, four at a time. */
  const allPages = 12 * 8

  test('reads no further than its reader takes, and to the end when it is taken', async () => {
    const { read, response } = await exporting()
    expect(await settled(read)).toBeLessThan(allPages / 2)
    const text = await response.text()
    expect([read.pages, records(text).map(({ log }) => log.length)]).toEqual([allPages, Array(12).fill(30)])
  })

  test('stops when its reader has gone', async () => {
    const { read, response, gone } = await exporting()
    await response.body?.getReader().read()
    gone.abort()
    expect(await settled(read)).toBeLessThan(allPages / 2)
  })

  test('that cannot go on breaks off, so that nobody takes it for whole', async () => {
    const { response } = await exporting()
    world.store.listLog = () => Promise.reject(new Error('gone'))
    await expect(response.text()).rejects.toThrow()
  })

  test('is one of few at a time', async () => {
    const { address, gone, read } = await exporting()
    const more = () => fetch(`${address}/v1/orders/export`, { headers, signal: gone.signal })
    const statuses = (await Promise.all([more(), more(), more(), more()])).map(({ status }) => status)
    expect(statuses.toSorted()).toEqual([200, 200, 200, 503])
    gone.abort()
    await settled(read)
    expect((await world.admin('GET', '/v1/orders/export?type=none')).status).toBe(200)
    // fetch opens new connections for those it gave up, and a server that closes waits for their first request.
    world.app.server.closeAllConnections()
  })

  test('whose reader lost its access breaks off', async () => {
    const viewer = await world.createToken('viewer')
    for (let n = 0; n < 20; n += 1) await endedOrder()
    const address = await world.app.listen({ port: 0, host: '127.0.0.1' })
    const response = await fetch(`${address}/v1/orders/export`, {
      headers: { authorization: `Bearer ${viewer.token}` },
    })
    await world.admin('DELETE', `/v1/tokens/${viewer.id}`)
    await expect(response.text()).rejects.toThrow()
  })
})
