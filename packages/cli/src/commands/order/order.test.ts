import { describe, expect, it } from 'vitest'
import { ok, problem } from '../../testing/fake-api.ts'
import {
  aLine,
  anOrder,
  aRunner,
  aServer,
  noon,
  orderId,
  page,
  running,
  serverId,
  succeeded,
} from '../../testing/fixtures.ts'
import { createConnectedWorld } from '../../testing/world.ts'

const other = '01990000-0000-7000-8000-00000000beef'

/** An order type with every kind of field. */
const routeType = {
  type: 'proxy.route',
  title: { en: 'Route a domain', fr: 'Router un domaine' },
  requiredScope: 'proxy.route',
  risk: 'change',
  retryClass: 'idempotent',
  timeoutSec: 60,
  approval: false,
  privileged: true,
  payloadSchema: {
    type: 'object',
    required: ['host', 'upstreams'],
    properties: {
      host: { type: 'string', description: 'Name that leads here, as people type it into their browsers.' },
      port: { type: 'integer', minimum: 1, maximum: 65535, default: 443 },
      either: {
        anyOf: [
          { type: 'string', const: 'any' },
          { type: 'string', format: 'ipv4' },
        ],
      },
      upstreams: {
        type: 'array',
        description: 'Where requests go.',
        items: {
          type: 'object',
          required: ['port'],
          properties: { port: { type: 'integer', minimum: 1, maximum: 65535, description: 'Port it listens on.' } },
        },
      },
      level: { enum: ['emergency', 'alert', 'critical', 'error', 'warning', 'notice'], default: 'error' },
      headers: { type: 'object', additionalProperties: { type: 'string' }, default: { 'X-Frame-Options': 'DENY' } },
      schedule: {
        anyOf: [
          { type: 'object', required: ['calendar'], properties: { calendar: { type: 'string' } } },
          { type: 'object', required: ['everySec'], properties: { everySec: { type: 'integer' } } },
        ],
      },
    },
  },
  outputSchema: {},
}

async function setup(options: Parameters<typeof createConnectedWorld>[0] = {}) {
  const world = await createConnectedWorld(options)
  const first = page([succeeded, anOrder({ id: other, type: 'check.tcp.run' })], 'next-page')
  world.api.on('GET /v1/orders', ok(first), ok(page([])))
  world.api.on(`GET /v1/orders/${orderId}`, ok(succeeded))
  return world
}

describe('an order that may still run, unheard of', () => {
  const silent = anOrder({ ...running, status: 'STALE', retryClass: 'once', resourceKey: 'app', heldUntil: noon(600) })

  it('is told as such wherever it is shown, with what ends it', async () => {
    const { run, api } = await createConnectedWorld()
    api.on('GET /v1/orders', ok(page([silent])))
    api.on(`GET /v1/orders/${orderId}`, ok(silent))
    api.on(`GET /v1/orders/${orderId}/events`, ok(page([])))
    const told = 'a7f3c1b9 may still be running, unheard of: its key app is held until 2026-11-20 12:10:00.'
    expect((await run('order', 'list')).stderr).toContain(
      `${told} Look at the server; a verdict ends it: ikoma order settle`,
    )
    expect((await run('order', 'show', orderId)).stderr).toContain(told)
    expect((await run('order', 'show', orderId, '--lang', 'fr')).stderr).toContain('sa clé app est retenue jusqu’à')
  })

  it('is silent and no more where its end is waited for by itself, or a former version does not say', async () => {
    const { run, api } = await createConnectedWorld()
    const { heldUntil: _, ...former } = silent
    api.on('GET /v1/orders', ok(page([anOrder({ ...running, status: 'STALE' }), former])))
    const { stdout, stderr } = await run('order', 'list')
    expect([stdout.match(/silent/g)?.length, stderr]).toEqual([2, ''])
  })
})

describe('order list', () => {
  it('shows a table for people and says how to get more', async () => {
    const { run } = await setup({ tty: true })
    const { stdout, stderr } = await run('order', 'list')
    expect(stdout).toBe(
      [
        'ID        STATUS     TYPE             TARGET        CREATED   TOOK',
        'a7f3c1b9  succeeded  runner.selftest  local-runner  59 s ago  0.8 s',
        '0000beef  queued     check.tcp.run    local-runner  59 s ago',
        '',
      ].join('\n'),
    )
    expect(stderr).toContain('--cursor next-page')
  })

  it('gives whole ids where no person is looking', async () => {
    const { run } = await setup()
    expect((await run('order', 'list')).stdout).toContain(orderId)
  })

  it('with --json prints the page as it came', async () => {
    const { run } = await setup()
    const { stdout } = await run('order', 'list', '--json')
    expect(JSON.parse(stdout)).toEqual(page([succeeded, anOrder({ id: other, type: 'check.tcp.run' })], 'next-page'))
  })

  it('sends its filters, with names turned into ids', async () => {
    const { run, api } = await setup()
    api.on('GET /v1/servers', ok(page([aServer()])))
    await run('order', 'list', '--status', 'failed,timed-out', '--server', 'web-1', '--since', '2m', '--limit', '5')
    expect(api.seen('GET /v1/orders')[0]?.query).toEqual({
      status: 'FAILED,TIMED_OUT',
      serverId,
      since: noon(-60),
      limit: '5',
    })
  })

  it('with --all joins every page', async () => {
    const { run, api } = await setup()
    api.on('GET /v1/orders', ok(page([succeeded], 'two')), ok(page([running])))
    const { stdout } = await run('order', 'list', '--all', '--json')
    expect(JSON.parse(stdout)).toEqual(page([succeeded, running]))
    expect(api.seen('GET /v1/orders')[1]?.query).toMatchObject({ cursor: 'two' })
  })

  it('says what to do when there is nothing', async () => {
    const { run, api } = await setup()
    api.on('GET /v1/orders', ok(page([])))
    expect(await run('order', 'list')).toMatchObject({ stdout: '', stderr: expect.stringContaining('order create') })
    expect((await run('order', 'list', '--type', 'x')).stderr).toContain('filter')
  })
})

