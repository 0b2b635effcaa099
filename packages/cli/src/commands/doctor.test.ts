import { mkdirSync, writeFileSync } from 'node:fs'
import { dirname } from 'node:path'
import { describe, expect, it } from 'vitest'
import { contextsPath } from '../contexts.ts'
import { ok, problem, type Reply } from '../testing/fake-api.ts'
import { anOrder, aRunner, noon, page } from '../testing/fixtures.ts'
import { createConnectedWorld } from '../testing/world.ts'

/** Ready, by a clock that is this many seconds off the person's own. */
function readyAt(offsetSec: number): Reply {
  return (response) => {
    response.setHeader('date', new Date(Date.parse(noon(60 + offsetSec))).toUTCString())
    response.writeHead(200, { 'content-type': 'application/json' }).end('{"status":"ready"}')
  }
}

async function setup() {
  const world = await createConnectedWorld()
  world.api.on('GET /readyz', readyAt(0))
  world.api.on('GET /v1/clock', ok({ now: noon(), steady: true, jump: null }))
  world.api.on('GET /v1/drain', ok({ draining: null, running: 0 }))
  world.api.on('GET /v1/orders', ok(page([])))
  const checks = async (...argv: string[]) => {
    const { code, stdout } = await world.run('doctor', '--json', ...argv)
    const found: { name: string; status: string }[] = JSON.parse(stdout).checks
    return { code, found: Object.fromEntries(found.map(({ name, status }) => [name, status])) }
  }
  return { ...world, checks }
}

