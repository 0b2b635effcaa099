import type { Host } from '@ikoma/machine'
import { header } from '@ikoma/machine/systemd'
import { pm2Listens } from '@ikoma/machine/testing/pm2-tools'
import { SimulatedHost, type Simulation, type Tool } from '@ikoma/machine/testing/simulated-host'
import { describe, expect, test } from 'vitest'
import { judge } from '../rank.ts'
import { rules } from '../rules/index.ts'
import type { Subject } from '../subject.ts'
import { gather, type Sight } from './index.ts'
import { Look } from './look.ts'

const now = Date.parse('2026-11-21T16:20:00Z')

const nobody: Subject = {
  ...{ unit: null, port: null, url: null, domain: null, addresses: [], sqlitePath: null, composeFile: null },
  ...{ pm2Name: null, pm2User: 'root', sinceMin: 60 },
}

async function setup(subject: Partial<Subject>, simulation: Simulation, probes: Partial<Sight['probes']> = {}) {
  const host = new SimulatedHost(simulation)
  let hidden: readonly Readonly<Record<string, string>>[] = []
  const sight: Sight = {
    host,
    probes: {
      http: async (url) => ({ url, status: 200, server: 'Caddy' }),
      tls: async () => ({ problem: null, message: 'valid', issuer: 'R11', daysLeft: 60 }),
      dns: async () => ({ answers: ['203.0.113.7'], failure: null }),
      ownAddresses: () => ['203.0.113.7'],
      clockSkewMs: async () => null,
      keepAliveSec: async () => null,
      ...probes,
    },
    redaction(environments) {
      hidden = environments
      const values = environments
        .flatMap((each) => Object.entries(each))
        .filter(([name]) => /SECRET|KEY|PASS/.test(name))
      return (text) => values.reduce((shown, [, value]) => shown.replaceAll(value, '[REDACTED]'), text)
    },
    now,
  }
  const evidence = await gather({ ...nobody, ...subject }, sight)
  return { host, evidence, hidden, found: judge(evidence, rules).map(({ rule }) => rule) }
}

/** A line as `journalctl --output=json` prints it. */
function entry(message: unknown, minutesAgo = 1): string {
  const at = (now - minutesAgo * 60_000) * 1000
  return JSON.stringify({ __CURSOR: 's=1', __REALTIME_TIMESTAMP: String(at), MESSAGE: message })
}

const running = [
  ...[
    'LoadState=loaded',
    'ActiveState=active',
    'SubState=running',
    'Result=success',
    'NRestarts=0',
    'ExecMainStatus=0',
  ],
  ...['ActiveEnterTimestampMonotonic=7000000000', 'User=gateway', 'WorkingDirectory=/srv/gateway'],
  ...['EnvironmentFiles=/etc/systemd/system/gateway.service.env (ignore_errors=no)', 'NeedDaemonReload=no'],
  'Environment=NODE_ENV=production API_KEY=inline-key-1 "GREETING=good day"',
].join('\n')

const looping = running
  .replace('ActiveState=active', 'ActiveState=activating')
  .replace('SubState=running', 'SubState=auto-restart')
  .replace('NRestarts=0', 'NRestarts=7')

/** systemd over one unit, and a journal that says the same of every unit. */
function systemd(state: string, ...journal: string[]): Record<string, Tool> {
  return {
    systemctl: ({ args }) => ({ stdout: args.includes('gateway.service') ? state : neighbours }),
    journalctl: ({ args }) => ({ stdout: args.includes('--unit=gateway.service') ? journal.join('\n') : '' }),
  }
}

const neighbours = `LoadState=loaded
ActiveState=active
Id=caddy.service

LoadState=not-found
ActiveState=inactive
Id=nginx.service

LoadState=loaded
ActiveState=failed
Id=postgresql.service
`

const files = {
  '/proc/uptime': '10600.25 20000.00\n',
  '/proc/meminfo': 'MemTotal:  4000000 kB\nMemFree:  100000 kB\nMemAvailable:  2000000 kB\nSwapTotal:  0 kB\n',
  '/etc/systemd/system/gateway.service': `${header('service')}[Unit]\n`,
  '/etc/systemd/system/gateway.service.env': 'SESSION_SECRET="s3cr3t-of-the-app"\nexport PLAIN=yes\n',
  '/srv/gateway/drizzle.config.ts': '',
}

