import { payloadBounds, reportBounds } from '@ikoma/api'
import { afterEach, describe, expect, test } from 'vitest'
import { bodyFrom } from '../orders/placement.ts'
import { setup, type World } from '../testing/world.ts'

let world: World
afterEach(() => world.close())

interface Json {
  [name: string]: unknown
}

/** Places in a JSON Schema where a text, a list or a map may be as long as the caller likes. */
function unbounded(schema: unknown, at: string, definitions: Json): string[] {
  const { $ref, type, enum: values, const: constant, ...rest } = (schema ?? {}) as Json
  // The payloads of all types, by their names: what comes is a payload within the bounds that stand beside it.
  if ($ref === '#/components/schemas/payload') return []
  if (typeof $ref === 'string') return unbounded(definitions[$ref.split('/').at(-1) ?? ''], at, definitions)
  const inner = [rest.anyOf, rest.oneOf, rest.allOf].flatMap((each) => (each ?? []) as unknown[])
  const found = inner.flatMap((each) => unbounded(each, at, definitions))
  const fields = Object.entries((rest.properties ?? {}) as Json)
  found.push(...fields.flatMap(([name, each]) => unbounded(each, `${at}.${name}`, definitions)))
  if (type === 'string' && values === undefined && constant === undefined) {
    if (rest.maxLength === undefined && !isBounded(String(rest.pattern ?? '*'))) found.push(at)
  }
  if (type === 'array') {
    if (rest.maxItems === undefined) found.push(`${at}[]`)
    found.push(...unbounded(rest.items, `${at}[]`, definitions))
  }
  if (type === 'object' && rest.additionalProperties !== undefined && rest.additionalProperties !== false) {
    if (rest.maxProperties === undefined) found.push(`${at}{}`)
  }
  return found
}

/** Whether a pattern itself says how long a text may be: anchored, and nothing in it is repeated at will. */
function isBounded(pattern: string): boolean {
  return /^\^.*\$$/.test(pattern) && !/[*+]|\{\d+,\}/.test(pattern.replace(/\[[^\]]*\]|\\./g, ''))
}

describe('what a caller may say', () => {
  test('is bounded in every field of every body, query, header and path', async () => {
    world = await setup()
    const { paths, components } = world.app.swagger() as unknown as { paths: Json; components: { schemas: Json } }
    const asked: [string, unknown][] = []
    for (const [path, methods] of Object.entries(paths)) {
      for (const [method, route] of Object.entries(methods as Json)) {
        const { requestBody, parameters = [] } = route as {
          requestBody?: { content: Record<string, { schema: unknown }> }
          parameters?: { name: string; schema: unknown }[]
        }
        const at = `${method.toUpperCase()} ${path}`
        if (requestBody) asked.push([at, requestBody.content['application/json']?.schema])
        asked.push(...parameters.map(({ name, schema }): [string, unknown] => [`${at} ?${name}`, schema]))
      }
    }
    expect(asked.length).toBeGreaterThan(40)
    expect(asked.flatMap(([at, schema]) => unbounded(schema, at, components.schemas))).toEqual([])
  })

  test('is refused with few words, however much is wrong with it', async () => {
    world = await setup()
    const orders = Array.from({ length: 20_000 }, () => ({ type: 1 }))
    const { status, body } = await world.admin('POST', '/v1/orders/batch', { body: { orders } })
    expect(status).toBe(400)
    expect(JSON.stringify(body).length).toBeLessThan(30_000)
    const unknown = Object.fromEntries(Array.from({ length: 20_000 }, (_, index) => [`field-${index}`, 1]))
    const keys = await world.admin('POST', '/v1/orders', { body: unknown })
    expect(keys.status).toBe(400)
    expect(JSON.stringify(keys.body).length).toBeLessThan(30_000)
  })

  test('of a time has an end too', async () => {
    world = await setup()
    const runAt = `2026-01-01T00:00:00.${'0'.repeat(100_000)}Z`
    const body = { type: 'runner.selftest', scope: 'runner', runAt }
    expect((await world.admin('POST', '/v1/orders', { body })).status).toBe(400)
  })
})

