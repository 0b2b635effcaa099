import { runnerIdHeader, runnerTokenHeader } from '@ikoma/api'
import { describe, expect, test } from 'vitest'
import { adminKey, type ControlPlane, newWorld, type World } from '../kit/world.ts'
import { ask, hear, type Question } from './ask.ts'
import { bareNginx, readmeCaddy, readmeNginx } from './proxies.ts'

const admin = { 'x-ikoma-admin-key': adminKey }

interface Front {
  start(world: World, upstream: ControlPlane): Promise<string>
  env: Record<string, string>
}

/** As the README says, and as somebody in a hurry does. */
const asReadme = { TRUST_PROXY: 'loopback', METRICS_TOKEN: 'a-metrics-token-for-tests' }
const fronts: Record<string, Front> = {
  'nginx with nothing but proxy_pass': { start: bareNginx, env: {} },
  'nginx as in the README': { start: readmeNginx, env: asReadme },
  'Caddy as in the README': { start: readmeCaddy, env: asReadme },
  'Caddy as in the README, and nothing else': { start: readmeCaddy, env: {} },
}

async function many(count: number, question: () => Promise<{ status: number }>): Promise<number[]> {
  const statuses: number[] = []
  while (statuses.length < count) {
    const batch = await Promise.all(Array.from({ length: Math.min(25, count - statuses.length) }, question))
    statuses.push(...batch.map(({ status }) => status))
  }
  return statuses
}

describe.each(Object.entries(fronts))('behind %s', (_, { start, env }) => {
  test('strangers get nothing, cost others nothing by failing, and a log is live', async (t) => {
    const world = await newWorld('sqlite', t)
    const controlPlane = await world.startServer(env)
    const url = await start(world, controlPlane)
    const through = (path: string, question?: Question) => ask(url, path, question)
    const { id, token } = await controlPlane.client.createRunner({ name: 'web-1', scopes: ['runner'] })
    const heartbeat = (text: string) => ({
      method: 'POST',
      headers: { [runnerIdHeader]: id, [runnerTokenHeader]: text },
      body: { status: 'ONLINE' },
    })

    for (const path of ['/metrics', '/metrics/', '//metrics', '/%6detrics', '/./metrics', '/metrics?x=/']) {
      expect([path, (await through(path)).text]).not.toEqual([path, expect.stringContaining('ikoma_orders')])
    }

    const wrong = await many(30, () => through('/v1/orders', { headers: { 'x-ikoma-admin-key': 'guess' } }))
    expect(new Set(wrong)).toEqual(new Set([401, 429]))
    expect((await through('/v1/orders', { headers: admin })).status).toBe(200)
    expect((await ask(controlPlane.url, '/v1/orders', { headers: admin })).status).toBe(200)

    await many(30, () => through('/v1/runner/heartbeat', heartbeat('iko_run_wrong')))
    expect((await through('/v1/runner/heartbeat', heartbeat(token))).status).toBe(200)

    const probes = await many(700, () => through('/readyz'))
    expect(probes.filter((status) => status !== 200)).toEqual([])

    const order = await controlPlane.client.placeOrder({ type: 'runner.selftest', runnerId: id })
    const heard = await hear(url, `/v1/orders/${order.id}/logs?follow=1`, admin, /event: status/)
    expect(heard).toContain('"QUEUED"')
  })
})

test('a process of this machine cannot name an address of its own', async (t) => {
  const world = await newWorld('sqlite', t)
  const { url } = await world.startServer({ IKOMA_PUBLIC_RATE_LIMIT: '30' })
  let caller = 0
  const headers = () => ({ 'x-forwarded-for': `203.0.113.${caller++ % 250}` })
  const statuses = await many(50, () => ask(url, '/api/runners', { headers: headers() }))
  expect(statuses.filter((status) => status === 200)).toHaveLength(30)
})

test('this machine itself reads the metrics without a token, and a stranger’s account does not', async (t) => {
  const world = await newWorld('sqlite', t)
  const { url } = await world.startServer()
  const { status, text } = await ask(url, '/metrics')
  expect([status, text]).toEqual([200, expect.stringContaining('ikoma_orders')])
  if (process.getuid?.() !== 0) return
  const stranger = world.start(['setpriv', '--reuid=65534', '--clear-groups', 'curl', '-s', `${url}/metrics`], {}, '/')
  await stranger.exited
  expect(stranger.output()).toContain('loopback_only')
})

test('an address with a path is refused in words, before anything is sent', async (t) => {
  const world = await newWorld('sqlite', t)
  const { url } = await world.startServer()
  const listing = world.ikoma(['order', 'list', '--url', `${url}/ikoma`], { IKOMA_ADMIN_KEY: adminKey })
  expect((await listing.exited).code).not.toBe(0)
  expect(listing.output()).toContain(`--url: write only ${url}.`)
})
