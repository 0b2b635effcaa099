import { expect, test } from 'vitest'
import { converge } from '../converge.ts'
import { type Desired, planFor } from '../plan.ts'
import { oneStage } from '../stages.ts'
import { SimulatedHost, type Tool } from '../testing/simulated-host.ts'
import { nginxSite, noNginxSite } from './site.ts'
import type { NginxSite } from './site-file.ts'

const site: NginxSite = {
  name: 'app',
  domains: ['app.example.com'],
  upstreams: [{ host: '127.0.0.1', port: 8080 }],
  acmeWebroot: '/srv/acme',
  maxBodyBytes: 1000,
}
const main = 'http {\n  include conf.d/*.conf;\n}\n'
const workers = '/proc/7/task/7/children'
const candidate = '/etc/nginx/ikoma-candidate.conf'

function setup({
  nginx,
  takes = true,
  files = {},
}: {
  nginx?: Tool
  takes?: boolean
  files?: Record<string, string>
} = {}) {
  const tested: string[] = []
  const host = new SimulatedHost({
    files: { '/etc/nginx/nginx.conf': main, '/srv/x': '', [workers]: '8 ', ...files },
    tools: {
      nginx: (call) => {
        if (call.args[0] === '-v') return { stderr: 'nginx version: nginx/1.22.1' }
        tested.push(call.args.join(' '))
        return nginx?.(call) ?? {}
      },
      sleep: () => ({}),
      systemctl: ({ args, machine }) => {
        if (args[0] === 'show') return { stdout: '7\n' }
        machine.state.reloads = Number(machine.state.reloads ?? 0) + 1
        if (takes) machine.put(workers, `8 ${8 + Number(machine.state.reloads)} `)
        return {}
      },
    },
  })
  host.putDirectory('/etc/nginx/conf.d')
  return { host, tested }
}

async function apply(host: SimulatedHost, desired: Desired) {
  const course = {
    signal: new AbortController().signal,
    machineAfterStop: host,
    log: () => {},
    step: <T>(_name: string, run: () => Promise<T>) => run(),
    dryRun: false,
    show: () => {},
  }
  await converge(oneStage([desired]), host, course)
}

test('nginx tests all that it would read, from a file that nothing includes, before the site is in its place', async () => {
  const other = '/etc/nginx/conf.d/other.conf'
  const seen: unknown[] = []
  const { host, tested } = setup({
    files: { [other]: 'server {\n}\n' },
    nginx: ({ machine }) => {
      seen.push((machine.snapshot() as { files: unknown }).files)
      return {}
    },
  })
  await apply(host, nginxSite(site))
  expect(tested).toEqual([`-t -c ${candidate}`])
  const files = seen[0] as Record<string, { content: string; mode: number }>
  expect(files['/etc/nginx/conf.d/ikoma-app.conf']).toBeUndefined()
  expect(files[candidate]).toMatchObject({ mode: 0o600 })
  expect(files[candidate]?.content).toContain(`include "${other}";\nupstream ikoma-app {`)
  expect(await host.look(candidate)).toBeNull()
})

test('what nginx refuses never gets to its place, and nginx is not told to reload', async () => {
  const { host } = setup({ nginx: () => ({ code: 1, stderr: 'nginx: [emerg] host not found in upstream' }) })
  const before = host.snapshot()
  await expect(apply(host, nginxSite(site))).rejects.toMatchObject({
    reason: 'configuration_refused',
    message: expect.stringContaining('host not found in upstream'),
  })
  expect(host.snapshot()).toEqual(before)
})

test('a domain that another site has is refused, where nginx would only warn and ignore it', async () => {
  const stderr = 'nginx: [warn] conflicting server name "app.example.com" on 0.0.0.0:80, ignored'
  const { host } = setup({ nginx: () => ({ stderr }) })
  await expect(apply(host, nginxSite(site))).rejects.toMatchObject({ reason: 'domain_taken' })
  const elsewhere = setup({ nginx: () => ({ stderr: stderr.replace('app.', 'theirs.') }) })
  await apply(elsewhere.host, nginxSite(site))
})

test('a reload that nginx does not take is found out, and the site is taken back', async () => {
  const { host } = setup({ takes: false })
  await expect(apply(host, nginxSite(site))).rejects.toMatchObject({ reason: 'reload_refused' })
  expect(await host.list('/etc/nginx/conf.d')).toEqual([])
  expect(host.ran.at(-1)).toEqual(['systemctl', 'reload', '--', 'nginx.service'])
  expect(await host.look(candidate)).toBeNull()
})

