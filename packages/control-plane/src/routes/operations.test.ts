import { describeCatalogue } from '@ikoma/api'
import { afterEach, beforeEach, describe, expect, test } from 'vitest'
import { adminKey, placeSelftest, setup, type World } from '../testing/world.ts'

interface Operation {
  operationId: string
  responses: Record<string, unknown>
}

let world: World
beforeEach(async () => {
  world = await setup()
})
afterEach(() => world.close())

describe('health', () => {
  test('healthz says the process runs, readyz that the store answers', async () => {
    expect((await world.call('GET', '/healthz')).body).toEqual({ status: 'ok' })
    expect((await world.call('GET', '/readyz')).body).toEqual({ status: 'ready' })
  })

  test('readyz answers 503 when the store is gone; healthz still 200', async () => {
    await world.store.close()
    const ready = await world.call('GET', '/readyz')
    expect([ready.status, ready.body.reason]).toEqual([503, 'store_not_ready'])
    expect((await world.call('GET', '/healthz')).status).toBe(200)
  })
})

describe('metrics', () => {
  test('are still there when the store is gone, and say so', async () => {
    await world.store.close()
    expect((await world.call('GET', '/metrics')).body).toContain('ikoma_store_up 0')
  })

  test('without a token only this machine may read them, and not through a proxy', async () => {
    expect((await world.call('GET', '/metrics')).body).toContain('ikoma_orders{status="QUEUED"} 0')
    const proxied = await world.call('GET', '/metrics', { headers: { 'x-forwarded-for': '203.0.113.9' } })
    expect(proxied.status).toBe(403)
    const remote = await world.app.inject({ method: 'GET', url: '/metrics', remoteAddress: '203.0.113.9' })
    expect(remote.statusCode).toBe(403)
  })

  test('with a token that token is needed, from everywhere', async () => {
    const guarded = await setup({ metricsToken: 'a-token-for-metrics' })
    const read = (headers: Record<string, string>) => guarded.call('GET', '/metrics', { headers })
    expect((await read({})).status).toBe(401)
    expect((await read({ authorization: 'Bearer a-token-for-metric' })).status).toBe(401)
    expect((await read({ authorization: 'Bearer a-token-for-metrics' })).status).toBe(200)
    await guarded.close()
  })
})

