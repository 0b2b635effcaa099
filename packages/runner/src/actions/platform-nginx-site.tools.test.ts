import { existsSync, readdirSync, readFileSync } from 'node:fs'
import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import { setTimeout } from 'node:timers/promises'
import { type NginxSite, nginxSite, noNginxSite } from '@ikoma/deploy'
import { answering, findFreePort, requestAsIs, startApp } from '@ikoma/deploy/testing/http'
import { configuration } from '@ikoma/deploy/testing/nginx'
import { addFiles, createPlace, start } from '@ikoma/deploy/testing/tool'
import { expect, onTestFinished, test } from 'vitest'
import { converging } from '../host/converge.ts'
import { actionContext } from '../testing/action-context.ts'
import { foregroundMachine } from '../testing/foreground-machine.ts'

/** An nginx in the foreground that serves a site of somebody else, and an app. */
async function setup() {
  const place = createPlace()
  const places = { main: `${place}/nginx.conf`, sites: `${place}/conf.d`, candidate: `${place}/candidate.conf` }
  const [http, theirs] = [await findFreePort(), await findFreePort()]
  addFiles(place, {
    'nginx.conf': configuration(place, `${places.sites}/*.conf`),
    'conf.d/theirs.conf': `server {\n listen ${theirs};\n return 200 theirs;\n}\n`,
  })
  const flags = ['-p', place, '-e', `${place}/error.log`]
  start(['nginx', ...flags, '-c', places.main, '-g', 'daemon off;'], place)
  await answering(`http://127.0.0.1:${theirs}`)
  // Its workers are ended by it: before the tool's own end, which leaves it no time.
  onTestFinished(async () => {
    process.kill(Number(readFileSync(`${place}/nginx.pid`, 'utf8')), 'SIGTERM')
    while (existsSync(`${place}/nginx.pid`)) await setTimeout(20)
  })
  const machine = await foregroundMachine({
    nginx: (args) => ({ argv: ['/usr/sbin/nginx', ...flags, ...args] }),
    systemctl: ([verb]) =>
      verb === 'show'
        ? { stdout: readFileSync(`${place}/nginx.pid`, 'utf8') }
        : { argv: ['/usr/sbin/nginx', ...flags, '-c', places.main, '-s', 'reload'] },
  })
  const app = await startApp()
  const site: NginxSite = {
    name: 'app',
    domains: ['app.example.com'],
    upstreams: [{ host: '127.0.0.1', port: app.port }],
    acmeWebroot: `${place}/acme`,
    maxBodyBytes: 1_000_000,
    ports: { http, https: 443 },
  }
  const context = () => actionContext({ machine })
  return {
    places,
    site,
    apply: (wanted: NginxSite) => converging(() => [nginxSite(wanted, places)])({}, context()),
    remove: (name: string) => converging(() => [noNginxSite(name, places)])({}, context()),
    async bodies() {
      const ask = (port: number) => requestAsIs(`http://127.0.0.1:${port}`, { headers: { host: 'app.example.com' } })
      return Promise.all(
        [http, theirs].map((port) =>
          ask(port).then(
            ({ body }) => body,
            () => 'nothing',
          ),
        ),
      )
    },
  }
}

test('a site is served beside that of somebody else, again is no change, and is gone when it is removed', async () => {
  const { places, site, apply, remove, bodies } = await setup()
  expect(await apply(site)).toMatchObject({ ok: true, output: { changed: true } })
  expect(await bodies()).toEqual(['app', 'theirs'])
  expect(await apply(site)).toMatchObject({ summary: 'Nothing to change.' })
  expect(await remove('app')).toMatchObject({ ok: true, output: { changed: true } })
  expect(await bodies()).toEqual(['nothing', 'theirs'])
  expect(readdirSync(places.sites)).toEqual(['theirs.conf'])
})

test('what nginx refuses, or only warns of, changes no file, and the sites are served as before', async () => {
  const { places, site, apply, bodies } = await setup()
  await apply(site)
  const second: NginxSite = { ...site, name: 'second', domains: ['second.example.com'] }
  const certificate = { chainFile: '/nowhere/chain.pem', keyFile: '/nowhere/key.pem' }
  await expect(apply({ ...second, certificate })).rejects.toMatchObject({
    reason: 'configuration_refused',
    message: expect.stringContaining('/nowhere/chain.pem'),
  })
  await expect(apply({ ...site, name: 'second' })).rejects.toMatchObject({ reason: 'domain_taken' })
  expect(await bodies()).toEqual(['app', 'theirs'])
  expect(readdirSync(places.sites)).toEqual(['ikoma-app.conf', 'theirs.conf'])
})

test('a reload that nginx cannot do, and says nothing about, is found out and taken back', async () => {
  const { places, site, apply, bodies } = await setup()
  const other = createServer((_request, response) => response.end('other'))
  await new Promise<void>((listening) => other.listen(0, listening))
  onTestFinished(() => void other.close().closeAllConnections())
  const ports = { http: (other.address() as AddressInfo).port, https: 443 }
  await expect(apply({ ...site, ports })).rejects.toMatchObject({ reason: 'reload_refused' })
  expect(await bodies()).toEqual(['nothing', 'theirs'])
  expect(readdirSync(places.sites)).toEqual(['theirs.conf'])
  expect(await apply(site)).toMatchObject({ ok: true })
  expect(await bodies()).toEqual(['app', 'theirs'])
})