describe('doctor', () => {
  it('finds nothing wrong where nothing is', async () => {
    const { checks } = await setup()
    expect(await checks()).toEqual({
      code: 0,
      found: { node: 'ok', contexts: 'ok', reachable: 'ok', clock: 'ok', credential: 'ok', runners: 'ok' },
    })
  })

  it('shows each check on its line with what to do', async () => {
    const { run, api } = await setup()
    api.on('GET /v1/runners', ok(page([aRunner({ status: 'OFFLINE' })])))
    const { code, stdout } = await run('doctor')
    expect(code).toBe(0)
    expect(stdout).toContain('✔ clocks agree\n')
    expect(stdout).toContain('! offline: local-runner\n    → On that server: systemctl status')
  })

  it.each([
    [3, 'ok'],
    [20, 'warn'],
    [-20, 'warn'],
    [90, 'fail'],
  ])('a clock %i s off is %s', async (offset, status) => {
    const { checks, api } = await setup()
    api.on('GET /readyz', readyAt(offset))
    expect((await checks()).found.clock).toBe(status)
  })

  it('fails when the control plane does not answer or is not ready', async () => {
    const { checks, api } = await setup()
    expect(await checks('--url', 'http://127.0.0.1:1')).toMatchObject({ code: 1, found: { reachable: 'fail' } })
    api.on('GET /readyz', problem(503, 'unavailable', 'No database.'))
    expect(await checks()).toMatchObject({ code: 1, found: { reachable: 'fail' } })
  })

  it('fails when the credential is refused', async () => {
    const { checks, api } = await setup()
    api.on('GET /v1/runners', problem(401, 'token_unknown', 'This token is not known.'))
    expect(await checks()).toMatchObject({ code: 1, found: { credential: 'fail' } })
  })

  it('fails when others can read the contexts', async () => {
    const { checks, io } = await setup()
    mkdirSync(dirname(contextsPath(io)), { recursive: true })
    writeFileSync(contextsPath(io), '{}', { mode: 0o644 })
    expect(await checks()).toMatchObject({ code: 1, found: { contexts: 'fail' } })
  })

  it('warns of orders that may still run though nobody hears of them, with what ends them', async () => {
    const { checks, run, api } = await setup()
    const silent = { status: 'STALE', retryClass: 'once', resourceKey: 'app', heldUntil: noon(600) } as const
    api.on('GET /v1/orders', ok(page([anOrder(silent), anOrder({ status: 'STALE' })])))
    expect(await checks()).toMatchObject({ code: 0, found: { orders_silent: 'warn' } })
    expect(api.seen('GET /v1/orders')[0]?.query).toMatchObject({ status: 'STALE' })
    const { stdout } = await run('doctor')
    expect(stdout).toContain(
      'a7f3c1b9 (its key is held until 2026-11-20 12:10:00)\n    → Look at their servers; a verdict',
    )
  })

  it('fails by name while a jump of the control plane’s clock is not over', async () => {
    const { checks, run, api } = await setup()
    const jump = { alarm: 'clock_jumped', state: 'believed', byMs: 34_560_000_000, held: ['pruning'] }
    const times = { foundAt: noon(), expectedAt: noon(), releasesAt: null }
    api.on('GET /v1/clock', ok({ now: noon(), steady: false, jump: { ...jump, ...times } }))
    expect(await checks()).toMatchObject({ code: 1, found: { clock_jumped: 'fail' } })
    const { stdout } = await run('doctor')
    expect(stdout).toContain('jumped 400 d ahead')
    expect(stdout).toContain('ikoma control-plane accept-clock')
  })

  it.each([
    [12, undefined],
    [20_000, 'warn'],
    [-180_000, 'fail'],
  ])('a runner whose clock is %i ms off is %s', async (clockSkewMs, status) => {
    const { checks, api } = await setup()
    api.on('GET /v1/runners', ok(page([aRunner({ clockSkewMs })])))
    expect((await checks()).found.runner_clocks).toBe(status)
  })

  it('warns of what is drained, and finds nothing where a former control plane does not say', async () => {
    const { checks, api } = await setup()
    const draining = { since: noon(), by: 'admin-key' }
    api.on('GET /v1/drain', ok({ draining, running: 1 }))
    api.on('GET /v1/runners', ok(page([aRunner({ draining })])))
    expect((await checks()).found).toMatchObject({ draining: 'warn', runners_draining: 'warn' })
    for (const route of ['GET /v1/clock', 'GET /v1/drain']) api.on(route, problem(404, 'not_found', 'No such route.'))
    expect((await checks()).code).toBe(0)
  })

  it('warns of a policy that cannot be understood', async () => {
    const { checks, api } = await setup()
    const policy = { scopes: [], maxTimeoutSec: 1, file: '/etc/ikoma/policy.json', problem: 'it is not JSON' }
    api.on('GET /v1/runners', ok(page([aRunner({ capabilities: { policy } })])))
    expect((await checks()).found).toMatchObject({ runner_policies: 'warn' })
  })

  it('warns while there is no runner', async () => {
    const { checks, api } = await setup()
    api.on('GET /v1/runners', ok(page([])))
    expect(await checks()).toMatchObject({ code: 0, found: { runners: 'warn' } })
  })

  it.each([
    [{ askedAt: noon(-600), fetchedAt: null, formerUntil: noon(600), lockedOut: false }, { runner_tokens: 'warn' }],
    [{ askedAt: noon(-600), fetchedAt: null, formerUntil: noon(-60), lockedOut: true }, { runners_locked_out: 'fail' }],
    [{ askedAt: noon(-30), fetchedAt: null, formerUntil: noon(600), lockedOut: false }, {}],
    [{ askedAt: noon(-600), fetchedAt: noon(-590), formerUntil: null, lockedOut: false }, {}],
  ])(
    'says when a new token pends for longer than expected, or its runner is locked out: %j',
    async (rotation, found) => {
      const { checks, api } = await setup()
      const usual = (await checks()).found
      api.on('GET /v1/runners', ok(page([aRunner({ rotation })])))
      expect((await checks()).found).toEqual({ ...usual, ...found })
    },
  )

  it.each([
    [true, { runners_locked_out: 'fail' }],
    [false, { runners_refused: 'warn' }],
  ])('says that a runner is refused, and whether it was itself: %s', async (former, found) => {
    const { checks, api } = await setup()
    const refused = { since: noon(-60), lastAt: noon(), address: '10.0.0.9', former }
    api.on('GET /v1/runners', ok(page([aRunner({ status: 'OFFLINE', refused })])))
    expect((await checks()).found).toMatchObject(found)
  })
})
