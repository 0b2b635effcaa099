import { describe, expect, it } from 'vitest'
import { noContent, ok, problem } from '../testing/fake-api.ts'
import { aRunner, aServer, noon, orderId, page, runnerId, serverId } from '../testing/fixtures.ts'
import { createConnectedWorld } from '../testing/world.ts'

const aSchedule = {
  id: orderId,
  name: 'nightly',
  cron: '0 3 * * *',
  timeZone: 'UTC',
  order: { type: 'runner.selftest', runnerId },
  missedRuns: 'run_once',
  alertAfterSec: null,
  paused: false,
  nextRunAt: noon(54_000),
  lastRunAt: null,
  lastOrderId: null,
  lastProblem: null,
  overdue: false,
  createdBy: 'admin-key',
  createdAt: noon(),
}
const aToken = {
  id: orderId,
  name: 'ci',
  role: 'operator',
  createdBy: 'admin-key',
  createdAt: noon(),
  expiresAt: noon(86_400),
  expired: false,
  sharesName: false,
}

async function setup() {
  const world = await createConnectedWorld()
  world.api.on('GET /v1/servers', ok(page([aServer({ runnerId })])))
  world.api.on('GET /v1/schedules', ok(page([aSchedule])))
  world.api.on(`GET /v1/schedules/${aSchedule.id}`, ok(aSchedule))
  world.api.on('GET /v1/tokens', ok(page([aToken])))
  return world
}

describe('lists', () => {
  it.each([
    ['runner', 'local-runner'],
    ['server', 'web-1'],
    ['schedule', 'nightly'],
    ['token', 'operator'],
  ])('%s list shows what there is, in both ways', async (noun, expected) => {
    const { run } = await setup()
    expect((await run(noun, 'list')).stdout).toContain(expected)
    expect(JSON.parse((await run(noun, 'list', '--json')).stdout).items).toHaveLength(1)
  })

  it('token list says which names are shared, and what to do', async () => {
    const { run, api } = await setup()
    api.on('GET /v1/tokens', ok(page([{ ...aToken, sharesName: true }])))
    expect((await run('token', 'list')).stderr).toContain('More than one token goes by ci')
  })

  it('a runner that is named like the short id of another does not stand in for it', async () => {
    const { run, api } = await setup()
    const named = aRunner({ id: serverId, name: runnerId.slice(-8) })
    api.on('GET /v1/runners', ok(page([aRunner({ id: runnerId }), named])))
    const { code, stderr } = await run('runner', 'show', runnerId.slice(-8))
    expect([code === 0, stderr]).toEqual([false, expect.stringContaining(serverId)])
    expect((await run('runner', 'show', runnerId)).stdout).toContain('local-runner')
  })

  it.each([
    ['runner', 'runners', 'ikoma runner invite'],
    ['server', 'servers', 'ikoma server add'],
    ['schedule', 'schedules', 'ikoma schedule add'],
    ['token', 'tokens', 'ikoma token create'],
  ])('an empty %s list says what to do next', async (noun, path, hint) => {
    const { run, api } = await setup()
    api.on(`GET /v1/${path}`, ok(page([])))
    expect(await run(noun, 'list')).toMatchObject({ code: 0, stdout: '', stderr: expect.stringContaining(hint) })
  })

  it.each([
    ['runner', 'local-runner'],
    ['server', 'web-1'],
    ['schedule', 'nightly'],
  ])('%s show shows one, by name', async (noun, name) => {
    const { run } = await setup()
    expect((await run(noun, 'show', name)).stdout).toContain(name)
    expect(JSON.parse((await run(noun, 'show', name, '--json')).stdout).name).toBe(name)
  })
})

