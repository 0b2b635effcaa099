import { expect, test } from 'vitest'
import type { Host } from '../host.ts'
import { planFor } from '../plan.ts'
import { SimulatedHost, shownCertificate, type Tool } from '../testing/simulated-host.ts'
import type { CaddySite } from './caddyfile.ts'
import { caddyRoute, noCaddyRoute } from './route.ts'

const site: CaddySite = { domains: ['app.example.com'], upstreams: [{ host: '127.0.0.1', port: 8080 }] }
const main = '/etc/caddy/Caddyfile'

function setup({ files, caddy }: { files?: Record<string, string>; caddy?: Tool } = {}) {
  const asked: { args: readonly string[]; input: string; cwd: string }[] = []
  const answer: Tool = (call) => {
    if (['validate', 'reload'].includes(call.args[0] ?? ''))
      asked.push({ args: call.args, input: call.input, cwd: call.cwd })
    return caddy?.(call) ?? {}
  }
  const host = new SimulatedHost({ files: files ?? {}, tools: { caddy: answer, getent: () => ({ code: 2 }) } })
  host.putDirectory('/etc/caddy')
  return { host, asked }
}

async function apply(host: Host, changes: Awaited<ReturnType<typeof planFor>>) {
  for (const change of changes) await change.apply(host)
}

test('without a main Caddyfile there is one after, and Caddy loads what the files say', async () => {
  const { host, asked } = setup()
  await apply(host, await planFor([caddyRoute('app', site)], host))
  expect(await host.read(main)).toContain('import /etc/caddy/ikoma/*.caddy')
  const [validated, loaded] = asked
  expect([validated?.args[0], loaded?.args[0]]).toEqual(['validate', 'reload'])
  expect(loaded?.input).toBe(validated?.input)
  expect(loaded?.input).toContain('reverse_proxy 127.0.0.1:8080')
  expect(loaded?.input).not.toContain('import')
})

test('of the Caddyfile of somebody else only the import is new, and its own imports stay relative to it', async () => {
  const theirs = 'import sites/*\nother.example.com {\n\trespond "other $1"\n}\n'
  const { host, asked } = setup({ files: { [main]: theirs } })
  const changes = await planFor([caddyRoute('app', site)], host)
  expect(changes.find(({ title }) => title === `change ${main}`)?.diff).toContain('+import /etc/caddy/ikoma/*.caddy')
  await apply(host, changes)
  expect(await host.read(main)).toBe(`${theirs}\nimport /etc/caddy/ikoma/*.caddy\n`)
  expect(asked.map(({ cwd }) => cwd)).toEqual(['/etc/caddy', '/etc/caddy'])
  expect(asked.at(-1)?.input).toContain(theirs)
})

test('what Caddy refuses is refused with its words before anything changes', async () => {
  const { host } = setup({
    caddy: ({ args }) =>
      args[0] === 'validate' ? { code: 1, stderr: '{"level":"info"}\nError: ambiguous site definition: app' } : {},
  })
  const before = host.snapshot()
  await expect(planFor([caddyRoute('app', site)], host)).rejects.toMatchObject({
    reason: 'configuration_refused',
    message: expect.stringContaining('Error: ambiguous site definition: app'),
  })
  expect(host.snapshot()).toEqual(before)
})

test('a Caddy that does not run is named, and nothing is written', async () => {
  const { host } = setup({
    caddy: ({ args }) =>
      args[0] === 'reload' ? { code: 1, stderr: 'Error: dial tcp 127.0.0.1:2019: connect: connection refused' } : {},
  })
  const before = host.snapshot()
  const changes = await planFor([caddyRoute('app', site)], host)
  await expect(apply(host, changes)).rejects.toMatchObject({ reason: 'caddy_not_running' })
  expect(host.snapshot()).toEqual(before)
})

test.each([
  ['in the main file', { [main]: '{$DOMAIN} {\n}\n' }],
  ['in a file it imports', { [main]: 'import sites/*.caddy\n', '/etc/caddy/sites/a.caddy': '{$DOMAIN} {\n}\n' }],
])('a value from the environment of Caddy is refused %s', async (_where, files) => {
  const { host } = setup({ files })
  await expect(planFor([caddyRoute('app', site)], host)).rejects.toMatchObject({ reason: 'caddy_environment' })
})

test('a route that is not there is nothing to remove, even without Caddy', async () => {
  expect(await planFor([noCaddyRoute('app')], new SimulatedHost())).toEqual([])
})

test('the other routes stay when one is removed', async () => {
  const { host, asked } = setup()
  await apply(host, await planFor([caddyRoute('app', site)], host))
  await apply(host, await planFor([caddyRoute('two', { ...site, domains: ['two.example.com'] })], host))
  await apply(host, await planFor([noCaddyRoute('app')], host))
  expect(asked.at(-1)?.input).toContain('two.example.com')
  expect(asked.at(-1)?.input).not.toContain('app.example.com')
  expect(await host.list('/etc/caddy/ikoma')).toEqual(['two.caddy'])
})

