import { readFileSync } from 'node:fs'
import { createServer, request } from 'node:http'
import type { AddressInfo } from 'node:net'
import type { Duplex } from 'node:stream'
import { caddyRoute, type WantedRoute } from '@ikoma/machine/caddy'
import { requestAsIs } from '@ikoma/machine/testing/http'
import { createPlace } from '@ikoma/machine/testing/tool'
import { expect, onTestFinished, test } from 'vitest'
import { actionContext } from '../testing/action-context.ts'
import { startForegroundCaddy } from '../testing/foreground-caddy.ts'
import { converging } from './converging.ts'

async function setup(options: Parameters<typeof startForegroundCaddy>[0] = {}) {
  const { places, machine, site, ports } = await startForegroundCaddy(options)
  const url = `https://127.0.0.1:${ports.https}`
  return {
    places,
    ports,
    site,
    apply: (wanted: WantedRoute, more: { name?: string; dryRun?: boolean } = {}) =>
      converging(() => [caddyRoute(more.name ?? 'app', wanted, places)])({}, actionContext({ machine, ...more })),
    body: (domain: string) =>
      requestAsIs(url, { agent: false, servername: domain, rejectUnauthorized: false, headers: { host: domain } }).then(
        ({ body }) => body,
        () => 'nothing',
      ),
  }
}

test('a certificate that cannot be had fails the order, and the one that was served is served again', async () => {
  const { site, apply, body } = await setup()
  expect(await apply(site)).toMatchObject({ ok: true })
  expect(await body('app.example.com')).toBe('app')
  await expect(apply({ ...site, tls: { directoryUrl: 'https://127.0.0.1:1/dir' } })).rejects.toMatchObject({
    reason: 'certificate_not_served',
    message: expect.stringContaining('journalctl -u caddy'),
  })
  expect(await body('app.example.com')).toBe('app')
  expect(await apply(site)).toMatchObject({ summary: 'Nothing to change.' })
})

test('beside `auto_https off` nothing answers over HTTPS, and the order says so', async () => {
  const { places, site, apply } = await setup({ theirs: '', options: '\tauto_https off\n' })
  const before = readFileSync(places.main, 'utf8')
  await expect(apply(site)).rejects.toMatchObject({
    reason: 'certificate_not_served',
    message: expect.stringContaining('auto_https is off'),
  })
  expect(readFileSync(places.main, 'utf8')).toBe(before)
})

test('a route to where nobody listens fails, and the one before is there again', async () => {
  const { site, apply, body } = await setup()
  await apply(site)
  const wrong = { ...site, upstreams: [{ host: '127.0.0.1', port: 1 }] }
  await expect(apply(wrong)).rejects.toMatchObject({ reason: 'app_not_served' })
  expect(await body('app.example.com')).toBe('app')
  expect(await apply({ ...wrong, appMayBeDown: true })).toMatchObject({ ok: true })
})

test('a Caddyfile of one site without braces goes on serving it, beside a route of ours', async () => {
  const { site, apply, body } = await setup({ theirs: 'theirs.example.com\ntls internal\nrespond "theirs"\n' })
  expect(await apply(site)).toMatchObject({ ok: true })
  await expect.poll(() => body('theirs.example.com')).toBe('theirs')
  expect(await body('app.example.com')).toBe('app')
  expect(await apply(site)).toMatchObject({ summary: 'Nothing to change.' })
})

test('what the running Caddy takes from its environment is judged with it', async () => {
  const log = `${createPlace()}/theirs.log`
  const theirs =
    'theirs.example.com {\n\ttls internal\n\tlog {\n\t\toutput file {env.THEIR_LOG}\n\t}\n\trespond "theirs"\n}\n'
  const { site, apply, body } = await setup({ theirs, env: { THEIR_LOG: log } })
  expect(await apply(site)).toMatchObject({ ok: true })
  expect([await body('app.example.com'), await body('theirs.example.com')]).toEqual(['app', 'theirs'])
})

test('the plan says how many streams a Caddy that keeps none will end', async () => {
  const app = createServer().on('upgrade', (_, socket: Duplex) => {
    socket.write('HTTP/1.1 101 Switching Protocols\r\nConnection: Upgrade\r\nUpgrade: websocket\r\n\r\n')
  })
  app.on('request', (_, answer) => answer.end('b'))
  await new Promise<void>((listening) => app.listen(0, '127.0.0.1', listening))
  onTestFinished(() => void app.close().closeAllConnections())
  const { port } = app.address() as AddressInfo
  const theirs = `http://b.example.com {\n\treverse_proxy 127.0.0.1:${port}\n}\n`
  const { ports, site, apply } = await setup({ theirs })
  const opened = Array.from({ length: 50 }, () => {
    const headers = { host: 'b.example.com', connection: 'Upgrade', upgrade: 'websocket' }
    const asked = request({ host: '127.0.0.1', port: ports.http, agent: false, headers })
    asked.on('error', () => {}).end()
    return new Promise<Duplex>((resolve) => asked.once('upgrade', (_, socket) => resolve(socket)))
  })
  const sockets = await Promise.all(opened)
  onTestFinished(() => sockets.forEach((socket) => void socket.destroy()))
  const plan = await apply(site, { dryRun: true })
  const load = plan.output?.changes?.map(({ title }) => title)[0]
  expect(load).toContain('which ends up to 50 open streams')
})