describe('removing', () => {
  it.each([
    ['runner', 'remove', 'local-runner', `DELETE /v1/runners/${runnerId}`],
    ['server', 'remove', 'web-1', `DELETE /v1/servers/${serverId}`],
    ['schedule', 'remove', 'nightly', `DELETE /v1/schedules/${orderId}`],
    ['token', 'revoke', 'ci', `DELETE /v1/tokens/${orderId}`],
  ])('%s %s wants the name confirmed', async (noun, verb, name, route) => {
    const { run, api } = await setup()
    api.on(route, noContent)
    expect(await run(noun, verb, name)).toMatchObject({ code: 2, stderr: expect.stringContaining(`--confirm ${name}`) })
    expect((await run(noun, verb, name, '--confirm', 'other')).code).toBe(2)
    expect(api.seen(route)).toEqual([])
    expect((await run(noun, verb, name, '--confirm', name)).code).toBe(0)
    expect(api.seen(route)).toHaveLength(1)
  })
})

describe('runner invite', () => {
  async function invited(...argv: string[]) {
    const world = await setup()
    const enrolment = {
      id: orderId,
      name: 'web-1',
      serverId: null,
      scopes: ['check'],
      token: 'iko_enrol_x',
      expiresAt: noon(900),
    }
    world.api.on('POST /v1/enrolments', ok(enrolment, 201))
    return { ...world, seen: await world.run('runner', 'invite', ...argv) }
  }

  it('prints the very line to paste, alone on stdout', async () => {
    const { seen } = await invited('--name', 'web-1', '--public-url', 'https://ikoma.example.org')
    expect(seen.stdout).toBe(
      'ikoma runner enrol --url https://ikoma.example.org --token iko_enrol_x && ikoma runner run\n',
    )
    expect(seen.stderr).toContain('12:15:00')
  })

  it('warns that an address of this machine leads nowhere from another', async () => {
    const { seen, api } = await invited('--server', 'web-1', '--scope', 'check,system')
    expect(seen.stderr).toContain('--public-url')
    expect(api.seen('POST /v1/enrolments')[0]?.body).toEqual({ serverId, scopes: ['check', 'system'] })
  })
})

describe('runner show', () => {
  it.each([
    ['en', 'asked for a new token at', 'a new one asked for at 2026-11-20 11:50:00, not made yet'],
    ['fr', 'Un nouveau jeton est demandé', 'un nouveau demandé le'],
  ])('says in the list and alone that a new token is awaited: %s', async (language, inList, alone) => {
    const { run, api } = await createConnectedWorld()
    const rotation = { askedAt: noon(-600), fetchedAt: null, formerUntil: noon(600), lockedOut: false }
    api.on('GET /v1/runners', ok(page([aRunner({ rotation })])))
    expect((await run('runner', 'list', '--lang', language)).stderr).toContain(inList)
    expect((await run('runner', 'show', 'local-runner', '--lang', language)).stdout).toContain(alone)
    const listed = JSON.parse((await run('runner', 'list', '--json')).stdout)
    expect(listed.items[0].rotation).toEqual(rotation)
  })

  it.each([
    [
      'locked out: its token ended',
      { rotation: { askedAt: noon(-9), fetchedAt: null, formerUntil: noon(-8), lockedOut: true } },
    ],
    ['it still has the old one', { refused: { since: noon(-60), lastAt: noon(), address: '10.0.0.9', former: true } }],
    [
      'from 10.0.0.9. If that is',
      { refused: { since: noon(-60), lastAt: noon(), address: '10.0.0.9', former: false } },
    ],
  ])('says why a runner cannot be heard, and what to type: %s', async (said, changes) => {
    const { run, api } = await createConnectedWorld()
    api.on('GET /v1/runners', ok(page([aRunner({ status: 'OFFLINE', ...changes })])))
    const { stderr } = await run('runner', 'list')
    expect(stderr).toContain(said)
    expect(stderr).toContain('ikoma runner invite --name local-runner')
  })

  it.each([
    ['executor', 'by an executor'],
    ['root', 'which is root'],
    ['none', 'not done'],
  ])('says who does what needs root: %s', async (privilege, said) => {
    const { api, run } = await createConnectedWorld()
    api.on(`GET /v1/runners/${runnerId}`, ok(aRunner({ capabilities: { privilege } })))
    api.on('GET /v1/runners', ok(page([aRunner({ capabilities: { privilege } })])))
    expect((await run('runner', 'show', aRunner().name)).stdout).toContain(said)
  })
})

