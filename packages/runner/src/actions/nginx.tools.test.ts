import { readdirSync } from 'node:fs'
import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import { type NginxSite, nginxSite, noNginxSite } from '@ikoma/machine/nginx'
import { requestAsIs } from '@ikoma/machine/testing/http'
import { expect, onTestFinished, test } from 'vitest'
import { actionContext } from '../testing/action-context.ts'
import { startForegroundNginx } from '../testing/foreground-nginx.ts'
import { converging } from './converging.ts'

async function setup() {
  const { places, machine, site, ports } = await startForegroundNginx()
  const context = () => actionContext({ machine })
  return {
    places,
    site,
    apply: (wanted: NginxSite) => converging(() => [nginxSite(wanted, places)])({}, context()),
    remove: (name: string) => converging(() => [noNginxSite(name, places)])({}, context()),
    async bodies() {
      const ask = (port: number) =>
        requestAsIs(`http://127.0.0.1:${port}`, { agent: false, headers: { host: 'app.example.com' } })
      return Promise.all(
        [ports.http, ports.theirs].map((port) =>
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
