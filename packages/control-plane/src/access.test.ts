import { newId } from '@ikoma/kernel'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import type { Access } from './access.ts'
import { as, setup, type World } from './testing/world.ts'

/** Who may call what, written down a second time: a new or changed route must be entered here by hand. */
const policy: Record<string, Access> = {
  'GET /healthz': 'public',
  'GET /readyz': 'public',
  'GET /metrics': 'metrics',
  'GET /openapi.json': 'public',
  'GET /v1/caller': 'viewer',
  'GET /v1/clock': 'viewer',
  'POST /v1/clock/accept': 'admin',
  'GET /v1/drain': 'viewer',
  'PUT /v1/drain': 'admin',
  'PUT /v1/runners/:id/drain': 'admin',
  'POST /v1/orders': 'operator',
  'POST /v1/orders/batch': 'operator',
  'GET /v1/orders': 'viewer',
  'GET /v1/orders/export': 'viewer',
  'GET /v1/orders/:id': 'viewer',
  'GET /v1/orders/:id/events': 'viewer',
  'GET /v1/orders/:id/logs': 'viewer',
  'POST /v1/orders/:id/cancel': 'operator',
  'POST /v1/orders/:id/retry': 'operator',
  'POST /v1/orders/:id/approve': 'operator',
  'POST /v1/orders/:id/reject': 'operator',
  'POST /v1/orders/:id/settle': 'operator',
  'GET /v1/order-types': 'viewer',
  'GET /v1/servers': 'viewer',
  'POST /v1/servers': 'admin',
  'GET /v1/servers/:id': 'viewer',
  'PATCH /v1/servers/:id': 'admin',
  'DELETE /v1/servers/:id': 'admin',
  'PATCH /v1/servers/:id/attach-runner': 'admin',
  'GET /v1/runners': 'viewer',
  'POST /v1/runners': 'admin',
  'GET /v1/runners/:id': 'viewer',
  'PATCH /v1/runners/:id': 'admin',
  'DELETE /v1/runners/:id': 'admin',
  'POST /v1/runners/:id/rotate-token': 'admin',
  'GET /v1/enrolments': 'admin',
  'POST /v1/enrolments': 'admin',
  'DELETE /v1/enrolments/:id': 'admin',
  'POST /v1/runner/enrol': 'public',
  'POST /v1/runner/heartbeat': 'runner',
  'POST /v1/runner/token': 'runner',
  'POST /v1/runner/orders/claim-next': 'runner',
  'POST /v1/runner/orders/exchange': 'runner',
  'POST /v1/runner/orders/:id/start': 'runner',
  'POST /v1/runner/orders/:id/heartbeat': 'runner',
  'POST /v1/runner/orders/:id/logs': 'runner',
  'POST /v1/runner/orders/:id/complete': 'runner',
  'GET /v1/schedules': 'viewer',
  'POST /v1/schedules': 'operator',
  'GET /v1/schedules/:id': 'viewer',
  'PATCH /v1/schedules/:id': 'operator',
  'DELETE /v1/schedules/:id': 'operator',
  'GET /v1/secrets': 'viewer',
  'PUT /v1/secrets/:name': 'operator',
  'DELETE /v1/secrets/:name': 'operator',
  'POST /v1/secrets/rotate': 'admin',
  'GET /v1/tokens': 'admin',
  'POST /v1/tokens': 'admin',
  'DELETE /v1/tokens/:id': 'admin',
  'GET /v1/audit': 'admin',
  'GET /v1/audit/verify': 'admin',
  'POST /v1/audit/verify': 'admin',
  'GET /v1/stream': 'viewer',
  'GET /api/health': 'viewer',
  'GET /api/runners': 'public',
  'GET /api/runners/:id': 'viewer',
  'GET /api/runners/:id/orders': 'viewer',
  'POST /api/runners/:id/orders': 'operator',
}

const callers = [
  'nobody',
  'wrong key',
  'wrong token',
  'wrong runner',
  'viewer',
  'operator',
  'admin token',
  'admin key',
  'runner',
  'other runner',
] as const
type Caller = (typeof callers)[number]

const mayCall: Record<Access, Caller[]> = {
  // A runner's credential means nothing there, right or wrong.
  public: ['nobody', 'wrong runner', 'viewer', 'operator', 'admin token', 'admin key', 'runner', 'other runner'],
  metrics: [...callers],
  viewer: ['viewer', 'operator', 'admin token', 'admin key'],
  operator: ['operator', 'admin token', 'admin key'],
  admin: ['admin token', 'admin key'],
  // What another runner's order answers it, is shown below.
  runner: ['runner', 'other runner'],
}

let world: World
const credentials: Partial<Record<Caller, Record<string, string>>> = { nobody: {} }

beforeAll(async () => {
  world = await setup()
  const [viewer, operator, admin] = [
    await world.createToken('viewer'),
    await world.createToken('operator'),
    await world.createToken('admin'),
  ]
  const runner = await world.createRunner()
  Object.assign(credentials, {
    'wrong key': { 'x-ikoma-admin-key': 'not-the-key' },
    'wrong token': { authorization: `Bearer ${viewer.token.slice(0, -1)}${viewer.token.endsWith('0') ? '1' : '0'}` },
    'wrong runner': { 'x-runner-id': runner.id, 'x-runner-token': 'iko_run_wrong' },
    viewer: { authorization: `Bearer ${viewer.token}` },
    operator: { authorization: `Bearer ${operator.token}` },
    'admin token': { authorization: `Bearer ${admin.token}` },
    'admin key': { 'x-ikoma-admin-key': 'an-admin-key-for-tests-only' },
    runner: runner.credential,
    'other runner': (await world.createRunner()).credential,
  })
})

