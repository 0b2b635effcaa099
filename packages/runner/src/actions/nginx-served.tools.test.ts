import { readdirSync } from 'node:fs'
import { createServer, request } from 'node:http'
import type { AddressInfo } from 'node:net'
import type { Duplex } from 'node:stream'
import { nginxSite, type WantedSite } from '@ikoma/machine/nginx'
import { requestAsIs } from '@ikoma/machine/testing/http'
import { createCertificate } from '@ikoma/machine/testing/tool'
import { expect, onTestFinished, test } from 'vitest'
import { actionContext } from '../testing/action-context.ts'
import { startForegroundNginx } from '../testing/foreground-nginx.ts'
import { converging } from './converging.ts'

async function setup(options: Parameters<typeof startForegroundNginx>[0] = {}) {
  const { place, places, machine, site, ports } = await startForegroundNginx(options)
  const body = (name: string) =>
    requestAsIs(`http://127.0.0.1:${ports.http}`, { agent: false, headers: { host: name } }).then(
      (answer) => answer.body,
      () => 'nothing',
    )
  const apply = (wanted: WantedSite) => converging(() => [nginxSite(wanted, places)])({}, actionContext({ machine }))
  return { place, places, ports, site, apply, body }
}

test('a site in front of nobody fails, and the one before is there again', async () => {
  const { site, apply, body } = await setup()
  await apply(site)
  const wrong = { ...site, upstreams: [{ host: '127.0.0.1', port: 1 }] }
  await expect(apply(wrong)).rejects.toMatchObject({
    reason: 'app_not_served',
    message: expect.stringContaining('127.0.0.1:1: connection_refused'),
  })
  await expect.poll(() => body('app.example.com')).toBe('app')
  expect(await apply({ ...wrong, appMayBeDown: true })).toMatchObject({ ok: true })
})

test('a certificate that is for another name fails the order, and HTTP is served as before', async () => {
  const { place, site, apply, body } = await setup()
  await apply(site)
  await createCertificate(place, 'chain.pem', 'key.pem')
  const certificate = { chainFile: `${place}/chain.pem`, keyFile: `${place}/key.pem` }
  await expect(apply({ ...site, certificate })).rejects.toMatchObject({
    reason: 'certificate_not_served',
    message: expect.stringContaining('a certificate for localhost'),
  })
  // Workers of the former configuration answer for a moment after the reload.
  await expect.poll(() => body('app.example.com')).toBe('app')
})

test('a main file that includes the whole folder is understood', async () => {
  const { site, apply, body } = await setup({ include: '*' })
  expect(await apply(site)).toMatchObject({ ok: true })
  expect(await body('app.example.com')).toBe('app')
})

test('a site by hand on one address of the port is named as what is in the way', async () => {
  const { places, site, apply, body } = await setup({
    more: 'server {\n listen 127.0.0.1:PORT;\n return 200 hand;\n}\n',
  })
  await expect(apply(site)).rejects.toMatchObject({
    reason: 'reload_refused',
    message: expect.stringContaining('nginx itself listens at 127.0.0.1:'),
  })
  expect(await body('app.example.com')).toBe('hand')
  expect(readdirSync(places.sites)).toEqual(['theirs.conf'])
})

test('fifty open WebSockets of one site outlive ten changes of another', async () => {
  const app = createServer().on('upgrade', (_, socket: Duplex) => {
    socket.write('HTTP/1.1 101 Switching Protocols\r\nConnection: Upgrade\r\nUpgrade: websocket\r\n\r\n')
    socket.on('data', (said) => socket.write(said)).on('error', () => {})
  })
  app.on('request', (_, answer) => answer.end('b'))
  await new Promise<void>((listening) => app.listen(0, '127.0.0.1', listening))
  onTestFinished(() => void app.close().closeAllConnections())
  const { site, ports, apply } = await setup()
  const { port } = app.address() as AddressInfo
  const b = {
    ...site,
    name: 'b',
    domains: ['b.example.com'],
    upstreams: [{ host: '127.0.0.1', port }],
    websocket: true,
  }
  await apply(b)
  const headers = { host: 'b.example.com', connection: 'Upgrade', upgrade: 'websocket' }
  const opened = Array.from({ length: 50 }, () => {
    const asked = request({ host: '127.0.0.1', port: ports.http, agent: false, headers })
    asked.on('error', () => {}).end()
    return new Promise<Duplex>((resolve) => asked.once('upgrade', (_, socket) => resolve(socket)))
  })
  const sockets = await Promise.all(opened)
  onTestFinished(() => sockets.forEach((socket) => void socket.destroy()))
  for (let change = 1; change <= 10; change += 1) await apply({ ...site, maxBodyBytes: 1_000 + change })
  const echoes = sockets.map((socket) => {
    if (socket.destroyed) return 'closed'
    socket.write('still there')
    return new Promise((resolve) => socket.once('data', String).once('data', (said) => resolve(String(said))))
  })
  expect(new Set(await Promise.all(echoes))).toEqual(new Set(['still there']))
})
