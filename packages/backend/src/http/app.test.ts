import { AppError, Secret } from '@ikoma/kernel'
import { DrizzleQueryError } from 'drizzle-orm'
import { describe, expect, test } from 'vitest'
import * as z from 'zod'
import { envelopeErrors, principalOf } from './index.ts'
import { as, overSockets, setupBackend } from './testing/backend.ts'

describe('who may call', () => {
  test.each(['nobody', 'constructor', ''])('a route that names the policy "%s" stops the start', async (access) => {
    const { app } = await setupBackend()
    expect(() => app.get('/x', { config: { access } }, () => 'x')).toThrow(/policy|who may call/)
  })

  test('a route of a plugin that names none does so too', async () => {
    const { app } = await setupBackend()
    await expect(
      app.register(async (inner) => {
        inner.post('/x', { config: { access: 'owner' } }, () => 'x')
      }),
    ).rejects.toThrow('POST /x names the policy "owner"')
  })

  test('a policy that lets nobody in stops the start, and so does another meaning of public', async () => {
    await expect(setupBackend({ policies: { staff: [] } })).rejects.toThrow('staff lets nobody in')
    await expect(setupBackend({ policies: { public: ['admin'] } })).rejects.toThrow("public is the house's own")
  })

  test.each([
    ['public', {}, 200],
    ['public', { authorization: 'Bearer expired' }, 200],
    ['member', {}, 401],
    ['member', { authorization: 'Bearer expired' }, 401],
    ['member', { cookie: 'session=x' }, 401],
    ['member', as('client'), 200],
    ['staff', {}, 401],
    ['staff', as('client'), 403],
    ['staff', as('Admin'), 403],
    ['staff', as('manager'), 200],
  ])('policy %s, headers %j: %i', async (access, headers, status) => {
    const { app } = await setupBackend()
    app.get('/x', { config: { access } }, (request) => ({ who: principalOf(request)?.id ?? null }))
    const answer = await app.inject({ url: '/x', headers })
    expect(answer.statusCode).toBe(status)
    if (status === 200)
      expect(answer.json()).toEqual({
        who: 'authorization' in headers && headers.authorization !== 'Bearer expired' ? 'one' : null,
      })
    else expect(answer.headers['www-authenticate']).toBe(status === 401 ? 'Bearer' : undefined)
  })

  test('who was refused is refused before its body is read', async () => {
    const { app } = await setupBackend()
    app.post('/x', { config: { access: 'staff' }, schema: { body: z.object({ n: z.number() }) } }, () => 'x')
    expect((await app.inject({ method: 'POST', url: '/x', payload: { n: 'no' } })).statusCode).toBe(401)
  })
})

describe('what runs it asks', () => {
  test('health, by the name and in the shape of the app, whoever asks and however often', async () => {
    const answer = async () => ({ status: 503, body: { status: 'unhealthy', checks: { database: false } } })
    const authenticate = () => Promise.reject(new Error('the database is down'))
    const { app } = await setupBackend({
      ...{ health: { path: '/healthz', answer }, authenticate, rateLimit: { max: 1, windowSec: 60 } },
      ready: { path: '/ready', body: (ready) => ({ ready, checks: {} }) },
    })
    for (const headers of [{}, as('x'), as('x')]) {
      const health = await app.inject({ url: '/healthz', headers })
      expect([health.statusCode, health.json()]).toEqual([503, { status: 'unhealthy', checks: { database: false } }])
    }
    expect((await app.inject('/ready')).json()).toEqual({ ready: true, checks: {} })
    expect((await app.inject('/health')).statusCode).toBe(404)
  })

  test('metrics, with the token alone', async () => {
    const token = 'Xr6TyK0pJd5FhGm2sCe9Ua7R'
    const { app, lines } = await setupBackend({ metricsToken: new Secret(token) })
    await app.inject('/nothing/at/all')
    const ask = async (authorization?: string) =>
      app.inject({ url: '/metrics', headers: authorization === undefined ? {} : { authorization } })
    for (const [shown, status] of [
      [undefined, 401],
      ['Basic eDp5', 401],
      ['Bearer ', 401],
      ['Bearer wrong', 403],
      [`Bearer ${token}x`, 403],
      [`Bearer ${token.toLowerCase()}`, 403],
      [`Bearer ${token}`, 200],
    ] as const) {
      expect([shown, (await ask(shown)).statusCode]).toEqual([shown, status])
    }
    const { body } = await ask(`Bearer ${token}`)
    expect(body).toContain('http_request_seconds_count{method="GET",route="none",status="404"} 1')
    expect(body).toContain('process_cpu_seconds_total')
    expect(lines.join('')).not.toContain(token)
    expect((await (await setupBackend()).app.inject('/metrics')).statusCode).toBe(404)
  })

  test('what it can do, as a page and as a document', async () => {
    const { app } = await setupBackend()
    app.get('/cars/:id', { config: { access: 'staff' }, schema: { params: z.object({ id: z.uuid() }) } }, () => 'x')
    const document = (await app.inject('/openapi.json')).json()
    expect(document).toMatchObject({ openapi: '3.1.0', info: { title: 'Test', version: '1.2.3' } })
    expect(Object.keys(document.paths)).toEqual(['/health', '/readyz', '/cars/{id}'])
    expect((await app.inject('/docs')).statusCode).toBe(200)
  })
})