afterAll(() => world.close())

test('every route is in the policy, with the access it declares', () => {
  const declared = world.app.routeAccess
    .filter(({ method, url }) => method !== 'HEAD' && !url.startsWith('/docs'))
    .map(({ method, url, access }) => [`${method} ${url}`, access])
  expect(Object.fromEntries(declared)).toEqual(policy)
})

test('a HEAD route asks for what its GET asks for', () => {
  for (const { url, access } of world.app.routeAccess.filter(({ method }) => method === 'HEAD')) {
    if (url.startsWith('/docs')) continue
    expect([url, access]).toEqual([url, policy[`GET ${url}`]])
  }
})

describe.each(Object.entries(policy))('%s (%s)', (route, access) => {
  test.each(callers)('%s', async (who) => {
    // A fresh minute each time: a caller that failed too often is refused for another reason.
    world.time.now += 61_000
    const [method = '', url = ''] = route.split(' ')
    if (url === '/v1/stream' && mayCall[access].includes(who)) return
    const call = as(world.call, credentials[who] ?? {})
    const answer = await call(
      method,
      url.replace(':id', newId()),
      method === 'GET' || method === 'DELETE' ? {} : { body: {} },
    )
    const refused = answer.status === 401 || answer.status === 403
    // A wrong enrolment token is refused by the route itself, with a body that this test does not send.
    expect([who, refused]).toEqual([who, !mayCall[access].includes(who)])
    expect(answer.status).toBeLessThan(500)
  })
})

test('a wrong credential is refused even where none is needed', async () => {
  const answer = await world.call('GET', '/api/runners', { headers: { 'x-ikoma-admin-key': 'not-the-key' } })
  expect(answer.status).toBe(401)
})

test('of a thousand guesses at the admin key at most twenty a minute are answered with anything but 429', async () => {
  world.time.now += 61_000
  const statuses = []
  for (let guess = 0; guess < 1000; guess += 1) {
    const { status } = await world.call('GET', '/v1/orders', { headers: { 'x-ikoma-admin-key': `guess-${guess}` } })
    statuses.push(status)
  }
  expect(statuses.filter((status) => status === 401)).toHaveLength(20)
  expect(statuses.filter((status) => status === 429)).toHaveLength(980)
  world.time.now += 61_000
  expect((await world.admin('GET', '/v1/orders')).status).toBe(200)
})

test('failed guesses at one runner lock out neither another runner nor the admin', async () => {
  world.time.now += 61_000
  const other = await world.createRunner()
  for (let guess = 0; guess < 30; guess += 1) {
    await world.call('POST', '/v1/runner/heartbeat', { headers: credentials['wrong runner'] ?? {} })
  }
  expect((await other.call('POST', '/v1/runner/heartbeat')).status).toBe(200)
  expect((await world.admin('GET', '/v1/runners')).status).toBe(200)
})

describe('a runner and the orders of another', () => {
  test.each(['start', 'heartbeat', 'complete', 'logs'])(
    '%s answers 404, as if there were no such order',
    async (verb) => {
      const [mine, theirs] = [await world.createRunner(), await world.createRunner()]
      await world.admin('POST', '/v1/orders', { body: { type: 'runner.selftest', runnerId: theirs.id } })
      const claimed = await theirs.claim()
      const body =
        verb === 'complete' ? { report: { ok: true, summary: 'stolen' } } : verb === 'logs' ? aChunk : undefined
      const headers = { 'x-ikoma-lease': claimed.lease }
      const answer = await mine.call('POST', `/v1/runner/orders/${claimed.id}/${verb}`, { body, headers })
      expect([answer.status, answer.body.reason]).toEqual([404, 'order_not_found'])
      expect((await world.admin('GET', `/v1/orders/${claimed.id}`)).body.status).toBe('CLAIMED')
    },
  )

  test('claim-next never gives it', async () => {
    const [mine, theirs] = [await world.createRunner(), await world.createRunner()]
    await world.admin('POST', '/v1/orders', { body: { type: 'runner.selftest', runnerId: theirs.id } })
    expect((await mine.call('POST', '/v1/runner/orders/claim-next')).status).toBe(204)
  })
})

const aChunk = { seq: 0, lines: [{ at: 1, stream: 'stdout', text: 'hello' }] }

test('the live stream shows a viewer what happens to orders, and the rest of the audit to admins alone', async () => {
  world.time.now += 61_000
  const address = await world.app.listen({ port: 0, host: '127.0.0.1' })
  const firstEvents = async (headers: Record<string, string>) => {
    const gone = new AbortController()
    const response = await fetch(`${address}/v1/stream?after=0`, { headers, signal: gone.signal })
    let text = ''
    for await (const bytes of response.body ?? []) {
      text += new TextDecoder().decode(bytes)
      if (text.includes('event: order.placed')) break
    }
    gone.abort()
    return text
  }
  expect(await firstEvents(credentials.viewer ?? {})).not.toContain('token.created')
  expect(await firstEvents(credentials['admin key'] ?? {})).toContain('token.created')
})
