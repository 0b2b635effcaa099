import { describe, expect, it } from 'vitest'
import { hangUp, ok, problem, type SentEvent, stream } from '../../testing/fake-api.ts'
import { aLine, anOrder, aRunner, claimed, noon, orderId, page, running, succeeded } from '../../testing/fixtures.ts'
import { createConnectedWorld } from '../../testing/world.ts'

const selftest = ['order', 'create', 'runner.selftest']
const logs = `GET /v1/orders/${orderId}/logs`
const status = (data: unknown): SentEvent => ({ event: 'status', data })
const line = (text: string, id?: string): SentEvent => ({ event: 'line', data: aLine(text), ...(id ? { id } : {}) })

const story = [
  status(claimed),
  status(running),
  line('state directory /var/lib/ikoma is writable', '1.0'),
  line('\u001b[33mwarning\u001b[0m: no swap\u0007', '1.1'),
  status(succeeded),
]

async function setup(events: SentEvent[] = story, options: Parameters<typeof createConnectedWorld>[0] = {}) {
  const world = await createConnectedWorld(options)
  world.api.on('POST /v1/orders', ok(anOrder(), 201))
  world.api.on(logs, stream(events))
  return world
}

/** What was typed, what a person then sees, and how it ended. */
async function scene(
  { run }: { run: (...argv: string[]) => Promise<{ code: number; screen: string }> },
  ...argv: string[]
) {
  const { code, screen } = await run(...argv)
  return `$ ikoma ${argv.join(' ')}\n${screen}[exit ${code}]\n`
}

describe('order create, as a person sees it', () => {
  it('looks the same as in the golden text', async () => {
    const failed = anOrder({
      ...running,
      status: 'FAILED',
      statusReason: 'failed',
      completedAt: noon(75),
      report: {
        ok: false,
        summary: 'The state directory is full',
        steps: [
          { name: 'open the journal', status: 'SUCCESS', durationMs: 12 },
          { name: 'write to it', status: 'FAILED', durationMs: 3, error: 'ENOSPC: no space left on device' },
          { name: 'read it back', status: 'SKIPPED' },
        ],
        errors: [{ code: 'disk_full', message: 'Free some space under /var/lib/ikoma.' }],
      },
    })
    const requeued = anOrder({ attempt: 1, statusReason: 'no_heartbeat', runAt: noon(200) })
    const stale = anOrder({ ...running, status: 'STALE', statusReason: 'no_heartbeat' })
    const silent = anOrder({ ...stale, retryClass: 'once', resourceKey: 'app:web', heldUntil: noon(600) })
    const unknown = anOrder({
      ...running,
      status: 'NEEDS_ATTENTION',
      statusReason: 'no_heartbeat',
      completedAt: noon(240),
    })
    const facts = anOrder({ ...succeeded, report: { ok: true, summary: 'Facts collected', output: factsOutput } })
    const scenes = [
      await scene(await setup(story, { tty: true }), ...selftest),
      await scene(await setup(story, { tty: true }), ...selftest, '--lang', 'fr'),
      await scene(await setup([status(failed)], { tty: true }), ...selftest),
      await scene(await setup([status(facts)], { tty: true }), ...selftest),
      await scene(await setup([status(running), status(stale), status(requeued), status(succeeded)]), ...selftest),
      await scene(await setup([status(running), status(silent), status(unknown)]), ...selftest),
      await scene(
        await setup([status(running), status(silent), status(running), status(succeeded)]),
        ...selftest,
        '--lang',
        'fr',
      ),
      await scene(await setup(story), ...selftest, '--detach'),
      await scene(await setup(story), ...selftest, '--json'),
    ]
    await expect(scenes.join('\n')).toMatchFileSnapshot('create.golden.txt')
  })

  it('puts log lines on stdout and progress on stderr', async () => {
    const { stdout, stderr } = await (await setup()).run(...selftest)
    expect(stdout).toBe('state directory /var/lib/ikoma is writable\nwarning: no swap\n')
    expect(stderr).toContain('succeeded in 0.8 s')
  })

  it('with --json puts the final order alone on stdout', async () => {
    const { stdout } = await (await setup()).run(...selftest, '--json')
    expect(JSON.parse(stdout)).toEqual(succeeded)
  })

  it('has colour on a terminal only, and never with NO_COLOR', async () => {
    const colour = '\u001b[32m'
    expect((await (await setup(story, { tty: true, env: { NO_COLOR: '' } })).run(...selftest)).screen).toContain(colour)
    expect((await (await setup(story, { tty: true })).run(...selftest)).screen).not.toContain('\u001b')
    expect((await (await setup(story, { env: { NO_COLOR: '' } })).run(...selftest)).screen).not.toContain('\u001b')
  })
})

const factsOutput = {
  hostname: 'web-1',
  cpus: 2,
  loadAverage: [0.1, 0.2],
  os: { id: 'debian', version: '13' },
  disks: [{ mount: '/', totalBytes: 1000, freeBytes: 400 }],
}