test('the socket is asked before the port of the default, which is anybody’s once the endpoint has moved', async () => {
  const { host } = setup({ files: { [main]: 'other.example.com {\n\trespond "other"\n}\n' } })
  const asked: (string | undefined)[] = []
  host.install('getent', () => ({ stdout: 'caddy:x:999:995::/var/lib/caddy:/usr/sbin/nologin\n' }))
  host.install('caddy', () => ({}))
  // As the user that serves: what root alone can read, no file that is imported can show.
  host.install('setpriv', ({ args: [, , , , , , , ...args] }) => {
    if (args[0] !== 'reload') return {}
    asked.push(args.at(-1))
    return args.at(-1)?.startsWith('unix/') ? {} : { code: 1, stderr: 'Error: dial: connect: connection refused' }
  })
  host.putDirectory('/var/lib')
  host.putDirectory('/var/lib/caddy', { mode: 0o755, owner: 'caddy', group: 'caddy' })
  await apply(host, await planFor([caddyRoute('app', site)], host))
  // As if it had been killed before it wrote the Caddyfile.
  host.put(main, 'import /etc/caddy/ikoma/*.caddy\n:80\n')
  await apply(host, await planFor([noCaddyRoute('app')], host))
  expect(new Set(asked)).toEqual(new Set(['unix//var/lib/caddy/admin.sock']))
})

const byCaddy = { mode: 0o755, owner: 'caddy', group: 'caddy' }
const byRoot = { mode: 0o755, owner: 'root', group: 'root' }

test.each<[who: string, home: typeof byCaddy, above: typeof byCaddy, moves: boolean]>([
  ['nobody but Caddy and root', byCaddy, byRoot, true],
  ['the account of an app, whose the folder is', { ...byCaddy, owner: 'app' }, byRoot, false],
  ['the group of the folder', { ...byCaddy, mode: 0o775 }, byRoot, false],
  ['everybody', { ...byCaddy, mode: 0o777 }, byRoot, false],
  ['everybody, but for what is there', { ...byCaddy, mode: 0o1777 }, byRoot, false],
  ['the account of the folder above', byCaddy, { ...byRoot, owner: 'app' }, false],
  ['the group of the folder above', byCaddy, { ...byRoot, mode: 0o775, group: 'app' }, false],
  ['everybody in the folder above', byCaddy, { ...byRoot, mode: 0o777 }, false],
])('the endpoint moves to a socket only where nobody else may replace it: %s may', async (_, home, above, moves) => {
  const { host } = setup()
  host.install('getent', () => ({ stdout: 'caddy:x:999:995::/srv/web/caddy:/usr/sbin/nologin\n' }))
  host.install('setpriv', () => ({}))
  host.putDirectory('/srv', byRoot)
  host.putDirectory('/srv/web', above)
  host.putDirectory('/srv/web/caddy', home)
  await apply(host, await planFor([caddyRoute('app', site)], host))
  expect(host.contentOf(main)?.includes('admin unix//srv/web/caddy/admin.sock')).toBe(moves)
})

test('a link is no folder for the socket', async () => {
  const { host } = setup()
  host.install('getent', () => ({ stdout: 'caddy:x:999:995::/srv/caddy:/usr/sbin/nologin\n' }))
  host.install('setpriv', () => ({}))
  host.putDirectory('/srv/app', { ...byCaddy, owner: 'caddy' })
  host.putLink('/srv/caddy', '/srv/app')
  await apply(host, await planFor([caddyRoute('app', site)], host))
  expect(host.contentOf(main)).not.toContain('admin unix/')
})

test('what clients do not get is taken back, and so is a certificate that was to be public and is not', async () => {
  const { host } = setup()
  host.install('sleep', () => ({}))
  await apply(host, await planFor([caddyRoute('app', site)], host))
  host.visited = ({ name }) => ({
    status: 200,
    body: '',
    certificate: { ...shownCertificate(name), distrust: 'SELF_SIGNED_CERT_IN_CHAIN' },
  })
  const changes = await planFor([caddyRoute('app', site)], host)
  expect(changes.map(({ title }) => title)).toEqual(['have Caddy load it', 'ask for app.example.com as a client would'])
  await expect(changes.at(-1)?.apply(host)).rejects.toMatchObject({ reason: 'certificate_not_served' })
  expect(await planFor([caddyRoute('app', { ...site, tls: 'internal' })], host)).not.toEqual([])
})

test('an app that does not answer is no reason to load the same again, unless it may be down', async () => {
  const { host } = setup()
  host.install('sleep', () => ({}))
  await apply(host, await planFor([caddyRoute('app', site)], host))
  host.visited = ({ scheme, name }) =>
    scheme === 'http'
      ? { failure: { code: 'connection_refused', message: '' } }
      : { status: 502, body: '', certificate: shownCertificate(name) }
  const changes = await planFor([caddyRoute('app', site)], host)
  expect(changes.map(({ title }) => title)).toEqual(['ask for app.example.com as a client would'])
  await expect(changes[0]?.apply(host)).rejects.toMatchObject({
    reason: 'app_not_served',
    message: expect.stringContaining('127.0.0.1:8080: connection_refused'),
  })
  expect(await planFor([caddyRoute('app', { ...site, appMayBeDown: true })], host)).toEqual([])
  host.visited = ({ name }) => ({ status: 503, body: '', certificate: shownCertificate(name) })
  expect(await planFor([caddyRoute('app', site)], host)).toEqual([])
})
