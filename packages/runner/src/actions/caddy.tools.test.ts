import { readdirSync, readFileSync, writeFileSync } from 'node:fs'
import { type CaddySite, caddyRoute, noCaddyRoute } from '@ikoma/machine/caddy'
import { requestAsIs } from '@ikoma/machine/testing/http'
import { ask } from '@ikoma/machine/testing/tool'
import { expect, test } from 'vitest'
import { actionContext } from '../testing/action-context.ts'
import { startForegroundCaddy } from '../testing/foreground-caddy.ts'
import { converging } from './converging.ts'

async function setup() {
  const { place, places, machine, site, ports } = await startForegroundCaddy()
  const url = `https://127.0.0.1:${ports.https}`
  return {
    places,
    site,
    apply: (name: string, wanted: CaddySite) =>
      converging(() => [caddyRoute(name, wanted, places)])({}, actionContext({ machine })),
    remove: (name: string) => converging(() => [noCaddyRoute(name, places)])({}, actionContext({ machine })),
    body: (domain: string) =>
      requestAsIs(url, { agent: false, servername: domain, rejectUnauthorized: false, headers: { host: domain } }).then(
        ({ body }) => body,
        () => 'nothing',
      ),
    /** What Caddy serves, and what it would serve if it were started now. */
    async configurations() {
      const running = (await requestAsIs(`http://localhost:${ports.admin}/config/`, {})).body
      const written = await ask(['caddy', 'adapt', '--adapter', 'caddyfile', '--config', './Caddyfile'], place)
      return { running: JSON.parse(running), written: JSON.parse(written) }
    },
  }
}

/** Caddy makes the certificate of a new site after it has loaded it. */
const certified = { timeout: 20_000 }

test('a route is served beside the site of somebody else, again is no change, and is gone when it is removed', async () => {
  const { site, apply, remove, body, configurations } = await setup()
  expect(await apply('app', site)).toMatchObject({ ok: true, output: { changed: true } })
  await expect.poll(() => body('app.example.com'), certified).toBe('app')
  expect(await body('theirs.example.com')).toBe('theirs')
  const { running, written } = await configurations()
  expect(running).toEqual(written)
  expect(await apply('app', site)).toMatchObject({ summary: 'Nothing to change.' })
  expect(await remove('app')).toMatchObject({ ok: true, output: { changed: true } })
  expect([await body('app.example.com'), await body('theirs.example.com')]).toEqual(['nothing', 'theirs'])
  expect(await remove('app')).toMatchObject({ summary: 'Nothing to change.' })
})

test('what Caddy refuses changes no file, and the sites are served as before', async () => {
  const { places, site, apply, body } = await setup()
  await apply('app', site)
  await expect.poll(() => body('app.example.com'), certified).toBe('app')
  const twice = apply('second', { ...site, upstreams: [{ host: '127.0.0.1', port: 1 }] })
  await expect(twice).rejects.toMatchObject({
    reason: 'configuration_refused',
    message: expect.stringContaining('app.example.com'),
  })
  expect([await body('app.example.com'), await body('theirs.example.com')]).toEqual(['app', 'theirs'])
  expect(readdirSync(places.routes)).toEqual(['app.caddy'])
})

test('what only the running Caddy finds out changes no file either, and the refusal says why', async () => {
  const { places, site, apply } = await setup()
  await apply('app', site)
  const main = readFileSync(places.main, 'utf8')
  writeFileSync(places.main, main.replace(/http_port .*/, `http_port ${site.upstreams[0]?.port}`))
  await expect(apply('second', { ...site, domains: ['second.example.com'] })).rejects.toMatchObject({
    reason: 'configuration_refused',
    message: expect.stringMatching(/address already in use.*\n.*restart Caddy/s),
  })
  expect(readdirSync(places.routes)).toEqual(['app.caddy'])
})

test('a Caddyfile that somebody broke by hand is never loaded, whatever the order is for', async () => {
  const { places, site, apply, body } = await setup()
  writeFileSync(places.main, `${readFileSync(places.main, 'utf8')}broken.example.com {\n`)
  await expect(apply('app', site)).rejects.toMatchObject({ reason: 'configuration_refused' })
  expect([await body('app.example.com'), await body('theirs.example.com')]).toEqual(['nothing', 'theirs'])
})
