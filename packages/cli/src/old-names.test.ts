import { describe, expect, it } from 'vitest'
import { noContent, ok, stream } from './testing/fake-api.ts'
import { anOrder, aServer, noon, orderId, page, runnerId, serverId, succeeded } from './testing/fixtures.ts'
import { createConnectedWorld, createWorld } from './testing/world.ts'

async function setup(env: Record<string, string> = {}) {
  const world = await createConnectedWorld({ env })
  const { api } = world
  api.on('GET /v1/servers', ok(page([aServer()])))
  api.on('POST /v1/servers', ok(aServer(), 201))
  api.on(`DELETE /v1/servers/${serverId}`, noContent)
  api.on(`PATCH /v1/servers/${serverId}/attach-runner`, ok(aServer({ runnerId })))
  api.on('GET /v1/orders', ok(page([anOrder({ serverId })])))
  api.on('GET /v1/orders/export', (response) => response.end())
  api.on('POST /v1/orders', ok(anOrder({ serverId }), 201))
  api.on(`GET /v1/orders/${orderId}/logs`, stream([{ event: 'status', data: succeeded }]))
  api.on('POST /v1/schedules', ok({ ...anOrder(), name: 'nightly', nextRunAt: null }, 201))
  const enrolment = { name: 'web-1', serverId, scopes: ['check'], token: 'iko_enrol_x', expiresAt: noon(900) }
  api.on('POST /v1/enrolments', ok(enrolment, 201))
  return world
}

describe('ikoma host', () => {
  it.each([
    ['list'],
    ['add', 'web-1'],
    ['show', 'web-1'],
    ['attach', 'web-1', 'local-runner'],
    ['remove', 'web-1', '--confirm', 'web-1'],
  ])('%s still does what ikoma server does, and says so on stderr', async (...verb) => {
    const { run } = await setup()
    const now = await run('server', ...verb)
    const before = await run('host', ...verb)
    expect([before.code, before.stdout]).toEqual([0, now.stdout])
    expect(before.stderr).toBe(
      `ikoma host is now ikoma server. The old name goes with the next version.\n${now.stderr}`,
    )
  })

  it('leaves stdout to the document, and speaks French', async () => {
    const { run } = await setup({ IKOMA_LANG: 'fr' })
    const { stdout, stderr } = await run('--json', 'host', 'list')
    expect(JSON.parse(stdout)).toEqual(page([aServer()]))
    expect(stderr).toBe('ikoma host s’appelle désormais ikoma server. L’ancien nom disparaît à la prochaine version.\n')
  })
})

describe('--host', () => {
  it.each([
    ['order create', 'runner.selftest'],
    ['order list'],
    ['order export'],
    ['diagnose'],
    ['schedule add', 'nightly', 'runner.selftest', '--cron', '0 3 * * *'],
    ['runner invite'],
  ])('of %s still names the server, and says so on stderr', async (command, ...more) => {
    const { run, api } = await setup()
    await run(...command.split(' '), ...more, '--server', 'web-1')
    const asked = api.requests.splice(0)
    const { code, stderr } = await run(...command.split(' '), ...more, '--host', 'web-1')
    expect([code, stderr.split('\n')[0]]).toEqual([
      0,
      '--host is now --server. The old name goes with the next version.',
    ])
    const said = ({ route, query, body }: (typeof asked)[number]) => [route, query, body]
    expect(api.requests.map(said)).toEqual(asked.map(said))
    expect(JSON.stringify(asked)).toContain(serverId)
  })
})

describe('ikoma server without a verb', () => {
  it.each([
    [['server'], {}],
    [['server', '--port', '8080'], { port: 8080 }],
    [['server', '--port=8080'], { port: 8080 }],
    [['--lang', 'en', 'server', '--port', '8080'], { port: 8080, lang: 'en' }],
  ])('%j still starts the control plane, and says so on stderr', async (argv, options) => {
    const { run, calls } = createWorld()
    expect(await run(...argv)).toMatchObject({
      code: 0,
      stdout: '',
      stderr: 'ikoma server is now ikoma serve. The old name goes with the next version.\n',
    })
    expect(calls).toEqual([['startControlPlane', options]])
  })

  it.each([
    [['server', 'lst'], 'There is no command "lst". Did you mean list?'],
    [['server', '--prot', '80'], 'There is no option "--prot".'],
    [['server', '--port', 'x'], 'Give a whole number.'],
  ])('%j starts nothing', async (argv, said) => {
    const { run, calls } = createWorld()
    expect(await run(...argv)).toMatchObject({ code: 2, stderr: expect.stringContaining(said) })
    expect(calls).toEqual([])
  })
})

describe('old names', () => {
  it.each([
    ['--help'],
    ['server', '--help'],
    ['order', 'create', '--help'],
    ['completion', 'bash'],
    ['completion', 'zsh'],
    ['completion', 'fish'],
  ])('are not in what ikoma %s prints', async (...argv) => {
    const { stdout } = await createWorld().run(...argv)
    expect(stdout).toContain('server')
    expect(stdout).not.toMatch(/\bhosts?\b|hôte/i)
    expect(stdout).not.toMatch(/ikoma server(?! \w)[^|]*--port/)
  })
})
