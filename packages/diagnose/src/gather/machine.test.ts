import type { Tool } from '@ikoma/machine/testing/simulated-host'
import { describe, expect, test } from 'vitest'
import { entry, files, looping, running, setup, systemd } from '../testing/machine-with-app.ts'

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