describe('a unit', () => {
  test('is read with what it runs as, and whether an order made it', async () => {
    const { evidence } = await setup({ unit: 'gateway.service' }, { files, tools: systemd(running) })
    expect(evidence).toMatchObject({
      unit: {
        ...{ load: 'loaded', active: 'active', sub: 'running', restarts: 0, upSec: 3600, user: 'gateway' },
        environmentFiles: ['/etc/systemd/system/gateway.service.env'],
      },
      managedUnits: ['gateway.service'],
      services: { 'caddy.service': 'active', 'postgresql.service': 'failed' },
      migrations: 'drizzle',
      memory: { availableBytes: 2_048_000_000, swapBytes: 0 },
    })
  })

  test('of root, that is not running, is up for no time', async () => {
    const state = 'LoadState=loaded\nActiveState=failed\nSubState=failed\nResult=exit-code\nExecMainStatus=203\nUser=\n'
    const { evidence, found } = await setup({ unit: 'gateway.service' }, { files, tools: systemd(state) })
    expect(evidence.unit).toMatchObject({ user: 'root', upSec: null, exitStatus: 203, environmentFiles: [] })
    expect(found).toEqual(['program_missing', 'unit_failed'])
  })
})

describe('logs', () => {
  test('are read newest first, in whatever form the journal gives a message', async () => {
    const bytes = [...Buffer.from('caf\u00e9 \u2615 \nsecond line')]
    const journal = [
      entry(bytes),
      entry(null),
      'cut in the mid',
      entry('{"level":50,"msg":"it broke","err":{"code":"E1"}}'),
    ]
    const { evidence, host } = await setup({ unit: 'gateway.service' }, { files, tools: systemd(looping, ...journal) })
    expect(evidence.logs.map(({ text }) => text)).toEqual(['café ☕ ', 'second line', '50 it broke E1'])
    expect(host.ran.find((argv) => argv.includes('--unit=gateway.service'))).toContain(`--since=@${now / 1000 - 3600}`)
  })

  test('hide what the environment of the app holds, before they are cut', async () => {
    const long = `${'x'.repeat(390)}s3cr3t-of-the-app`
    const journal = [entry('login with s3cr3t-of-the-app and inline-key-1'), entry(long)]
    const { evidence } = await setup({ unit: 'gateway.service' }, { files, tools: systemd(looping, ...journal) })
    expect(JSON.stringify(evidence)).not.toMatch(/s3cr3t|inline-key-1/)
    expect(evidence.logs[0]?.text).toBe('login with [REDACTED] and [REDACTED]')
    expect(evidence.logs[1]?.text.length).toBeLessThanOrEqual(400)
  })

  test('hide values as they are, however systemd and a file quote them', async () => {
    const environment = 'Environment=NODE_ENV=production "API_KEY=in\\$line\\"key" "PEM_KEY=two\nlines=of it" LAST=1'
    const variables = [
      'SESSION_SECRET="of\\$the\\\\app"',
      'SMTP_PASS="relay" # of the relay',
      'SIGNING_KEY="two',
      'lines"',
      "  export OTHER_KEY='it\\\"is'",
      'PLAIN= bare ',
      'BROKEN="open',
    ].join('\n')
    const { hidden } = await setup(
      { unit: 'gateway.service' },
      {
        files: { ...files, '/etc/systemd/system/gateway.service.env': variables },
        tools: systemd(looping.replace(/Environment=.*/, () => environment)),
      },
    )
    expect(hidden).toEqual([
      {
        ...{ NODE_ENV: 'production', API_KEY: 'in$line"key', PEM_KEY: 'two\nlines=of it', LAST: '1' },
        ...{ SESSION_SECRET: 'of$the\\app', SMTP_PASS: 'relay', SIGNING_KEY: 'two\nlines', OTHER_KEY: 'it\\"is' },
        ...{ PLAIN: 'bare', BROKEN: '"open' },
      },
      {},
    ])
  })

  test('from before its last start are over, those since then are not', async () => {
    const old = entry('Error: listen EADDRINUSE: address already in use :::8080', 90)
    const subject = { unit: 'gateway.service', sinceMin: 120 }
    const settled = await setup(subject, { files, tools: systemd(running, old) })
    expect([settled.evidence.logs, settled.found]).toEqual([[], []])
    const loop = await setup(subject, { files, tools: systemd(looping, old) })
    expect(loop.found).toEqual(['restart_loop'])
    const ofIt = entry('Error: listen EADDRINUSE: address already in use :::8080', 30)
    expect((await setup(subject, { files, tools: systemd(looping, ofIt, old) })).found).toEqual([
      'port_taken',
      'restart_loop',
    ])
  })

  test('of Caddy and nginx are read for one site, and without the request, whose headers and query hold credentials', async () => {
    const caddy = {
      ...{ level: 'error', logger: 'http.log.error', msg: 'dial tcp 127.0.0.1:3000: connect: connection refused' },
      request: { host: 'a.test:443', uri: '/login?token=t0ken', headers: { Cookie: ['sid=c00kie'] } },
    }
    const other = { ...caddy, request: { host: 'b.test' } }
    const failed = { level: 'error', msg: 'challenge failed', identifier: 'b.test' }
    const refused = 'connect() failed (111: Connection refused) while connecting to upstream'
    const request = 'client: 192.0.2.9, server: x, request: "GET /a?token=t0ken HTTP/1.1"'
    const at = localTime(now - 60_000)
    const nginx = `${at} [error] 7#7: *1 ${refused}, ${request}, upstream: "http://127.0.0.1:3000/a?token=t0ken", host: "a.test"`
    const stale = `${localTime(now - 7_200_000)} [emerg] 7#7: unknown directive "old"`
    const said = [caddy, other, failed].map((each) => entry(JSON.stringify(each)))
    const journalctl: Tool = ({ args }) => ({
      stdout: args.includes('--unit=caddy.service') ? said.join('\n') : '',
    })
    const { evidence } = await setup(
      { domain: 'a.test' },
      {
        files: { ...files, '/var/log/nginx/error.log': '' },
        tools: { journalctl, tail: () => ({ stdout: `${stale}\n${nginx}\n` }) },
      },
    )
    expect(evidence.logs.map(({ text }) => text)).toEqual([
      'error http.log.error dial tcp 127.0.0.1:3000: connect: connection refused',
      `${at} [error] 7#7: *1 ${refused}, server: x, upstream: "http://127.0.0.1:3000/a", host: "a.test"`,
    ])
  })

  test('of a proxy hide the request also where the end of a long line was cut', async () => {
    const request = { host: 'a.test', headers: { Cookie: ['sid=c00kie'], Filler: 'x'.repeat(3950) } }
    const long = JSON.stringify({ level: 'error', msg: 'no upstreams available', request, status: 502 })
    const journalctl: Tool = ({ args }) => ({ stdout: args.includes('--unit=caddy.service') ? entry(long) : '' })
    const { evidence } = await setup({ domain: 'a.test' }, { tools: { journalctl } })
    expect(evidence.logs.map(({ text }) => text)).toEqual(['{"level":"error","msg":"no upstreams available" …'])
  })

  test('tell of killed processes through the kernel', async () => {
    const killed = entry('Out of memory: Killed process 812 (node) total-vm:1kB')
    const journalctl: Tool = ({ args }) => (args.includes('--dmesg') ? { stdout: killed } : { code: 1 })
    const { found } = await setup({}, { tools: { journalctl } })
    expect(found).toEqual(['out_of_memory'])
  })
})