describe('a payload', () => {
  const shell = (size: number, runnerId: string) => ({
    type: 'shell.run',
    runnerId,
    payload: { argv: ['true'], env: envOf('x'.repeat(size)) },
  })
  /** In pieces, as one variable may be so long only. */
  const envOf = (text: string) =>
    Object.fromEntries((text.match(/[\s\S]{1,4000}/g) ?? []).map((piece, index) => [`BLOB_${index}`, piece]))
  const tooLarge = /body.*payload: is larger than 262144 bytes as JSON/

  test('that its grant could not hold is refused when it is placed, alone, in a batch and by a schedule', async () => {
    world = await setup()
    const { id } = await world.createRunner({ scopes: ['*'] })
    const body = shell(1_017_389, id)
    const single = await world.admin('POST', '/v1/orders', { body })
    expect([single.status, single.body.detail]).toEqual([400, expect.stringMatching(tooLarge)])
    const batch = await world.admin('POST', '/v1/orders/batch', { body: { orders: [body] } })
    expect([batch.status, batch.body.detail]).toEqual([400, expect.stringMatching(tooLarge)])
    const schedule = { name: 'nightly', cron: '0 3 * * *', order: body }
    const scheduled = await world.admin('POST', '/v1/schedules', { body: schedule })
    expect([scheduled.status, scheduled.body.detail]).toEqual([400, expect.stringMatching(tooLarge)])
    expect((await world.admin('GET', '/v1/orders')).body.items).toEqual([])
  })

  test('is counted as it is encoded', async () => {
    world = await setup()
    const { id } = await world.createRunner({ scopes: ['*'] })
    const escaped = { ...shell(0, id), payload: { argv: ['true'], env: envOf('"\u20ac'.repeat(60_000)) } }
    const { status, body } = await world.admin('POST', '/v1/orders', { body: escaped })
    expect([status, body.detail]).toEqual([400, expect.stringMatching(tooLarge)])
    const deep = {
      ...shell(0, id),
      payload: { argv: ['true'], env: JSON.parse(`${'{"a":'.repeat(40)}1${'}'.repeat(40)}`) },
    }
    expect((await world.admin('POST', '/v1/orders', { body: deep })).body.detail).toMatch(/nested deeper than 32/)
  })

  test('of a former version that is too large is refused in words when it is placed again', async () => {
    world = await setup()
    const stored = { type: 'shell.run', scope: 'shell', payload: { argv: ['x'.repeat(900_000)] } }
    expect(() => bodyFrom(stored)).toThrow(tooLarge)
  })

  test('just below the bound reaches its runner in a grant that it can read', async () => {
    world = await setup()
    const runner = await world.createRunner({ scopes: ['*'] })
    const body = shell(payloadBounds.bytes * 0.98, runner.id)
    const { body: order } = await world.admin('POST', '/v1/orders', { body })
    await world.admin('POST', `/v1/orders/${order.id}/approve`)
    expect((await runner.claim()).grant.bytes.length).toBeLessThan(1_000_000)
  })
})

describe('a report', () => {
  async function running() {
    world = await setup()
    const runner = await world.createRunner({ scopes: ['*'] })
    const { body: order } = await world.admin('POST', '/v1/orders', {
      body: { type: 'runner.selftest', runnerId: runner.id },
    })
    const { lease } = await runner.claim()
    const headers = { 'x-ikoma-lease': lease }
    await runner.call('POST', `/v1/runner/orders/${order.id}/start`, { headers })
    const complete = (report: unknown) =>
      runner.call('POST', `/v1/runner/orders/${order.id}/complete`, { headers, body: { report } })
    return { order, complete }
  }
  const blob = (bytes: number) => 'x'.repeat(bytes)
  const steps = Array.from({ length: 200 }, () => ({ name: 'n', status: 'FAILED', error: blob(4000) }))
  const errors = Array.from({ length: 50 }, () => ({ code: 'c', message: blob(4000) }))
  const deep = JSON.parse(`${'{"a":'.repeat(30)}1${'}'.repeat(30)}`)
  const many = Object.fromEntries(Array.from({ length: 20_000 }, (_, index) => [`k${index}`, 1]))

  test.each<[string, object, RegExp]>([
    ['summary', { summary: blob(2001) }, /report.summary/],
    ['steps', { steps }, /report.steps: is larger than/],
    ['errors', { errors }, /report.errors: is larger than/],
    ['output', { output: { blob: blob(800_000) } }, /report.output: is larger than/],
    ['artifacts', { artifacts: { blob: blob(100_000) } }, /report.artifacts: is larger than/],
    ['nesting', { output: deep }, /report.output: is nested deeper than 16/],
    ['number of keys', { output: many }, /report.output: holds more than 10000/],
    ['times', { startedAt: `2026-01-01T00:00:00.${'0'.repeat(1000)}Z` }, /report.startedAt/],
  ])('is refused beyond its bound of %s, by the name of the field', async (_part, more, words) => {
    const { complete, order } = await running()
    const { status, body } = await complete({ ok: true, summary: 'done', ...more })
    expect([status, body.detail]).toEqual([400, expect.stringMatching(words)])
    expect((await world.admin('GET', `/v1/orders/${order.id}`)).body.status).toBe('RUNNING')
  })

  test('may be as large as its parts may be together, and no larger as a whole', async () => {
    const { complete } = await running()
    const parts = {
      output: { blob: blob(reportBounds.output.bytes - 100) },
      artifacts: { blob: blob(reportBounds.artifacts.bytes - 100) },
      steps: steps.slice(0, 15),
      errors: errors.slice(0, 15),
    }
    const { status, body } = await complete({ ok: true, summary: 'done', ...parts })
    expect([status, body.detail]).toEqual([400, expect.stringMatching(/report: is larger than 262144/)])
    expect((await complete({ ok: true, summary: 'done', ...parts, steps: [] })).status).toBe(200)
  })
})