describe('order show', () => {
  it('shows facts, events and report', async () => {
    const { run, api } = await setup()
    const event = { seq: 1, at: noon(1), actor: 'admin-key', action: 'order.placed', from: null, to: 'QUEUED' }
    api.on(`GET /v1/orders/${orderId}/events`, ok(page([{ ...event, reason: null, attempt: null, runnerId: null }])))
    const { code, stdout } = await run('order', 'show', orderId)
    await expect(`$ ikoma order show ${orderId}\n${stdout}[exit ${code}]\n`).toMatchFileSnapshot('show.golden.txt')
  })

  it('with --json prints the resource', async () => {
    expect(JSON.parse((await (await setup()).run('order', 'show', orderId, '--json')).stdout)).toEqual(succeeded)
  })

  it.each(['a7f3c1b9', 'A7F3C1B9', '01990000-0000-7000-8000-0000a7'])('finds %s', async (part) => {
    const { run } = await setup()
    expect((await run('order', 'show', part, '--json')).code).toBe(0)
  })

  it('refuses parts that are too short, unknown or shared', async () => {
    const { run, api } = await setup()
    api.on('GET /v1/orders', ok(page([succeeded, anOrder({ id: other })])))
    expect(await run('order', 'show', 'c1b9')).toMatchObject({ code: 2, stderr: expect.stringContaining('6') })
    expect(await run('order', 'show', 'ffffff')).toMatchObject({
      code: 1,
      stderr: expect.stringContaining('order list'),
    })
    const shared = await run('order', 'show', '01990000')
    expect(shared).toMatchObject({ code: 2, stderr: expect.stringContaining(`  ${orderId}\n  ${other}\n`) })
  })

  it('looks no further than a bounded number of pages', async () => {
    const { run, api } = await setup()
    api.on('GET /v1/orders', ok(page([anOrder({ id: other })], 'more')))
    expect((await run('order', 'show', 'ffffff')).code).toBe(1)
    expect(api.seen('GET /v1/orders')).toHaveLength(10)
  })
})

describe('order logs', () => {
  it('prints every page, one clean line each', async () => {
    const { run, api } = await setup()
    const logs = `GET /v1/orders/${orderId}/logs`
    api.on(logs, ok(page([aLine('one\u001b[2J')], '1.0')), ok(page([aLine('two\nlines')])))
    expect((await run('order', 'logs', orderId)).stdout).toBe('one\ntwo lines\n')
    api.on(logs, ok(page([aLine('one')])))
    expect((await run('order', 'logs', orderId, '--timestamps')).stdout).toBe('12:00:01  one\n')
  })
})

describe('changing an order', () => {
  it('settles with a verdict and a reason, and asks for both', async () => {
    const { run, api } = await setup()
    api.on(`POST /v1/orders/${orderId}/settle`, ok({ ...succeeded, statusReason: 'settled' }))
    const { stdout, code } = await run('order', 'settle', orderId, '--as', 'succeeded', '--reason', 'it is there')
    expect([code, stdout]).toEqual([0, `${orderId}  succeeded\n`])
    expect(api.requests.at(-1)?.body).toEqual({ as: 'succeeded', reason: 'it is there' })
    expect((await run('order', 'settle', orderId, '--as', 'succeeded')).stderr).toContain('--reason')
    expect((await run('order', 'settle', orderId, '--as', 'done', '--reason', 'x')).stderr).toContain(
      'succeeded, failed',
    )
  })

  it.each(['cancel', 'retry', 'approve', 'reject'])('order %s answers with where it stands', async (verb) => {
    const { run, api } = await setup()
    api.on(`POST /v1/orders/${orderId}/${verb}`, ok(anOrder()))
    const { code, stdout, stderr } = await run('order', verb, 'a7f3c1b9')
    expect([code, stdout]).toEqual([0, `${orderId}  queued\n`])
    expect(stderr).toContain('order logs -f a7f3c1b9')
  })

  it('passes on the reason of a cancel and says that a running order is only asked', async () => {
    const { run, api } = await setup()
    const route = `POST /v1/orders/${orderId}/cancel`
    api.on(route, ok(anOrder({ ...running, cancelRequestedAt: noon(3) })))
    expect((await run('order', 'cancel', orderId, '--reason', 'wrong server')).stdout).toContain('asked to stop')
    expect(api.seen(route)[0]?.body).toEqual({ reason: 'wrong server' })
  })

  it('is refused with 5 when the order has ended', async () => {
    const { run, api } = await setup()
    api.on(`POST /v1/orders/${orderId}/cancel`, problem(409, 'already_ended', 'This order has ended.'))
    expect((await run('order', 'cancel', orderId)).code).toBe(5)
  })
})

