import { once } from 'node:events'
import { type IncomingMessage, request as requestHttp } from 'node:http'
import { newId } from '@ikoma/kernel'
import { afterEach, beforeEach, describe, expect, test } from 'vitest'
import { placeSelftest, setup, type World } from './testing/world.ts'

let world: World
let address = ''
beforeEach(async () => {
  world = await setup()
  address = await world.app.listen({ host: '127.0.0.1', port: 0 })
})
afterEach(() => world.close())

const adminHeaders = { 'x-ikoma-admin-key': 'an-admin-key-for-tests-only' }
const bearer = (token: string) => ({ authorization: `Bearer ${token}` })

interface Listener {
  status: number
  text(): string
  said(pattern: RegExp): Promise<void>
  ended: Promise<void>
  leave(): void
}

/** A reader with a socket of its own. */
async function listen(path: string, headers: Record<string, string>, method = 'GET'): Promise<Listener> {
  const asked = requestHttp(new URL(path, address), { method, headers, agent: false })
  asked.on('error', () => {}).end()
  const [answer] = (await once(asked, 'response')) as [IncomingMessage]
  let text = ''
  const ended = new Promise<void>((resolve) => answer.once('close', resolve))
  answer
    .on('error', () => {})
    .on('data', (bytes) => {
      text += bytes
    })
  return {
    status: answer.statusCode ?? 0,
    text: () => text,
    async said(pattern) {
      while (!pattern.test(text)) await Promise.race([once(answer, 'data'), ended.then(() => Promise.reject(text))])
    },
    ended,
    leave: () => asked.destroy(),
  }
}

/** A token that ends `ms` from now by the clock of the world. */
async function tokenThatEndsIn(ms: number) {
  const { token } = (
    await world.admin('POST', '/v1/tokens', { body: { name: newId(), role: 'viewer', expiresInDays: 1 } })
  ).body
  world.time.now += 86_400_000 - ms
  return bearer(token)
}

async function longAnswers() {
  const runner = await world.createRunner()
  const order = await placeSelftest(world, runner.id)
  return { runner, stream: '/v1/stream?after=0', logs: `/v1/orders/${order.id}/logs?follow=1` }
}

describe.each(['stream', 'logs'] as const)('%s', (kind) => {
  const beginning = /event: /

  test('ends when its token is revoked', async () => {
    const path = (await longAnswers())[kind]
    const { id, token } = await world.createToken('viewer')
    const listener = await listen(path, bearer(token))
    await listener.said(beginning)
    await world.admin('DELETE', `/v1/tokens/${id}`)
    await listener.ended
    expect(listener.text()).not.toContain('token.revoked')
  })

  test('ends when its token expires', async () => {
    const path = (await longAnswers())[kind]
    const listener = await listen(path, await tokenThatEndsIn(100))
    await listener.said(beginning)
    world.time.now += 101
    await listener.ended
  })

  test('goes on for others when a token is revoked', async () => {
    const path = (await longAnswers())[kind]
    const [kept, gone] = [await world.createToken('viewer', 'kept'), await world.createToken('viewer', 'gone')]
    const listener = await listen(path, bearer(kept.token))
    await listener.said(beginning)
    await world.admin('DELETE', `/v1/tokens/${gone.id}`)
    const [order] = (await world.admin('GET', '/v1/orders')).body.items
    await world.admin('POST', `/v1/orders/${order.id}/cancel`, { body: {} })
    await listener.said(/CANCELED|order\.canceled/)
  })

  test('one credential cannot take every place, and a place is free again once its reader is gone', async () => {
    const path = (await longAnswers())[kind]
    const [greedy, other] = [await world.createToken('viewer', 'greedy'), await world.createToken('viewer', 'other')]
    const listeners = await Promise.all(Array.from({ length: 50 }, () => listen(path, bearer(greedy.token))))
    expect(new Set(listeners.map(({ status }) => status))).toEqual(new Set([200]))
    expect((await listen(path, bearer(greedy.token))).status).toBe(503)
    expect((await listen(path, bearer(other.token))).status).toBe(200)
    expect((await listen(path, adminHeaders)).status).toBe(200)
    listeners[0]?.leave()
    let again: Listener
    do again = await listen(path, bearer(greedy.token))
    while (again.status === 503)
    expect(again.status).toBe(200)
  })
})