describe('lists', () => {
  const secretive = 'NOT-IN-A-LIST'

  async function ended() {
    world = await setup()
    const runner = await world.createRunner({ scopes: ['*'] })
    const body = { type: 'shell.run', runnerId: runner.id, payload: { argv: ['echo', secretive] } }
    const { body: order } = await world.admin('POST', '/v1/orders', { body })
    await world.admin('POST', `/v1/orders/${order.id}/approve`)
    const { lease } = await runner.claim()
    const headers = { 'x-ikoma-lease': lease }
    await runner.call('POST', `/v1/runner/orders/${order.id}/start`, { headers })
    const report = { ok: false, outcome: 'failed', summary: 'It went wrong.', output: { stdoutTail: secretive } }
    await runner.call('POST', `/v1/runner/orders/${order.id}/complete`, { headers, body: { report } })
    return { runner, order, body }
  }

  test('of orders have a summary and neither payloads nor reports; one order has all, and so has the export', async () => {
    const { order, runner } = await ended()
    for (const path of ['/v1/orders', `/api/runners/${runner.id}/orders`]) {
      const { body } = await world.admin('GET', path)
      const [item] = body.items ?? body.data
      expect(item, path).toMatchObject({ id: order.id, status: 'FAILED', outcome: 'failed', summary: 'It went wrong.' })
      expect(JSON.stringify(body), path).not.toContain(secretive)
      expect(Object.keys(item)).not.toContain('payload')
      expect(Object.keys(item)).not.toContain('report')
    }
    const one = (await world.admin('GET', `/v1/orders/${order.id}`)).body
    expect([one.payload.argv[1], one.report.output.stdoutTail]).toEqual([secretive, secretive])
    const exported = JSON.parse((await world.admin('GET', '/v1/orders/export')).body)
    expect([exported.payload.argv[1], exported.report.output.stdoutTail]).toEqual([secretive, secretive])
  })

  test('of what a batch placed, of schedules, of events, of the audit and of claims have no payloads', async () => {
    const { body: order, runner, order: placed } = await ended()
    const batch = await world.admin('POST', '/v1/orders/batch', { body: { orders: [order] } })
    await world.admin('POST', `/v1/orders/${batch.body.items[0].order.id}/approve`)
    const schedule = { name: 'nightly', cron: '0 3 * * *', order }
    const { id } = (await world.admin('POST', '/v1/schedules', { body: schedule })).body
    await world.admin('PATCH', `/v1/schedules/${id}`, { body: { order } })
    const schedules = await world.admin('GET', '/v1/schedules')
    expect(schedules.body.items[0].order).toEqual({ type: 'shell.run', runnerId: runner.id })
    const events = await world.admin('GET', `/v1/orders/${placed.id}/events`)
    const audit = await world.admin('GET', '/v1/audit?limit=200')
    const claims = await runner.call('POST', '/v1/runner/orders/exchange', { body: { max: 5 } })
    expect(claims.body.orders).toHaveLength(1)
    for (const answer of [batch, schedules, events, audit, claims]) {
      expect(JSON.stringify(answer.body)).not.toContain(secretive)
    }
    expect((await world.admin('GET', `/v1/schedules/${id}`)).body.order.payload.argv[1]).toBe(secretive)
  })
})

describe('what a runner says of itself', () => {
  test.each<[string, object]>([
    ['large', { capabilities: { a: 'x'.repeat(20_000) } }],
    ['deep', { capabilities: JSON.parse(`${'{"a":'.repeat(20)}1${'}'.repeat(20)}`) }],
    ['long', { version: 'x'.repeat(51) }],
  ])('is refused when it is too %s', async (_how, body) => {
    world = await setup()
    const runner = await world.createRunner()
    expect((await runner.call('POST', '/v1/runner/heartbeat', { body })).status).toBe(400)
  })
})