describe('order types', () => {
  it('lists the catalogue in the language of the reader', async () => {
    const { run } = await setup()
    expect((await run('order', 'types')).stdout).toContain('Run a program')
    expect((await run('order', 'types', '--lang', 'fr')).stdout).toContain('Exécuter un programme')
  })

  it('shows the payload of one type', async () => {
    const { run } = await setup()
    const { stdout } = await run('order', 'types', 'check.http.run')
    expect(stdout).toMatch(/^url +URL or \{secret\} +yes$/m)
    expect(stdout).toMatch(/^method +GET or HEAD +no +"GET"$/m)
    expect(stdout).toMatch(/^timeoutMs +integer \(100 to 30000\) +no +10000$/m)
    expect((await run('order', 'types', 'runner.selftest')).stderr).toContain('no fields')
  })

  it('says whether one is done as root', async () => {
    const { run } = await setup()
    expect((await run('order', 'types', 'db.sqlite.backup')).stdout).toMatch(/^as root +yes$/m)
    expect((await run('order', 'types', 'check.http.run')).stdout).toMatch(/^as root +no$/m)
  })

  it('describes the fields of one, the inner ones too, however narrow the screen is', async () => {
    const { run, api } = await setup({ tty: true, columns: 64 })
    api.on('GET /v1/order-types', ok({ items: [routeType] }))
    const { stdout } = await run('order', 'types', 'proxy.route')
    await expect(`$ ikoma order types proxy.route\n${stdout}`).toMatchFileSnapshot('types.golden.txt')
    expect(Math.max(...stdout.split('\n').map((line) => line.length))).toBeLessThanOrEqual(64)
  })

  it.each([
    [{ port: 80, host: 'a b' }, "--set port=80 --set 'host=a b'"],
    [{}, ''],
    [{ host: '80', upstreams: [{ port: 1 }] }, `--payload '{"host":"80","upstreams":[{"port":1}]}'`],
    [{ either: '80' }, `--payload '{"either":"80"}'`],
    [{ host: 'a\nb' }, `--payload '{"host":"a\\nb"}'`],
    [{ 'a.b': 1 }, `--payload '{"a.b":1}'`],
  ])('ends with the example %j as a line to paste', async (example, given) => {
    const { run, api } = await setup()
    api.on('GET /v1/order-types', ok({ items: [{ ...routeType, example }] }))
    const { stdout } = await run('order', 'types', 'proxy.route')
    expect(stdout.trimEnd().split('\n').at(-1)?.trim()).toBe(`ikoma order create proxy.route ${given}`.trim())
    api.on('GET /v1/order-types', ok({ items: [{ ...routeType, example, risk: 'destructive' }] }))
    expect((await run('order', 'types', 'proxy.route')).stdout).toContain(' --confirm proxy.route\n')
  })

  it.each([undefined, null, 'text', [1]])('has no such line where the example is %j', async (example) => {
    const { run, api } = await setup()
    api.on('GET /v1/order-types', ok({ items: [{ ...routeType, example }] }))
    expect((await run('order', 'types', 'proxy.route')).stdout).not.toContain('ikoma order create')
  })
})

describe('text that servers send', () => {
  it('cannot repaint the terminal, whatever the command', async () => {
    const evil = '\u001b[2J\u009b1mevil\u0007\u202e'
    const { run, api } = await setup({ tty: true })
    api.on('GET /v1/runners', ok(page([aRunner({ name: evil, scopes: [evil] })])))
    api.on('GET /v1/servers', ok(page([aServer({ name: evil, tags: [evil] })])))
    api.on('GET /v1/tokens', problem(403, evil, evil, { fields: [{ field: evil, message: evil }] }))
    for (const argv of [
      ['runner', 'list'],
      ['server', 'list'],
      ['runner', 'show', 'local'],
      ['token', 'list'],
    ]) {
      for (const more of [[], ['--json']]) {
        // biome-ignore lint/suspicious/noControlCharactersInRegex: control characters are what it is for
        expect((await run(...argv, ...more)).screen).not.toMatch(/[\u0000-\u0009\u001b\u007f-\u009f\u202e]/)
      }
    }
  })
})
