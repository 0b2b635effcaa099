import { chmodSync, readdirSync, readFileSync, writeFileSync } from 'node:fs'
import { type CaddySite, caddyRoute, noCaddyRoute } from '@ikoma/deploy'
import { answering, findFreePort, requestAsIs, startApp } from '@ikoma/deploy/testing/http'
import { addFiles, ask, createPlace, start } from '@ikoma/deploy/testing/tool'
import { expect, test } from 'vitest'
import { converging } from '../host/converge.ts'
import { actionContext } from '../testing/action-context.ts'
import { foregroundMachine } from '../testing/foreground-machine.ts'

/** A Caddy in the foreground that serves a site of somebody else, and an app. */
async function setup() {
  const place = createPlace()
  chmodSync(place, 0o755)
  const places = { main: `${place}/Caddyfile`, routes: `${place}/ikoma` }
  const [http, https, admin] = [await findFreePort(), await findFreePort(), await findFreePort()]
  const options = `{\n\tadmin localhost:${admin}\n\thttp_port ${http}\n\thttps_port ${https}\n\tskip_install_trust\n}\n`
  const theirs = 'theirs.example.com {\n\ttls internal\n\trespond "theirs"\n}\n'
  addFiles(place, { Caddyfile: `${options}${theirs}` })
  start(['caddy', 'run', '--adapter', 'caddyfile', '--config', './Caddyfile'], place)
  const url = `https://127.0.0.1:${https}`
  await answering(url, { servername: 'theirs.example.com', rejectUnauthorized: false })
  const machine = await foregroundMachine({
    getent: () => ({ stdout: `caddy:x:${process.getuid?.()}:${process.getgid?.()}::${place}:\n` }),
    // Only root may change groups.
    ...(process.getuid?.() === 0
      ? {}
      : { setpriv: (args) => ({ argv: ['caddy', ...args.slice(args.indexOf('caddy') + 1)] }) }),
  })
  const app = await startApp()
  const site: CaddySite = {
    domains: ['app.example.com'],
    upstreams: [{ host: '127.0.0.1', port: app.port }],
    tls: 'internal',
  }
  return {
    places,
    site,
    apply: (name: string, wanted: CaddySite) =>
      converging(() => [caddyRoute(name, wanted, places)])({}, actionContext({ machine })),
    remove: (name: string) => converging(() => [noCaddyRoute(name, places)])({}, actionContext({ machine })),
    body: (domain: string) =>
      requestAsIs(url, { servername: domain, rejectUnauthorized: false, headers: { host: domain } }).then(
        ({ body }) => body,
        () => 'nothing',
      ),
    /** What Caddy serves, and what it would serve if it were started now. */
    async configurations() {
      const running = (await requestAsIs(`http://localhost:${admin}/config/`, {})).body
      const written = await ask(['caddy', 'adapt', '--adapter', 'caddyfile', '--config', './Caddyfile'], place)
      return { running: JSON.parse(running), written: JSON.parse(written) }
    },
  }
}

test('a route is served beside the site of somebody else, again is no change, and is gone when it is removed', async () => {
  const { site, apply, remove, body, configurations } = await setup()
  expect(await apply('app', site)).toMatchObject({ ok: true, output: { changed: true } })
  expect([await body('app.example.com'), await body('theirs.example.com')]).toEqual(['app', 'theirs'])
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
  const twice = apply('second', { ...site, upstreams: [{ host: '127.0.0.1', port: 1 }] })
  await expect(twice).rejects.toMatchObject({
    reason: 'configuration_refused',
    message: expect.stringContaining('app.example.com'),
  })
  // Judged well, but a port is taken, which only the running Caddy finds out.
  const main = readFileSync(places.main, 'utf8')
  writeFileSync(places.main, main.replace(/http_port .*/, `http_port ${site.upstreams[0]?.port}`))
  const unloadable = apply('second', { ...site, domains: ['second.example.com'] })
  await expect(unloadable).rejects.toMatchObject({ message: expect.stringContaining('address already in use') })
  writeFileSync(places.main, main)
  expect([await body('app.example.com'), await body('theirs.example.com')]).toEqual(['app', 'theirs'])
  expect(readdirSync(places.routes)).toEqual(['app.caddy'])
})

test('a Caddyfile that somebody broke by hand is never loaded, whatever the order is for', async () => {
  const { places, site, apply, body } = await setup()
  writeFileSync(places.main, `${readFileSync(places.main, 'utf8')}broken.example.com {\n`)
  await expect(apply('app', site)).rejects.toMatchObject({ reason: 'configuration_refused' })
  expect([await body('app.example.com'), await body('theirs.example.com')]).toEqual(['nothing', 'theirs'])
})