describe('browsers', () => {
  test('are let in from the origins that are named, with PUT, and see how many requests are left', async () => {
    const { app } = await setupBackend({
      ...{ corsOrigins: ['https://wash.example'], corsCredentials: true, environment: 'staging', drainMs: 0 },
    })
    const headers = { origin: 'https://wash.example', 'access-control-request-method': 'PUT' }
    const { headers: answer } = await app.inject({ method: 'OPTIONS', url: '/x', headers })
    expect(answer['access-control-allow-origin']).toBe('https://wash.example')
    expect([answer['access-control-allow-methods'], answer['access-control-allow-credentials']]).toEqual([
      ...['GET, HEAD, POST, PUT, PATCH, DELETE', 'true'],
    ])
    const other = await app.inject({ url: '/health', headers: { origin: 'https://wash.example.evil' } })
    expect(other.headers['access-control-allow-origin']).toBeUndefined()
  })

  test.each(['*', 'http://wash.example', 'https://wash.example/', 'https://*.wash.example', 'null', 'wash.example'])(
    'are let in from %s by no mistake',
    async (origin) => {
      const refused = setupBackend({ corsOrigins: [origin], environment: 'staging' })
      await expect(refused).rejects.toMatchObject({ reason: 'cors_origin_invalid' })
    },
  )

  test('are told to come by https, as long as was said, or not', async () => {
    for (const [hsts, header] of [
      [undefined, 'max-age=31536000'],
      [{ maxAgeSec: 60, includeSubDomains: true }, 'max-age=60; includeSubDomains'],
      [false, undefined],
    ] as const) {
      const { app } = await setupBackend(hsts === undefined ? {} : { hsts })
      expect((await app.inject('/health')).headers['strict-transport-security']).toBe(header)
    }
  })
})

test('errors have the shape of the app, wherever they come from', async () => {
  const clock = { now: () => Date.UTC(2026, 9, 25) }
  const errors = envelopeErrors({ clock, around: { success: false }, requestId: true })
  const { app } = await setupBackend({ errors, rateLimit: { max: 4, windowSec: 60 } })
  app.get('/taken', { config: { access: 'public' } }, () => {
    throw new AppError('conflict', 'The slot is taken.', { reason: 'slot_taken', details: { slot: 7 } })
  })
  app.post('/x', { config: { access: 'public' }, schema: { body: z.object({ n: z.number() }) } }, () => ({}))
  const taken = await app.inject('/taken')
  const error = { timestamp: '2026-10-25T00:00:00.000Z', requestId: taken.headers['x-request-id'] }
  expect([taken.statusCode, taken.json()]).toEqual([
    409,
    { success: false, error: { ...error, code: 'SLOT_TAKEN', message: 'The slot is taken.', details: { slot: 7 } } },
  ])
  const invalid = await app.inject({ method: 'POST', url: '/x', payload: { n: 'x' } })
  expect([invalid.statusCode, invalid.json().error]).toMatchObject([
    400,
    { code: 'VALIDATION_FAILED', details: { fields: [{ field: 'body/n' }] } },
  ])
  const json = await app.inject({
    method: 'POST',
    url: '/x',
    headers: { 'content-type': 'application/json' },
    payload: '{',
  })
  expect([json.statusCode, json.json().error.code]).toEqual([400, expect.stringMatching(/^[A-Z_]+$/)])
  await app.inject('/taken')
  const limited = await app.inject('/taken')
  expect([limited.statusCode, limited.json().error.code]).toEqual([429, 'RATE_LIMIT_EXCEEDED'])
  expect(limited.headers).toMatchObject({ 'x-ratelimit-limit': '4', 'x-ratelimit-remaining': '0', 'retry-after': '60' })
  const stray = await app.inject({ url: '/none', remoteAddress: '192.0.2.9' })
  expect(stray.json().error.code).toBe('NO_ROUTE')
})