describe('answers', () => {
  test('every one carries the security headers, errors included', async () => {
    for (const url of ['/healthz', '/v1/orders', '/nowhere', '/api/nowhere', '/v1/orders?limit=0']) {
      const { headers } = await world.call('GET', url)
      expect(headers['x-content-type-options']).toBe('nosniff')
      expect(headers['content-security-policy']).toContain("frame-ancestors 'none'")
      expect(headers['x-frame-options']).toBe('DENY')
      expect(headers['strict-transport-security']).toContain('max-age=31536000')
      expect(headers['x-request-id']).toMatch(/^[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-z]+$/)
      expect(headers['access-control-allow-origin']).toBeUndefined()
    }
  })

  test('a body that is too large, not JSON, or poisoned is refused with a problem', async () => {
    const admin = (payload: string, type = 'application/json') =>
      world.app.inject({
        method: 'POST',
        url: '/v1/orders',
        headers: { 'x-ikoma-admin-key': 'an-admin-key-for-tests-only', 'content-type': type },
        payload,
      })
    const large = await admin(JSON.stringify({ type: 'x'.repeat(2 ** 20) }))
    expect([large.statusCode, large.json().reason]).toEqual([413, 'body_too_large'])
    expect((await admin('{"type":')).statusCode).toBe(400)
    expect((await admin('{"type":"runner.selftest","__proto__":{"x":1}}')).statusCode).toBe(400)
    const text = await admin('type=x', 'text/plain')
    expect([text.statusCode, text.json().reason]).toEqual([415, 'media_type'])
  })

  test('JSON nested too deep is refused where it enters, and harms no neighbour', async () => {
    const deep = `${'['.repeat(5000)}${']'.repeat(5000)}`
    const send = (payload: string) =>
      world.app.inject({
        method: 'POST',
        url: '/v1/servers',
        headers: { 'x-ikoma-admin-key': 'an-admin-key-for-tests-only', 'content-type': 'application/json' },
        payload,
      })
    const answers = await Promise.all([
      send(`{"name":"deep","metadata":{"a":${deep}}}`),
      ...Array.from({ length: 20 }, (_, n) => send(`{"name":"web-${n} [[[{{{","metadata":{"a":[{"b":"\\"["}]}}`)),
    ])
    expect(answers.map(({ statusCode }) => statusCode)).toEqual([400, ...Array.from({ length: 20 }, () => 201)])
    expect(answers[0]?.json().reason).toBe('json_too_deep')
  })

  test('a path that cannot be decoded, or is too long, is a problem like any other', async () => {
    for (const path of ['/v1/orders/%zz', `/v1/orders/${'x'.repeat(300)}`]) {
      const answer = await world.call('GET', path)
      expect(String(answer.headers['content-type'])).toContain('application/problem+json')
    }
  })

  test('public routes are limited by address', async () => {
    const statuses = []
    for (let n = 0; n < 605; n += 1) statuses.push((await world.call('GET', '/api/runners')).status)
    expect(statuses.slice(0, 600).every((status) => status === 200)).toBe(true)
    expect(statuses.at(-1)).toBe(429)
  })

  test('the API description is OpenAPI 3.1 and names every route', async () => {
    const { body } = await world.call('GET', '/openapi.json')
    expect(body.openapi).toBe('3.1.0')
    const described = Object.entries(body.paths).flatMap(([path, verbs]) =>
      Object.keys(verbs as object).map((verb) => `${verb.toUpperCase()} ${path}`),
    )
    const served = world.app.routeAccess
      .filter(({ method, url }) => method !== 'HEAD' && !url.startsWith('/docs') && url !== '/openapi.json')
      .map(({ method, url }) => `${method} ${url.replace(/:(id|name)/, '{$1}')}`)
    expect(described.sort()).toEqual(served.sort())
  })

  test('names every operation once, and says which problems it may answer', async () => {
    const { body } = await world.call('GET', '/openapi.json')
    const operations = Object.values(body.paths).flatMap((verbs) => Object.values(verbs as Record<string, Operation>))
    const ids = operations.map(({ operationId }) => operationId)
    expect(ids.filter((id, at) => !/^[a-z]+[A-Za-z]+$/.test(id) || ids.indexOf(id) !== at)).toEqual([])
    expect(operations.filter(({ responses }) => !responses['400'] || !responses['503'])).toEqual([])
    const { responses } = body.paths['/v1/orders/{id}/cancel'].post
    expect(Object.keys(responses)).toEqual([
      '200',
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
    expect(responses['404'].content['application/problem+json'].schema).toEqual({
      $ref: '#/components/schemas/Problem',
    })
    const gateway = body.paths['/api/runners/{id}'].get.responses['404'].content
    expect(gateway).toEqual({ 'application/json': { schema: { $ref: '#/components/schemas/GatewayFailure' } } })
  })

  test('describes the payload of every order type, each field and an example', async () => {
    const { body } = await world.call('GET', '/openapi.json')
    for (const { type, title, payloadSchema, example } of describeCatalogue()) {
      const properties = JSON.parse(
        JSON.stringify(payloadSchema.properties).replace(/"const":("[^"]*")/g, '"enum":[$1]'),
      )
      const shown = body.components.schemas[`payload.${type}`]
      expect(shown).toMatchObject({ title: `payload of ${type}`, description: title.en, properties, example })
    }
  })
})

describe('the gateway of the first document', () => {
  test('shows names and online state to the world, and no more', async () => {
    const runner = await world.createRunner({ name: 'Runner-01' })
    await runner.call('POST', '/v1/runner/heartbeat', { body: { status: 'ONLINE' } })
    const open = await world.call('GET', '/api/runners')
    expect(open.body).toMatchObject({ ok: true, error: null, data: [{ name: 'Runner-01', online: true }] })
    expect(Object.keys(open.body.data[0])).toEqual(['name', 'online'])
    expect(Object.keys(open.body.meta)).toEqual(['request_id', 'server_time', 'generatedAt', 'version'])
    expect((await world.call('HEAD', '/api/runners')).status).toBe(200)
    expect((await world.admin('GET', '/api/runners')).body.data[0].id).toBe(runner.id)
  })

  test('answers a body that is no JSON by its name, in its envelope', async () => {
    const { id } = await world.createRunner()
    const headers = { 'x-ikoma-admin-key': adminKey, 'content-type': 'application/xml' }
    const answer = await world.app.inject({
      method: 'POST',
      url: `/api/runners/${id}/orders`,
      headers,
      body: '<order/>',
    })
    expect([answer.statusCode, answer.json().error.code]).toEqual([415, 'UNSUPPORTED_MEDIA_TYPE'])
  })

  test('places a self-test with the key, once for a client_request_id, and refuses without', async () => {
    const runner = await world.createRunner()
    const url = `/api/runners/${runner.id}/orders`
    expect((await world.call('POST', url, { body: { type: 'runner.selftest' } })).status).toBe(401)
    const body = { type: 'runner.selftest', client_request_id: 'a' }
    const first = await world.admin('POST', url, { body })
    const second = await world.admin('POST', url, { body })
    expect([first.status, second.status, second.body.data.id]).toEqual([201, 200, first.body.data.id])
    expect((await world.admin('GET', url)).body.data).toHaveLength(1)
  })

  test('answers its own 404 and errors in its envelope', async () => {
    const missing = await world.call('GET', '/api/nowhere')
    expect([missing.status, missing.body.ok, missing.body.error.code]).toEqual([404, false, 'NOT_FOUND'])
    const bad = await world.admin('POST', '/api/runners/x/orders', { body: { type: 'runner.selftest' } })
    expect([bad.status, bad.body.error.code]).toEqual([400, 'VALIDATION_ERROR'])
  })
})

describe('the audit', () => {
  test('verifies from the first event to the head, and finds an edit', async () => {
    const runner = await world.createRunner()
    await placeSelftest(world, runner.id)
    const whole = (await world.admin('GET', '/v1/audit/verify')).body
    expect(whole).toMatchObject({ ok: true, fault: null })
    expect(whole.events).toBe(whole.head.seq)
    await world.editDatabase("update audit set actor = 'nobody' where seq = ?", [2])
    const broken = (await world.admin('GET', '/v1/audit/verify')).body
    expect(broken).toMatchObject({ ok: false, fault: { seq: 2, fault: 'altered' } })
  })

  test('never holds a token, and shows who did what to what', async () => {
    const runner = await world.createRunner({ name: 'Runner-01' })
    const token = await world.createToken('viewer', 'grafana')
    const { body } = await world.admin('GET', `/v1/audit?subject=runner:${runner.id}`)
    expect(body.items).toMatchObject([{ action: 'runner.created', actor: 'admin-key', data: { name: 'Runner-01' } }])
    const all = JSON.stringify((await world.admin('GET', '/v1/audit')).body)
    expect(all).not.toContain(runner.token)
    expect(all).not.toContain(token.token)
  })
})