test('the stream resumes after Last-Event-ID, each event once', async () => {
  await longAnswers()
  const first = await listen('/v1/stream?after=0', adminHeaders)
  await first.said(/event: order\.placed\n.*\n\n/)
  first.leave()
  const ids = [...first.text().matchAll(/^id: (\d+)$/gm)].map(([, id]) => Number(id))
  await world.createRunner()
  const second = await listen('/v1/stream?after=0', { ...adminHeaders, 'last-event-id': String(ids.at(-1)) })
  await second.said(/event: runner\.created\n.*\n\n/)
  const resumed = [...second.text().matchAll(/^id: (\d+)$/gm)].map(([, id]) => Number(id))
  expect(ids).toEqual(ids.map((_, index) => index + 1))
  expect(resumed).toEqual([(ids.at(-1) ?? 0) + 1])
})

test('an export ends when its token is revoked, half way', async () => {
  const runner = await world.createRunner()
  for (let n = 0; n < 45; n += 1) {
    const { id } = await placeSelftest(world, runner.id)
    await world.admin('POST', `/v1/orders/${id}/cancel`, { body: {} })
  }
  const { id, token } = await world.createToken('viewer')
  const { listOrders } = world.store
  let pages = 0
  world.store.listOrders = async (filter, page) => {
    pages += 1
    if (pages === 2) await world.admin('DELETE', `/v1/tokens/${id}`)
    return listOrders(filter, page)
  }
  const reader = await listen('/v1/orders/export', bearer(token))
  await reader.ended
  expect(reader.text().split('\n').length).toBeLessThan(45)
  expect(pages).toBe(2)
})

test('an export is nobody’s alone', async () => {
  const runner = await world.createRunner()
  const { id } = await placeSelftest(world, runner.id)
  await world.admin('POST', `/v1/orders/${id}/cancel`, { body: {} })
  const [greedy, other] = [await world.createToken('viewer', 'greedy'), await world.createToken('viewer', 'other')]
  // They take as long as the store does.
  let answer = () => {}
  const held = new Promise<void>((resolve) => {
    answer = resolve
  })
  const { listOrders } = world.store
  let begun = 0
  world.store.listOrders = (filter, page) => {
    begun += 1
    return held.then(() => listOrders(filter, page))
  }
  const open = Array.from({ length: 4 }, () => listen('/v1/orders/export', bearer(greedy.token)))
  while (begun < 4) await new Promise((resolve) => setTimeout(resolve, 5))
  expect((await world.call('GET', '/v1/orders/export', { headers: bearer(greedy.token) })).status).toBe(503)
  const others = listen('/v1/orders/export', bearer(other.token))
  answer()
  expect((await Promise.all([...open, others])).map(({ status }) => status)).toEqual([200, 200, 200, 200, 200])
})