/** A time as nginx writes it. */
function localTime(at: number): string {
  const date = new Date(at - new Date(at).getTimezoneOffset() * 60_000).toISOString()
  return `${date.slice(0, 10).replaceAll('-', '/')} ${date.slice(11, 19)}`
}

describe('the machine', () => {
  test('tells who listens where, and for which unit', async () => {
    const ss = [
      'LISTEN 0      511                *:8080            *:*    users:(("node",pid=812,fd=19),("node",pid=813,fd=19))',
      'LISTEN 0      4096   127.0.0.53%lo:53        0.0.0.0:*    users:(("systemd-resolve",pid=500,fd=14))',
      'LISTEN 0      128             [::]:22           [::]:*    users:(("sshd",pid=600,fd=4))',
      'LISTEN 0      244        127.0.0.1:5432      0.0.0.0:*',
      'LISTEN 0      511                *:9000            *:*    users:(("MainThread",pid=814,fd=19))',
    ].join('\n')
    const cgroups = {
      '/proc/814/cmdline': '/usr/bin/node\0server.mjs\0--password=x\0',
      '/proc/812/cgroup': '0::/system.slice/gateway.service\n',
      '/proc/600/cgroup':
        '12:pids:/user.slice/user-0.slice/session-3.scope\n1:name=systemd:/system.slice/ssh.service\n',
    }
    const { evidence } = await setup({}, { files: cgroups, tools: { ss: () => ({ stdout: ss }) } })
    expect(evidence.listeners).toEqual([
      { address: '*', port: 8080, process: 'node', pid: 812, unit: 'gateway.service' },
      { address: '127.0.0.53%lo', port: 53, process: 'systemd-resolve', pid: 500, unit: null },
      { address: '[::]', port: 22, process: 'sshd', pid: 600, unit: 'ssh.service' },
      { address: '127.0.0.1', port: 5432, process: null, pid: null, unit: null },
      { address: '*', port: 9000, process: 'node', pid: 814, unit: null },
    ])
  })

  test('tells how full its disks are, each once, though one path is not there', async () => {
    const stdout = `Mounted on Use%       Avail IUse%
/          100%           0    4%
/          100%           0    4%
/boot/efi   45%   500000000     -
`
    const df: Tool = () => ({ code: 1, stdout, stderr: 'df: /srv/none: No such file or directory' })
    const { evidence, found } = await setup({ sqlitePath: '/srv/none/a.db' }, { tools: { df } })
    expect(evidence.disks).toEqual([
      { mount: '/', usedPercent: 100, availableBytes: 0, inodesUsedPercent: 4 },
      { mount: '/boot/efi', usedPercent: 45, availableBytes: 500_000_000, inodesUsedPercent: null },
    ])
    expect(found).toEqual(['disk_full', 'database_file_missing'])
  })

  const policy = (incoming: string) => ({ '/etc/default/ufw': `DEFAULT_INPUT_POLICY="${incoming}"\n` })
  const ufw: Tool = ({ args }) => ({ stdout: args[0] === 'status' ? 'Status: active\n' : '' })

  test.each([
    [
      ['limit tcp 22 0.0.0.0/0 any 0.0.0.0/0 in', 'allow tcp 80,443 0.0.0.0/0 any 0.0.0.0/0 in'],
      [22, 80, 443],
    ],
    [['allow tcp 80,443 0.0.0.0/0 any 0.0.0.0/0 Nginx%20Full - in'], [80, 443]],
    [
      ['allow tcp 1:1024 0.0.0.0/0 any 0.0.0.0/0 in', 'allow udp 443 0.0.0.0/0 any 0.0.0.0/0 in'],
      [1, 80, 443, 1024],
    ],
    [['deny tcp 80 0.0.0.0/0 any 0.0.0.0/0 in', 'allow tcp 443 0.0.0.0/0 any 10.0.0.0/8 in'], []],
  ])('tells whom ufw lets in: %j', async (tuples, openPorts) => {
    const rules = tuples.map((tuple) => `### tuple ### ${tuple}\n-A ufw-user-input -j ACCEPT\n`).join('\n')
    const files = { ...policy('DROP'), '/etc/ufw/user.rules': rules }
    const { evidence } = await setup({ domain: 'a.test' }, { files, tools: { ufw } })
    expect(evidence.firewall).toEqual({ active: true, openPorts })
  })

  test('has no firewall when ufw is off, or lets everybody in by default', async () => {
    const off: Tool = () => ({ stdout: 'Status: inactive\n' })
    const setups = [
      { files: policy('DROP'), tools: { ufw: off } },
      { files: policy('ACCEPT'), tools: { ufw } },
    ]
    for (const simulation of setups) {
      const { evidence } = await setup({ domain: 'a.test' }, simulation)
      expect(evidence.firewall?.active).toBe(false)
    }
  })

  test('shows what is at a path that a log names, and follows nothing that is no path', async () => {
    const journal = [
      entry("Error: EACCES: permission denied, open '/srv/app/data/x'"),
      entry('permission denied /../etc'),
    ]
    const { evidence, found } = await setup(
      { unit: 'gateway.service' },
      { files: { ...files, '/srv/app/data/x': '' }, tools: systemd(looping, ...journal) },
    )
    expect(evidence.files).toMatchObject({
      '/srv/app/data/x': { owner: 'root' },
      '/srv/app/data': { kind: 'directory' },
    })
    expect(Object.keys(evidence.files).filter((path) => path.includes('..'))).toEqual([])
    expect(found).toEqual(['permission_denied', 'restart_loop'])
  })
})

