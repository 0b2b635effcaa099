import { spawn, spawnSync } from 'node:child_process'
import { once } from 'node:events'
import { cpSync, mkdtempSync, readFileSync, readlinkSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { catalogue } from '@ikoma/api'
import type { Host } from '@ikoma/machine'
import { expect, onTestFinished, test } from 'vitest'
import { localHost } from '../host/local-host.ts'
import { actionContext } from '../testing/action-context.ts'
import { firewall } from './firewall.ts'

const {
  'firewall.ufw.apply': applyFirewall,
  'firewall.ufw.confirm': confirmFirewall,
  'firewall.ufw.status': showFirewall,
} = firewall

const { payload: schema } = catalogue['firewall.ufw.apply']
// A network and a view of the files of its own are root's to make, where the machine lets root.
const asRoot = test.skipIf(spawnSync('unshare', ['--net', '--mount', 'true']).status !== 0)

/**
 * The real ufw and the kernel's real rules, in a network of their own and on copies of ufw's files: the firewall of this
 * machine stays as it is. systemd and sshd are played.
 */
async function setup() {
  const place = mkdtempSync(join(tmpdir(), 'ikoma-ufw-'))
  const holder = spawn('unshare', ['--net', '--mount', 'sleep', '120'])
  await once(holder, 'spawn')
  onTestFinished(() => {
    holder.kill('SIGKILL')
    rmSync(place, { recursive: true, force: true })
  })
  const inside = ['nsenter', `--target=${holder.pid}`, '--net', '--mount', '--'] as const
  await until(() => differs(holder.pid))
  for (const folder of ['ufw', 'default']) {
    cpSync(`/etc/${folder}`, join(place, folder), { recursive: true })
    spawnSync('nsenter', [...inside.slice(1), 'mount', '--bind', join(place, folder), `/etc/${folder}`])
  }
  // As after the installation, whatever this machine's ufw was told.
  writeFileSync(join(place, 'ufw/ufw.conf'), 'ENABLED=no\nLOGLEVEL=low\n')
  cpSync('/usr/share/ufw/iptables/user.rules', join(place, 'ufw/user.rules'))
  cpSync('/usr/share/ufw/iptables/user6.rules', join(place, 'ufw/user6.rules'))
  const real = localHost({ cwd: '/', marker: `ufw.${place}`, killGraceMs: 500, signal: new AbortController().signal })
  return { machine: among(real, place, inside), inside, place }
}

function among(real: Host, place: string, inside: readonly [string, ...string[]]): Host {
  const at = (path: string) =>
    path.replace(/^\/etc\/(ufw|default)\//, `${place}/$1/`).replace(/^\/etc\/systemd\/system\//, `${place}/`)
  return {
    read: (path) => real.read(at(path)),
    readAs: (path, owner) => real.readAs(at(path), owner),
    walk: (path, most) => real.walk(at(path), most),
    readFile: (path) => real.readFile(at(path)),
    look: (path) => real.look(at(path)),
    list: (path) => real.list(at(path)),
    visit: (visit) => real.visit(visit),
    write: (path, file) => real.write(at(path), file),
    makeDirectory: (path, access) => real.makeDirectory(at(path), access),
    remove: (path) => real.remove(at(path)),
    async run(program) {
      const [name, verb] = program.argv
      if (name === 'ss')
        return { code: 0, stdout: 'LISTEN 0 128 0.0.0.0:22 0.0.0.0:* users:(("sshd",pid=1))\n', stderr: '' }
      if (name === 'sshd') return { code: 0, stdout: '', stderr: '' }
      if (name === 'systemctl') return { code: 0, stdout: verb === 'is-active' ? 'active\n' : 'running\n', stderr: '' }
      return real.run({ ...program, argv: [...inside, ...program.argv] })
    },
  }
}

asRoot('ufw takes the rules, keeps them as expected, and has nothing to change the second time', async () => {
  const { machine, inside } = await setup()
  const rules = [
    { port: 22, action: 'limit', comment: 'SSH' },
    { port: 8000, lastPort: 8010 },
    { port: 25, from: '2001:db8::1/32', action: 'deny' },
    { port: 53, protocol: 'udp', from: '10.9.8.7/8' },
    { port: 443 },
    { port: 80, from: '192.0.2.7/32', action: 'reject' },
  ]
  const apply = (wanted: object[]) => applyFirewall(schema.parse({ rules: wanted }), actionContext({ machine }))
  expect(await apply(rules)).toMatchObject({ ok: true, output: { changed: true } })
  expect(await apply(rules)).toMatchObject({ ok: true, output: { changed: false } })
  const status = await showFirewall({}, actionContext({ machine }))
  expect(status.output).toMatchObject({
    active: true,
    rules: [
      "limit 22/tcp comment 'SSH'",
      'allow 8000:8010/tcp',
      'allow from 10.0.0.0/8 to any port 53 proto udp',
      'allow 443/tcp',
      'reject from 192.0.2.7 to any port 80 proto tcp',
      'deny from 2001:db8::/32 to any port 25 proto tcp',
    ],
  })
  expect(await apply(rules.toReversed().filter(({ port }) => port !== 53))).toMatchObject({ ok: true })
  expect(portsInKernel(inside)).toEqual(['80', '443', '8000:8010', '22', '22', '22'])
})

asRoot('rules that somebody else added go, whatever their form', async () => {
  const { machine, inside } = await setup()
  const ufw = (...words: string[]) => spawnSync('nsenter', [...inside.slice(1), 'ufw', ...words]).status
  const others = [
    ['allow', '53'],
    ['allow', 'in', 'on', 'eth0', 'to', 'any', 'port', '9', 'proto', 'tcp', 'comment', 'from before'],
    ['route', 'allow', 'in', 'on', 'eth0', 'out', 'on', 'eth1'],
    ['allow', 'proto', 'tcp', 'from', 'any', 'to', 'any', 'port', '80,443'],
    ['deny', 'from', '2001:db8::/32'],
  ]
  for (const words of others) expect(ufw(...words)).toBe(0)
  const result = await applyFirewall(schema.parse({ rules: [{ port: 22 }] }), actionContext({ machine }))
  expect(result).toMatchObject({ ok: true })
  expect((await showFirewall({}, actionContext({ machine }))).output?.rules).toEqual(['allow 22/tcp'])
})

asRoot('what systemd would do when nobody confirms puts files and kernel back', async () => {
  const { machine, inside, place } = await setup()
  const apply = (...ports: number[]) =>
    applyFirewall(schema.parse({ rules: ports.map((port) => ({ port })) }), actionContext({ machine }))
  await apply(22, 80)
  expect(await confirmFirewall({}, actionContext({ machine }))).toMatchObject({ ok: true })
  await apply(22, 443)
  const unit = readFileSync(join(place, 'ikoma-firewall-rollback.service'), 'utf8')
  const lines = [...unit.matchAll(/^ExecStart=-(.*)$/gm)].map(([, line = '']) => line.split(' '))
  for (const argv of lines.filter(([program]) => program !== '/usr/bin/systemctl')) {
    expect([argv, spawnSync('nsenter', [...inside.slice(1), ...argv]).status]).toEqual([argv, 0])
  }
  const status = await showFirewall({}, actionContext({ machine }))
  expect(status.output).toMatchObject({ active: true, rules: ['allow 22/tcp', 'allow 80/tcp'], rolledBack: true })
  expect(portsInKernel(inside)).toEqual(['22', '80'])
})

function portsInKernel(inside: readonly string[]): (string | undefined)[] {
  const rules = spawnSync('nsenter', [...inside.slice(1), 'iptables', '-S', 'ufw-user-input']).stdout.toString()
  return [...rules.matchAll(/--dports? (\S+)/g)].map(([, port]) => port)
}

function differs(pid: number | undefined): boolean {
  const netOf = (process: string) => readlinkSync(`/proc/${process}/ns/net`)
  return netOf(String(pid)) !== netOf('self') && readFileSync(`/proc/${pid}/comm`, 'utf8') === 'sleep\n'
}

async function until(happened: () => boolean): Promise<void> {
  const end = performance.now() + 5_000
  while (!happened()) {
    if (performance.now() > end) throw new Error('There is no network of its own.')
    await new Promise((resolve) => setTimeout(resolve, 20))
  }
}