describe('a runner that waits', () => {
  async function running() {
    const runner = await world.createRunner({ scopes: ['runner', 'check'] })
    await placeSelftest(world, runner.id)
    const claimed = await runner.claim()
    const lease = { 'x-ikoma-lease': claimed.lease }
    await runner.call('POST', `/v1/runner/orders/${claimed.id}/start`, { headers: lease })
    const beat = () => runner.call('POST', `/v1/runner/orders/${claimed.id}/heartbeat?waitSec=60`, { headers: lease })
    return { runner, beat }
  }

  test('with a heartbeat hears that it was disabled', async () => {
    const { runner, beat } = await running()
    const parked = beat()
    await new Promise((resolve) => setTimeout(resolve, 50))
    await world.admin('PATCH', `/v1/runners/${runner.id}`, { body: { disabled: true } })
    const answer = await parked
    expect([answer.status, answer.body.reason]).toEqual([403, 'runner_disabled'])
  })

  test.each(['heartbeat', 'claim'] as const)(
    'with a %s hears that its token was replaced, when the overlap ends',
    async (kind) => {
      const { runner, beat } = await running()
      await world.admin('POST', `/v1/runners/${runner.id}/rotate-token`, { body: { overlapSec: 60 } })
      world.time.now += 59_900
      const parked = kind === 'heartbeat' ? beat() : runner.call('POST', '/v1/runner/orders/claim-next?waitSec=60')
      await new Promise((resolve) => setTimeout(resolve, 30))
      world.time.now += 101
      expect((await parked).status).toBe(401)
    },
  )

  test('claims nothing that it may no longer, taken away before it asks', async () => {
    const runner = await world.createRunner({ scopes: ['system'] })
    const body = { type: 'system.facts.collect', runnerId: runner.id }
    expect((await world.admin('POST', '/v1/orders', { body })).status).toBe(201)
    await world.admin('PATCH', `/v1/runners/${runner.id}`, { body: { scopes: ['check'] } })
    expect((await runner.call('POST', '/v1/runner/orders/claim-next')).status).toBe(204)
    await world.admin('PATCH', `/v1/runners/${runner.id}`, { body: { scopes: ['system'] } })
    expect((await runner.call('POST', '/v1/runner/orders/claim-next')).status).toBe(200)
  })

  test('claims nothing that it may no longer, taken away while it waits', async () => {
    const [runner, holder] = [
      await world.createRunner({ scopes: ['system'] }),
      await world.createRunner({ scopes: ['system'] }),
    ]
    const parked = runner.call('POST', '/v1/runner/orders/claim-next?waitSec=1')
    await new Promise((resolve) => setTimeout(resolve, 50))
    await world.admin('PATCH', `/v1/runners/${runner.id}`, { body: { scopes: ['check'] } })
    const body = { type: 'system.facts.collect', scope: 'system' }
    expect((await world.admin('POST', '/v1/orders', { body })).status).toBe(201)
    expect((await parked).status).toBe(204)
    expect((await holder.call('POST', '/v1/runner/orders/claim-next')).status).toBe(200)
  })

  test('cannot take every place', async () => {
    const [greedy, other] = [await world.createRunner(), await world.createRunner()]
    const ask = (waitSec: number) => greedy.call('POST', `/v1/runner/orders/claim-next?waitSec=${waitSec}`)
    const parked = Array.from({ length: 256 }, () => ask(60))
    while ((await ask(60)).status !== 503) parked.push(ask(0))
    expect((await ask(0)).status).toBe(204)
    const waits = other.call('POST', '/v1/runner/orders/claim-next?waitSec=60')
    await placeSelftest(world, other.id)
    expect((await waits).status).toBe(200)
    await world.admin('PATCH', `/v1/runners/${greedy.id}`, { body: { disabled: true } })
    await Promise.all(parked)
  })
})

test('an API token is good until it expires, and not a moment longer', async () => {
  const headers = await tokenThatEndsIn(1)
  expect((await world.call('GET', '/v1/orders', { headers })).status).toBe(200)
  world.time.now += 1
  expect((await world.call('GET', '/v1/orders', { headers })).status).toBe(401)
})

test('HEAD of every route is answered at once', async () => {
  const { logs } = await longAnswers()
  const paths = world.app.routeAccess
    .filter(({ method, url }) => method === 'GET' && !url.includes('*') && !url.startsWith('/docs'))
    .map(({ url }) => url.replace(':id', newId()))
  let walked = false
  world.store.listAudit = async () => {
    walked = true
    return []
  }
  for (const path of [...paths, logs, '/v1/stream?after=0']) {
    const { status, ended, text } = await listen(path, adminHeaders, 'HEAD')
    await ended
    expect([path, text(), [200, 404].includes(status)]).toEqual([path, '', true])
    if (!path.includes('-')) expect([path, status]).toEqual([path, 200])
  }
  // The list of the audit alone reads it.
  expect(walked).toBe(true)
})