describe('containers', () => {
  const id = 'a'.repeat(64)
  const made = {
    ...{ id, name: '/blingauto-api-1', project: 'bling', service: 'api', directory: '/srv/bling', revision: null },
    ...{ image: 'api:1', state: 'restarting', exitCode: 1, outOfMemory: false, restarts: 9, health: null },
    ...{ startedAt: '2026-11-21T16:19:00Z', restartPolicy: 'always' },
  }

  test('are found by the folder of their compose file, and shown without their environment', async () => {
    const docker: Tool = ({ args: [, verb] }) => {
      if (verb === 'ls') return { stdout: `${id}\n` }
      if (verb === 'inspect') return { stdout: `${JSON.stringify(made)}\n` }
      return {
        stderr: '2026-11-21T16:19:01.5Z sqlalchemy.exc: FATAL:  password authentication failed for user "bling"\n',
      }
    }
    const { evidence, host, found } = await setup(
      { composeFile: '/srv/bling/docker-compose.yml' },
      { tools: { docker } },
    )
    expect(evidence.docker).toMatchObject({
      running: true,
      project: 'bling',
      containers: [{ service: 'api', restarts: 9 }],
    })
    expect(evidence.logs).toEqual([
      {
        at: expect.any(Number),
        source: 'container api',
        text: 'sqlalchemy.exc: FATAL:  password authentication failed for user "bling"',
      },
    ])
    expect(host.ran[0]).toContain('label=com.docker.compose.project.working_dir=/srv/bling')
    const asked = [...(host.ran[1]?.join(' ') ?? '').matchAll(/\{\{(?:json|with) ([^}]+)/g)].map(([, what]) => what)
    const label = (name: string) => `(index .Config.Labels "${name}")`
    expect(new Set(asked)).toEqual(
      new Set([
        ...['.ID', '.Name', '.Config.Image', '.RestartCount', '.HostConfig.RestartPolicy.Name', '.State.Status'],
        ...['.State.ExitCode', '.State.OOMKilled', '.State.StartedAt', '.State.Health.Status'],
        ...['project', 'service', 'project.working_dir'].map((name) => label(`com.docker.compose.${name}`)),
        // And the values of these labels.
        ...[label('ikoma.revision'), label('com.docker.compose.project.config_files'), '.'],
      ]),
    )
    expect(host.ran[1]?.join(' ')).toContain('{{with (index .Config.Labels "ikoma.revision")}}{{json .}}')
    expect(found).toEqual(['postgres_wrong_password', 'container_restarting'])
  })

  test('that somebody ran by hand, with compose run, are none of the project', async () => {
    const failed = { ...made, name: '/bling-api-run-1', state: 'exited', restarts: 0 }
    const docker: Tool = ({ args }) => {
      if (!args.includes('ls')) return args.includes('inspect') ? { stdout: JSON.stringify(failed) } : {}
      return { stdout: args.includes('label=com.docker.compose.oneoff=False') ? '' : `${id}\n` }
    }
    const { evidence, found } = await setup({ composeFile: '/srv/bling/docker-compose.yml' }, { tools: { docker } })
    expect(evidence.docker).toEqual({ running: true, project: null, containers: [] })
    expect(found).toEqual([])
  })

  test('have what their variables and files of variables hold hidden, in their logs and in any other', async () => {
    const docker: Tool = ({ args }) => {
      if (args.includes('ls')) return { stdout: `${id}\n` }
      if (args.includes('{{json .Config.Env}}')) return { stdout: '["ADMIN=battery-staple-9","MODE=production"]\n' }
      if (args.includes('inspect')) return { stdout: `${JSON.stringify(made)}\n` }
      return { stdout: '2026-11-21T16:19:30.5Z production battery-staple-9 AB12-CD34-EF56\n' }
    }
    const said = 'AB12-CD34-EF56 and battery-staple-9'
    const { evidence } = await setup(
      { unit: 'gateway.service', composeFile: '/srv/bling/docker-compose.yml' },
      {
        files: { '/srv/bling/.env.preprod': 'LICENCE=AB12-CD34-EF56\n' },
        tools: {
          docker,
          journalctl: () => ({ stdout: entry(said) }),
          systemctl: () => ({ stdout: 'LoadState=loaded\n' }),
        },
      },
    )
    const shown = evidence.logs.map(({ text }) => text)
    expect(shown).toContain('production [REDACTED] [REDACTED]')
    expect(shown).toContain('[REDACTED] and [REDACTED]')
  })

  test.each([
    ['no rule opens', 'allow tcp 443 0.0.0.0/0 any 0.0.0.0/0 in', ['web: 8000/tcp on 0.0.0.0']],
    ['a rule opens', 'allow tcp 7000:9000 0.0.0.0/0 any 0.0.0.0/0 in', []],
  ])('that publish a port which %s are told of, where there is a firewall', async (_, tuple, past) => {
    const ports = {
      '80/tcp': [{ HostIp: '0.0.0.0', HostPort: '8000' }],
      '81/tcp': [{ HostIp: '127.0.0.1', HostPort: '81' }],
    }
    const docker: Tool = ({ args }) => {
      if (args.includes('ls')) return { stdout: `${id}\n` }
      return { stdout: `${JSON.stringify({ name: '/web', network: 'bridge', ports })}\n` }
    }
    const files = {
      '/etc/ufw/user.rules': `### tuple ### ${tuple}\n`,
      '/etc/default/ufw': 'DEFAULT_INPUT_POLICY="DROP"\n',
    }
    const on = await setup({}, { files, tools: { docker, ufw: () => ({ stdout: 'Status: active\n' }) } })
    expect(on.evidence.pastFirewall).toEqual({ ports: past })
    expect(on.found).toEqual(past.length > 0 ? ['ports_past_firewall'] : [])
    const off = await setup({}, { files, tools: { docker, ufw: () => ({ stdout: 'Status: inactive\n' }) } })
    expect(off.evidence.pastFirewall).toBeNull()
  })

  test('whose log cannot be read hide no other, and what Docker says of it is not theirs', async () => {
    const other = { ...made, id: 'b'.repeat(64), name: '/bling-web-1', service: 'web', restarts: 0, state: 'running' }
    const docker: Tool = ({ args }) => {
      if (args.includes('ls')) return { stdout: `${id}\n${other.id}\n` }
      if (args.includes('inspect')) return { stdout: `${JSON.stringify(made)}\n${JSON.stringify(other)}\n` }
      if (args.at(-1) === id) return { code: 1, stderr: 'Error response from daemon: configured logging driver\n' }
      return { stdout: '2026-11-21T16:19:30.5Z one\n2026-11-21T16:19:31.5Z two\n' }
    }
    const { evidence, host } = await setup({ composeFile: '/srv/bling/docker-compose.yml' }, { tools: { docker } })
    expect(evidence.docker).toMatchObject({ containers: [{ service: 'api' }, { service: 'web', status: 'running' }] })
    expect(evidence.logs.map(({ source, text }) => `${source}: ${text}`)).toEqual([
      'container web: two',
      'container web: one',
    ])
    expect(evidence.notLookedAt).toContainEqual({
      what: 'log of api',
      why: 'docker failed with 1: Error response from daemon: configured logging driver',
    })
    const since = (of: string) => host.ran.find((argv) => argv.includes('logs') && argv.at(-1) === of)
    expect(since(id)).toContain('--since=2026-11-21T16:19:00.000Z')
    expect(since(other.id)).toContain('--since=2026-11-21T16:19:00.000Z')
  })

  test('cannot be seen when Docker is down, which is a finding, or not installed, which is a note', async () => {
    const stderr = 'Cannot connect to the Docker daemon at unix:///var/run/docker.sock. Is the docker daemon running?\n'
    const subject = { composeFile: '/srv/bling/docker-compose.yml' }
    const down = await setup(subject, { tools: { docker: () => ({ code: 1, stderr }) } })
    expect(down.found).toEqual(['docker_not_running'])
    const absent = await setup(subject, {})
    expect(absent.found).toEqual([])
    expect(absent.evidence.notLookedAt).toContainEqual({
      what: 'containers',
      why: 'docker is not installed on this server.',
    })
  })
})

describe('the machine around an app', () => {
  test('shows packages that dpkg has not finished with', async () => {
    const stdout = 'ii  bash\niF  postgresql-15\niHR libc6:amd64\nrc  old\niU  nginx\nit  man-db\n'
    const { evidence, found } = await setup({}, { tools: { 'dpkg-query': () => ({ stdout }) } })
    expect(evidence.unfinishedPackages).toEqual([
      ...['half-configured postgresql-15', 'half-installed libc6:amd64', 'unpacked nginx'],
    ])
    expect(found).toEqual(['packages_unfinished'])
  })

  test.each([
    ['upstream shop { server 127.0.0.1:8080; keepalive 16; }', 60],
    ['upstream shop { server 127.0.0.1:8080; keepalive 16; keepalive_timeout 4s; }', 4],
    ['upstream shop { server 127.0.0.1:8080; }', null],
    ['upstream other { server 127.0.0.1:3000; keepalive 16; }', null],
  ])('shows for how long nginx keeps idle connections: %s', async (stdout, sec) => {
    const said = 'upstream prematurely closed connection while reading response header from upstream'
    const journalctl: Tool = ({ args }) => ({ stdout: args.includes('--unit=nginx.service') ? entry(said) : '' })
    const { evidence } = await setup(
      { domain: 'a.test', port: 8080 },
      { tools: { journalctl, nginx: () => ({ stdout }) } },
      { keepAliveSec: async () => 5 },
    )
    expect(evidence.keepAlive).toEqual({ appSec: 5, proxy: sec === null ? null : { name: 'nginx', sec } })
  })

  test('has no word of a proxy that somebody stopped', async () => {
    const systemctl: Tool = ({ args }) => ({
      stdout: `LoadState=loaded\nActiveState=${args.includes('nginx.service') ? 'inactive' : 'active'}\n`,
    })
    const said = entry('2026/11/21 16:19:01 [emerg] 9#9: bind() to 0.0.0.0:80 failed (98: Address already in use)')
    const journalctl: Tool = ({ args }) => ({ stdout: args.includes('--unit=nginx.service') ? said : '' })
    const { evidence } = await setup({ domain: 'a.test' }, { tools: { systemctl, journalctl } })
    expect(evidence.logs).toEqual([])
  })

  test('lets a run that has only just begun by itself be told of with the one before it', async () => {
    const young = running
      .replace('NRestarts=0', 'NRestarts=2')
      .replace('ActiveEnterTimestampMonotonic=7000000000', 'ActiveEnterTimestampMonotonic=10598000000')
    const again = 'gateway.service: Scheduled restart job, restart counter is at'
    const journal = [
      ...[entry(`${again} 2.`, 2 / 60), entry('panic: of the run before', 5 / 60), entry(`${again} 1.`, 20 / 60)],
      entry('panic: of one before that', 25 / 60),
    ]
    const { evidence } = await setup({ unit: 'gateway.service' }, { files, tools: systemd(young, ...journal) })
    expect(evidence.logs.map(({ text }) => text)).toEqual([`${again} 2.`, 'panic: of the run before', `${again} 1.`])
  })
})

describe('PM2', () => {
  const jlist = (status: string) =>
    `>>>> In-memory PM2 is out-of-date\n[${JSON.stringify({
      name: 'keybuzz-backend',
      pm2_env: {
        ...{ status, restart_time: 15, pm_uptime: now - 1000, pm_err_log_path: '/home/kb/.pm2/logs/err.log' },
        env: { JWT_SECRET: 'jwt-s3cr3t' },
      },
    })}]`
  const socket = { '/home/kb/.pm2/rpc.sock': '' }
  const home = { ...socket, ...pm2Listens('/home/kb'), '/home/kb/.pm2/logs/err.log': '' }
  const tools = (status: string): Record<string, Tool> => ({
    getent: () => ({ stdout: 'kb:x:1001:1001::/home/kb:/bin/bash\n' }),
    runuser: ({ args }) => ({
      stdout: args.includes('tail')
        ? 'Error: bad key jwt-s3cr3t\nerror: Environment variable not found: DATABASE_URL.\n'
        : jlist(status),
    }),
  })

  test('is asked as its user, and its environment is only used to hide it', async () => {
    const { evidence, host, found } = await setup(
      { pm2Name: 'keybuzz-backend', pm2User: 'kb' },
      { files: home, tools: tools('errored') },
    )
    expect(evidence.pm2).toMatchObject({ status: 'errored', restarts: 15, upSec: null, leftOut: null })
    expect(evidence.logs[1]).toMatchObject({ source: 'pm2 keybuzz-backend', text: 'Error: bad key [REDACTED]' })
    const asked = host.ran.find((argv) => argv.includes('jlist'))
    expect(asked?.slice(0, 6)).toEqual(['runuser', '-u', 'kb', '--', 'env', '-i'])
    expect(asked).toEqual(expect.arrayContaining(['HOME=/home/kb', 'PM2_HOME=/home/kb/.pm2']))
    expect(asked?.slice(-2)).toEqual(['pm2', 'jlist'])
    const read = host.ran.find((argv) => argv.includes('/home/kb/.pm2/logs/err.log'))
    expect(read?.slice(0, 4)).toEqual(['runuser', '-u', 'kb', '--'])
    expect(found).toEqual(['environment_missing', 'pm2_errored'])
  })

  test('is not asked while it does not run, for that would start it', async () => {
    // One that was killed leaves its socket behind, and another account's listens.
    for (const files of [{}, socket, { ...socket, ...pm2Listens('/home/kb2') }]) {
      const { evidence, host } = await setup(
        { pm2Name: 'keybuzz-backend', pm2User: 'kb' },
        { files, tools: tools('online') },
      )
      expect(evidence.pm2?.status).toBeNull()
      expect(host.ran.map(([name]) => name)).not.toContain('runuser')
    }
  })
})

test('a machine without any tool is looked at all the same, and says what was not seen', async () => {
  const everything = {
    ...{ unit: 'gateway.service', port: 8080, domain: 'a.test', url: 'https://a.test/', sqlitePath: '/srv/a/a.db' },
    ...{ composeFile: '/srv/a/compose.yml', pm2Name: 'a' },
  }
  const { evidence } = await setup(everything, {})
  const whys = evidence.notLookedAt.map(({ why }) => why)
  for (const tool of ['systemctl', 'journalctl', 'ss', 'df', 'docker', 'getent', 'ufw', 'timedatectl']) {
    expect(whys).toContain(`${tool} is not installed on this server.`)
  }
})

test('what a tool says when it refuses is told, in one line', async () => {
  const systemctl: Tool = () => ({
    code: 1,
    stderr: 'System has not been booted with systemd as init system (PID 1).\nmore\n',
  })
  const { evidence } = await setup({ unit: 'gateway.service' }, { tools: { systemctl } })
  expect(evidence.notLookedAt).toContainEqual({
    what: 'gateway.service',
    why: 'systemctl failed with 1: System has not been booted with systemd as init system (PID 1).',
  })
})

test('each program is ended in time, whatever its reader would wait, and nothing can be changed', async () => {
  const asked: (number | undefined)[] = []
  const host: Host = new SimulatedHost({ files: { '/etc/hosts': '' } })
  const run = host.run.bind(host)
  host.run = (program) => {
    asked.push(program.timeoutSec)
    return run(program)
  }
  const { host: seen } = new Look(host)
  for (const bound of [{}, { timeoutSec: 5 }, { timeoutSec: 600 }]) {
    await expect(seen.run({ argv: ['df'], ...bound })).rejects.toThrow('not installed')
  }
  expect(asked).toEqual([15, 5, 15])
  await expect(seen.remove('/etc/hosts')).rejects.toThrow('Diagnosis changes nothing')
  expect(await seen.read('/etc/hosts')).toBe('')
})