test('an nginx that does not run is named, and nothing changes', async () => {
  const { host } = setup()
  const stopped = new SimulatedHost({
    files: { '/etc/nginx/nginx.conf': main },
    tools: { nginx: () => ({}), systemctl: () => ({ stdout: '0\n' }) },
  })
  await expect(planFor([nginxSite(site)], stopped)).rejects.toMatchObject({ reason: 'nginx_not_running' })
  host.put('/etc/nginx/nginx.conf', 'http {\n}\n')
  await expect(planFor([nginxSite(site)], host)).rejects.toMatchObject({ reason: 'sites_not_included' })
})

test('a site that was written by a run that died before the reload is reloaded by the next, whatever it is for', async () => {
  const { host } = setup()
  await apply(host, nginxSite(site))
  host.put(candidate, 'left behind')
  const plan = await planFor([noNginxSite('unknown')], host)
  expect(plan.map(({ title }) => title)).toEqual(['have nginx test it', 'have nginx change over'])
  await apply(host, noNginxSite('unknown'))
  expect(host.state.reloads).toBe(2)
  expect(await host.look(candidate)).toBeNull()
  expect(await planFor([noNginxSite('unknown')], host)).toEqual([])
})

test.each([
  { owner: 'app', group: 'app', mode: 0o755 },
  { owner: 'root', group: 'root', mode: 0o700 },
])('a webroot that is there as %j is not taken over', async (access) => {
  const { host } = setup()
  host.putDirectory(site.acmeWebroot, access)
  await expect(planFor([nginxSite(site)], host)).rejects.toMatchObject({ reason: 'webroot_taken' })
  expect(await host.look(site.acmeWebroot)).toMatchObject(access)
})

test.each(['chainFile', 'keyFile', 'acmeWebroot'] as const)(
  'nginx opens no %s that an account could exchange',
  async (field) => {
    const { host } = setup()
    host.putDirectory('/srv/app', { mode: 0o755, owner: 'app', group: 'app' })
    host.putDirectory('/srv/app/acme', { mode: 0o755, owner: 'root', group: 'root' })
    const files = { chainFile: '/etc/ssl/chain.pem', keyFile: '/etc/ssl/key.pem' }
    const wanted =
      field === 'acmeWebroot'
        ? { ...site, acmeWebroot: '/srv/app/acme' }
        : { ...site, certificate: { ...files, [field]: '/srv/app/acme/x.pem' } }
    await expect(planFor([nginxSite(wanted)], host)).rejects.toMatchObject({ reason: 'unsafe_path' })
    expect(await planFor([nginxSite({ ...site, certificate: files })], host)).not.toEqual([])
  },
)

test('who keeps nginx from a port is named', async () => {
  const listening = (line: string) => {
    const { host } = setup({ takes: false })
    host.install('ss', () => ({ stdout: `${line}\n` }))
    return apply(host, nginxSite(site))
  }
  const other = listening('LISTEN 0 511 0.0.0.0:80 0.0.0.0:* users:(("apache2",pid=12,fd=4))')
  await expect(other).rejects.toThrow('apache2 (process 12) has port 80.')
  const itself = listening('LISTEN 0 511 127.0.0.1:80 0.0.0.0:* users:(("nginx",pid=7,fd=6))')
  await expect(itself).rejects.toThrow('nginx itself listens at 127.0.0.1:80 for another site')
})

test('the plan says when open streams of other sites will end', async () => {
  const timed = `worker_shutdown_timeout 10s;\n${main}`
  const { host } = setup({ files: { '/etc/nginx/nginx.conf': timed } })
  const plan = await planFor([nginxSite(site)], host)
  expect(plan.map(({ title }) => title)).toContain(
    'have nginx change over, which ends open streams of all its sites after 10s (worker_shutdown_timeout)',
  )
})

test('a site that is there and does not answer is changed over again, and asked for', async () => {
  const { host } = setup()
  host.install('sleep', () => ({}))
  await apply(host, nginxSite(site))
  host.visited = () => ({ failure: { code: 'connection_refused', message: 'refused' } })
  const plan = await planFor([nginxSite(site)], host)
  expect(plan.map(({ title }) => title)).toEqual([
    'have nginx test it',
    'have nginx change over',
    'ask for app.example.com as a client would',
  ])
  await expect(plan.at(-1)?.apply(host)).rejects.toMatchObject({ reason: 'not_served' })
})