describe('order create', () => {
  it.each([
    ['FAILED', 1],
    ['CANCELED', 1],
    ['REJECTED', 5],
    ['EXPIRED', 6],
    ['TIMED_OUT', 6],
    ['NEEDS_ATTENTION', 6],
  ] as const)('ends with the exit code of the order: %s is %i', async (ended, code) => {
    const { run } = await setup([status(anOrder({ ...running, status: ended, completedAt: noon(5) }))])
    expect((await run(...selftest)).code).toBe(code)
  })

  it('sends what the options say, under a fresh idempotency key', async () => {
    const { run, api } = await setup()
    await run(
      'order',
      'create',
      'check.http.run',
      '--set',
      'url=https://a.b',
      '--set',
      'expectStatus=[200,204]',
      '--detach',
    )
    await run(
      ...selftest,
      '--label',
      'why=test',
      '--timeout',
      '2m',
      '--run-at',
      '1h',
      '--idempotency-key',
      'k',
      '--detach',
    )
    const [first, second] = api.seen('POST /v1/orders')
    const { id } = aRunner()
    expect(first?.body).toEqual({
      type: 'check.http.run',
      runnerId: id,
      payload: { url: 'https://a.b', expectStatus: [200, 204] },
    })
    expect(first?.headers['idempotency-key']).toMatch(/^[0-9a-f-]{36}$/)
    expect(second?.body).toEqual({
      type: 'runner.selftest',
      runnerId: id,
      payload: {},
      labels: { why: 'test' },
      timeoutSec: 120,
      runAt: noon(3660),
    })
    expect(second?.headers).toMatchObject({ 'idempotency-key': 'k', authorization: 'Bearer iko_test' })
  })

  it('of an unknown type names the near ones and places nothing', async () => {
    const { run, api } = await setup()
    const { code, stderr } = await run('order', 'create', 'runner.test')
    expect([code, stderr]).toEqual([2, expect.stringContaining('Did you mean runner.selftest')])
    expect(api.seen('POST /v1/orders')).toEqual([])
  })

  it('of a destructive type wants it named twice, and -y is no answer', async () => {
    const { run, api } = await setup()
    const shell = ['order', 'create', 'shell.run', '--set', 'argv=["true"]', '--detach']
    expect((await run(...shell)).stderr).toContain('--confirm shell.run')
    expect((await run(...shell, '-y')).code).toBe(2)
    expect((await run(...shell, '--confirm', 'shell')).code).toBe(2)
    expect(api.seen('POST /v1/orders')).toEqual([])
    expect((await run(...shell, '--confirm', 'shell.run')).code).toBe(0)
    expect((await run(...shell, '--dry-run')).code).toBe(0)
  })

  it('reads every option before it places anything', async () => {
    const { run, api } = await setup()
    for (const wrong of [
      ['--wait-timeout', 'x'],
      ['--set', 'x'],
      ['--payload', '[1]'],
      ['--payload', '@none.json'],
    ]) {
      expect((await run(...selftest, ...wrong)).code).toBe(2)
    }
    expect(api.seen('POST /v1/orders')).toEqual([])
  })

  it('says that the outcome is unknown when no answer comes, and how to ask again safely', async () => {
    const { run, api } = await setup()
    api.on('POST /v1/orders', hangUp)
    const { code, stderr } = await run(...selftest, '--idempotency-key', 'once-1')
    expect([code, stderr]).toEqual([6, expect.stringContaining('--idempotency-key once-1')])
  })

  it('does not doubt an order that could not be sent', async () => {
    const { run, api } = await setup()
    api.on('GET /v1/runners', api.lastly(ok(page([aRunner()]))))
    const { code, stderr } = await run(...selftest)
    expect([code, stderr]).toEqual([
      1,
      expect.stringContaining(`No answer from ${api.url}: the connection was refused`),
    ])
  })

  it('shows why the control plane refuses', async () => {
    const { run, api } = await setup()
    const fields = [{ field: 'body/payload/url', message: 'Invalid URL' }]
    api.on('POST /v1/orders', problem(422, 'invalid_payload', 'The payload does not fit.', { fields }))
    const { code, stdout, stderr } = await run(...selftest)
    expect([code, stdout]).toEqual([5, ''])
    expect(stderr).toBe(
      'error: The payload does not fit.\n  body/payload/url: Invalid URL\n  reason invalid_payload, request req-1\n',
    )
  })
})

describe('the target of order create', () => {
  it('is never guessed among several runners', async () => {
    const { run, api } = await setup()
    api.on('GET /v1/runners', ok(page([aRunner(), aRunner({ id: orderId, name: 'web-1', status: 'OFFLINE' })])))
    const { code, stderr } = await run(...selftest)
    expect(code).toBe(2)
    expect(stderr).toContain('--runner local-runner  (online)\n  --runner web-1  (offline)')
  })

  it('cannot be found where there is no runner: it says how to invite one', async () => {
    const { run, api } = await setup()
    api.on('GET /v1/runners', ok(page([])))
    expect(await run(...selftest)).toMatchObject({ code: 5, stderr: expect.stringContaining('ikoma runner invite') })
  })

  it('is one of runner, server and scope', async () => {
    const { run, api } = await setup()
    expect((await run(...selftest, '--scope', 'a', '--runner', 'b')).code).toBe(2)
    await run(...selftest, '--scope', 'platform', '--detach')
    expect(api.seen('POST /v1/orders')[0]?.body).toMatchObject({ scope: 'platform' })
  })

  it('may be a name that two runners share only by its id', async () => {
    const { run, api } = await setup()
    const twin = '01990000-0000-7000-8000-00000000beef'
    api.on('GET /v1/runners', ok(page([aRunner(), aRunner({ id: twin })])))
    const { code, stderr } = await run(...selftest, '--runner', 'local-runner')
    expect([code, stderr]).toEqual([2, expect.stringContaining(twin)])
    await run(...selftest, '--runner', '00beef', '--detach')
    expect(api.seen('POST /v1/orders')[0]?.body).toMatchObject({ runnerId: twin })
  })
})
