import { afterAll, beforeAll, expect, test, vi } from 'vitest'
import { adminKey } from '../kit/world.ts'
import { type Acme, startAcme } from './acme.ts'
import { onHost } from './bare-host.ts'
import { askHttps } from './http-client.ts'
import { type Mirror, startMirror } from './mirror.ts'
import { newVps, type Vps } from './vps.ts'

const domain = 'automate.ikomadigit.com'
const sources = '/var/lib/ikoma/gateway'
const data = '/var/lib/gateway'

type Step = readonly [section: string, type: string, payload: Record<string, unknown>]

/**
 * Document 1, section by section. Where it differs: the gateway has a user of its own, because `ikoma` is the runner, and
 * the packages come from Debian and this machine instead of NodeSource and Cloudsmith.
 */
onHost('document 1: from a bare host to a running gateway, by orders alone', () => {
  let vps: Vps
  let acme: Acme
  let mirror: Mirror
  beforeAll(async () => {
    vps = await newVps({ scopes: ['system', 'platform', 'service', 'shell'] })
    acme = await startAcme(vps.host)
    mirror = await startMirror(vps.host.gateway)
    await vps.controlPlane.client.setSecret('gateway-admin-key', { value: adminKey })
  })
  afterAll(async () => {
    await mirror?.close()
    await acme?.close()
    await vps?.close()
  })

  const prepared = (): Step[] => [
    ['2, Node.js', 'platform.node.install', { major: 24, source: 'tarball', tarball: mirror.tarball }],
    ['3, user', 'system.user.apply', { name: 'gateway', home: data }],
    ['3, folders', 'system.directory.apply', { path: sources, owner: 'ikoma', group: 'ikoma' }],
  ]
  const program = (argv: string[]) => ['shell.run', { argv, cwd: sources }] as const
  const built = (): Step[] => [
    ['4, clone', ...program(['git', 'clone', '--quiet', mirror.repository, '.'])],
    ['5, install', ...program(['npm', 'ci', '--no-audit', '--no-fund', '--registry', mirror.registry])],
    ['5, build', ...program(['npm', 'run', 'build'])],
    // What the runner makes is its own alone, until it says otherwise.
    ['5, readable', ...program(['chmod', '--recursive', 'a+rX', 'dist'])],
  ]
  const serving = (): Step[] => [
    [
      '6 and 7, database and unit',
      'service.systemd.apply',
      {
        name: 'ikoma-gateway',
        description: 'Ikoma Gateway Service',
        user: 'gateway',
        workingDirectory: sources,
        execStart: ['/usr/local/bin/node', 'dist/index.cjs', 'serve'],
        environment: {
          NODE_ENV: 'production',
          PORT: '8080',
          DB_PATH: `${data}/ikoma.db`,
          LOG_LEVEL: 'info',
          IKOMA_ADMIN_KEY: { secret: 'gateway-admin-key' },
        },
        readWritePaths: [data],
      },
    ],
    ['9, Caddy', 'platform.caddy.install', { source: 'debian' }],
    [
      '10, Caddyfile',
      'platform.caddy.route.apply',
      { name: 'gateway', domains: [domain], upstreams: [{ port: 8080 }], tls: { directoryUrl: acme.directory } },
    ],
  ]
  const askGateway = () => {
    return askHttps({ address: vps.host.address, name: domain, roots: acme.root, path: '/api/runners' })
  }
  const order = ([, type, payload]: Step) => vps.done(type, payload, { timeoutSec: 1200, withinSec: 1200 })

  test('every section is done, and the gateway answers over HTTPS with a certificate', {
    timeout: 1_800_000,
  }, async () => {
    for (const step of [...prepared(), ...built(), ...serving()]) await order(step)

    const found = await vps.host.see(['stat', '--format', '%F %U', `${sources}/dist/index.cjs`, `${data}/ikoma.db`])
    expect(found).toBe('regular file ikoma\nregular file gateway\n')
    // Caddy gets the certificate when it has loaded the route; the order does not wait for that.
    const answer = await vi.waitFor(askGateway, { timeout: 60_000, interval: 500 })
    expect(answer).toMatchObject({ status: 200, headers: { server: 'Caddy' } })
    expect(JSON.parse(answer.body)).toMatchObject({ ok: true, data: [] })
    expect(answer.certificate.subjectaltname).toBe(`DNS:${domain}`)
  })

  test('no account of the server but Caddy and root can tell Caddy what to serve', async () => {
    const reload = (user: string, ...at: string[]) =>
      vps.host.runAs(user, ['caddy', 'reload', '--config', '/etc/caddy/Caddyfile', ...at])
    expect((await reload('gateway')).stderr).toMatch(/dial unix .*: permission denied/)
    expect((await reload('gateway', '--address', 'localhost:2019')).stderr).toContain('connection refused')
    expect((await reload('caddy')).code).toBe(0)
  })

  test('everything again changes nothing', async () => {
    for (const step of [...prepared(), ...serving()]) {
      expect([step[0], await order(step)]).toEqual([step[0], expect.objectContaining({ changed: false, changes: [] })])
    }
  })

  test('the gateway is there again after a boot', async () => {
    await vps.host.reboot()
    const status = () => askGateway().then((answer) => answer.status, String)
    await expect.poll(status, { timeout: 60_000, interval: 500 }).toBe(200)
    await vps.done('check.http.run', { url: 'http://127.0.0.1:8080/healthz' })
  })
})