describe('runner show', () => {
  const policy = { scopes: ['check', 'service'], maxTimeoutSec: 600, file: '/etc/ikoma/policy.json' }
  it.each([
    [{ policy, orderTypes: ['a', 'b'] }, 'allows check, service; 2 order types; at most 600 s; /etc/ikoma/policy.json'],
    [{ orderTypes: ['a', 'b'] }, '2 order types'],
    [
      { policy: { ...policy, problem: 'line 2, column 3: scope' } },
      'last good policy, and would not start again: line 2',
    ],
  ])('tells what its server lets it do: %j', async (capabilities, said) => {
    const { api, run } = await createConnectedWorld()
    api.on('GET /v1/runners', ok(page([aRunner({ capabilities })])))
    api.on(`GET /v1/runners/${runnerId}`, ok(aRunner({ capabilities })))
    expect((await run('runner', 'show', aRunner().name)).screen).toContain(said)
  })
})

describe('runner edit', () => {
  async function edited(...argv: string[]) {
    const world = await setup()
    const route = `PATCH /v1/runners/${runnerId}`
    world.api.on(route, ok(aRunner({ scopes: ['check'] })))
    return { seen: await world.run('runner', 'edit', 'local-runner', ...argv), bodies: () => world.api.seen(route) }
  }

  it('changes what is given and nothing else, and shows the runner as it now is', async () => {
    const { seen, bodies } = await edited('--scope', 'check,system', '--concurrency', '3', '--enable')
    expect(seen).toMatchObject({ code: 0, stdout: expect.stringContaining('check') })
    expect(bodies()[0]?.body).toEqual({ scopes: ['check', 'system'], concurrency: 3, disabled: false })
  })

  it.each([
    [[], '--scope'],
    [['--enable', '--disable'], 'exclude each other'],
  ])('is refused with %j, and nothing is sent', async (argv, said) => {
    const { seen, bodies } = await edited(...argv)
    expect(seen).toMatchObject({ code: 2, stderr: expect.stringContaining(said) })
    expect(bodies()).toEqual([])
  })
})

describe('secrets shown once', () => {
  it('are alone on stdout', async () => {
    const { run, api } = await setup()
    api.on(
      `POST /v1/runners/${runnerId}/rotate-token`,
      ok({ id: runnerId, token: 'iko_new', previousTokenExpiresAt: noon(300) }),
    )
    api.on('POST /v1/tokens', ok({ ...aToken, token: 'iko_token' }, 201))
    expect((await run('runner', 'rotate', 'local-runner', '--overlap', '5m')).stdout).toBe('iko_new\n')
    expect(api.seen(`POST /v1/runners/${runnerId}/rotate-token`)[0]?.body).toEqual({ overlapSec: 300 })
    expect((await run('token', 'create', 'ci', '--role', 'operator')).stdout).toBe('iko_token\n')
  })
})