test('a request is logged with its id, and without what is secret', async () => {
  const { app, lines, told } = await setupBackend()
  app.get('/verify', { config: { access: 'public' } }, () => ({}))
  app.get('/broken', { config: { access: 'public' } }, () => {
    const database = Object.assign(new Error('duplicate key'), {
      detail: 'Key (email)=(canary-mail) already exists.',
      code: '23505',
    })
    throw new DrizzleQueryError('insert into accounts values ($1)', ['canary-parameter'], database)
  })
  const answer = await app.inject({
    url: '/verify?token=canary-token-9f3b1c7d5e&page=2',
    headers: {
      cookie: 'session=canary-cookie',
      authorization: 'Bearer canary-bearer',
      'x-request-id': 'of-the-caller',
    },
  })
  const broken = await app.inject('/broken')
  expect([broken.statusCode, broken.body]).toEqual([500, expect.not.stringContaining('canary')])
  expect(told()).not.toContain('canary')
  const requests = lines.map((line) => JSON.parse(line)).filter(({ msg }) => msg === 'request')
  expect(requests[0]).toMatchObject({ requestId: answer.headers['x-request-id'], method: 'GET', status: 200 })
  expect(answer.headers['x-request-id']).not.toBe('of-the-caller')
  expect(told()).toContain('insert into accounts values ($1)')
  expect(told()).toContain('23505')
})

test('what the app says is unavailable stays so, whatever its cause', async () => {
  const { app } = await setupBackend()
  app.get('/x', { config: { access: 'public' } }, () => {
    const cause = Object.assign(new Error('x'), { detail: 'canary' })
    throw new AppError('unavailable', 'Later.', { reason: 'database_busy', retryAfterSec: 3, cause })
  })
  const answer = await app.inject('/x')
  expect([answer.statusCode, answer.json().reason, answer.headers['retry-after']]).toEqual([503, 'database_busy', '3'])
})

test('an idle connection is kept longer than the proxy keeps its own', async () => {
  const { open } = await overSockets(await setupBackend())
  const { ask, until } = open()
  ask('/health')
  expect(await until('healthy')).toMatch(/keep-alive: timeout=130\r\n/i)
})

describe('a stop', () => {
  test('says first that it is not ready, answers what is on its way, and closes', async () => {
    const backend = await setupBackend({ drainMs: 300 })
    const started = Promise.withResolvers<void>()
    const go = Promise.withResolvers<void>()
    backend.app.get('/slow', { config: { access: 'public' } }, async () => {
      started.resolve()
      await go.promise
      return { done: true }
    })
    const { open, url } = await overSockets(backend)
    const [slow, probe, idle] = [open(), open(), open()]
    idle.ask('/readyz')
    await idle.until('"ready":true')
    slow.ask('/slow')
    await started.promise
    const stopped = backend.close()
    // Whoever balances load comes by a connection of its own each time.
    expect((await fetch(`${url}/readyz`)).status).toBe(503)
    probe.ask('/readyz')
    expect(await probe.until('"ready":false')).toMatch(/^HTTP\/1.1 503 .*connection: close/s)
    await idle.closed
    await expect(fetch(`http://127.0.0.1:${slow.socket.remotePort}/health`)).rejects.toThrow()
    go.resolve()
    expect(await slow.until('"done":true')).toMatch(/^HTTP\/1.1 200 .*connection: close/s)
    await stopped
  })

  test('waits no longer than it may for one that does not end', async () => {
    const backend = await setupBackend({ graceMs: 50 })
    const started = Promise.withResolvers<void>()
    backend.app.get('/never', { config: { access: 'public' } }, () => {
      started.resolve()
      return new Promise(() => {})
    })
    const { open } = await overSockets(backend)
    const { ask, closed } = open()
    ask('/never')
    await started.promise
    await Promise.all([backend.close(), closed])
  })
})

test('the document says which errors each kind of route answers, and what they look like', async () => {
  const { app } = await setupBackend()
  const schema = { body: z.object({ n: z.number() }), response: { 201: z.object({ n: z.number() }) } }
  app.post('/things/:id', { config: { access: 'staff', errors: [413] }, schema }, () => ({ n: 1 }))
  app.get('/things', { config: { access: 'public' } }, () => ({}))
  const { paths } = (await app.inject('/openapi.json')).json()
  const ofThings = paths['/things/{id}'].post.responses
  expect(Object.keys(ofThings)).toEqual([
    '201',
    '400',
    '401',
    '403',
    '404',
    '409',
    '413',
    '415',
    '422',
    '429',
    '500',
    '503',
  ])
  expect(ofThings['404'].content['application/problem+json'].schema).toEqual({ $ref: '#/components/schemas/Problem' })
  expect(Object.keys(paths['/things'].get.responses)).toEqual(['400', '429', '500', '503'])
})