describe('servers', () => {
  it('are added, and given a runner at once when named', async () => {
    const { run, api } = await setup()
    api.on('POST /v1/servers', ok(aServer(), 201))
    api.on(`PATCH /v1/servers/${serverId}/attach-runner`, ok(aServer({ runnerId })))
    expect(await run('server', 'add', 'web-1')).toMatchObject({
      stdout: `${serverId}\n`,
      stderr: expect.stringContaining('invite'),
    })
    await run('server', 'add', 'web-1', '--runner', 'local-runner', '--tag', 'a,b')
    expect(api.seen('POST /v1/servers')[1]?.body).toEqual({ name: 'web-1', tags: ['a', 'b'] })
    expect(api.seen(`PATCH /v1/servers/${serverId}/attach-runner`)[0]?.body).toEqual({ runnerId })
  })

  it('say that they were added even when their runner is refused', async () => {
    const { run, api } = await setup()
    api.on('POST /v1/servers', ok(aServer(), 201))
    api.on(`PATCH /v1/servers/${serverId}/attach-runner`, problem(409, 'runner_already_attached', 'It serves "vm".'))
    const { code, stderr } = await run('server', 'add', 'web-1', '--runner', 'local-runner')
    expect([code, stderr]).toEqual([5, expect.stringMatching(/"web-1" has no runner yet[\s\S]*It serves "vm"/)])
  })

  it('are attached to a runner or to none, and it must be said which', async () => {
    const { run, api } = await setup()
    const route = `PATCH /v1/servers/${serverId}/attach-runner`
    api.on(route, ok(aServer()))
    expect((await run('server', 'attach', 'web-1')).code).toBe(2)
    expect((await run('server', 'attach', 'web-1', 'local-runner', '--none')).code).toBe(2)
    await run('server', 'attach', 'web-1', '--none')
    expect(api.seen(route).map(({ body }) => body)).toEqual([{ runnerId: null }])
  })
})

describe('schedules', () => {
  it('are added with everything an order takes', async () => {
    const { run, api } = await setup()
    api.on('POST /v1/schedules', ok(aSchedule, 201))
    const timing = ['--cron', '0 3 * * *', '--missed-runs', 'run-once', '--alert-after', '2d']
    const { stderr } = await run(
      'schedule',
      'add',
      'nightly',
      'check.tcp.run',
      ...timing,
      '--set',
      'port=22',
      '--set',
      'host=a',
    )
    expect(stderr).toContain('2026-11-21 03:00:00')
    expect(api.seen('POST /v1/schedules')[0]?.body).toEqual({
      name: 'nightly',
      cron: '0 3 * * *',
      missedRuns: 'run_once',
      alertAfterSec: 172_800,
      order: { type: 'check.tcp.run', runnerId, payload: { port: 22, host: 'a' } },
    })
  })

  it('of a destructive type want it named twice', async () => {
    const { run } = await setup()
    expect((await run('schedule', 'add', 'x', 'shell.run', '--cron', '* * * * *')).stderr).toContain(
      '--confirm shell.run',
    )
  })

  it('are paused and resumed', async () => {
    const { run, api } = await setup()
    const route = `PATCH /v1/schedules/${orderId}`
    api.on(route, ok({ ...aSchedule, paused: true, nextRunAt: null }), ok(aSchedule))
    expect((await run('schedule', 'pause', 'nightly')).stderr).toContain('schedule resume nightly')
    expect((await run('schedule', 'resume', 'nightly')).stderr).toContain('2026-11-21')
    expect(api.seen(route).map(({ body }) => body)).toEqual([{ paused: true }, { paused: false }])
  })
})

describe('refusals', () => {
  it('of the credential end with 4 and say how to give one', async () => {
    const { run, api } = await setup()
    api.on('GET /v1/runners', problem(401, 'token_unknown', 'This token is not known.'))
    expect(await run('runner', 'list')).toMatchObject({ code: 4, stderr: expect.stringContaining('ikoma context add') })
  })

  it('for want of a control plane say which address, and how to start one', async () => {
    const { run } = await setup()
    const { code, stderr } = await run('runner', 'list', '--url', 'http://127.0.0.1:1')
    expect(code).toBe(1)
    expect(stderr).toContain('http://127.0.0.1:1')
    expect(stderr).toContain('ikoma up')
  })

  it('never repeat the credential', async () => {
    const { run, api } = await setup()
    api.on('GET /v1/runners', problem(401, 'token_unknown', 'This token is not known.'))
    expect((await run('runner', 'list')).screen + (await run('doctor')).screen).not.toContain('iko_test')
  })
})
