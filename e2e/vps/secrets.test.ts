import { readdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { until } from '../kit/until.ts'
import { onHost } from './bare-host.ts'
import { type Mirror, startMirror } from './mirror.ts'
import { importImage } from './shell-image.ts'
import { putSources } from './sources.ts'
import { installedNode, newVps, type Vps } from './vps.ts'

const canary = 'canary-5f1e7a90c4$with"odd\\chars&42'
/** Enough of it to know it by, however it is written. */
const spellings = ['canary-5f1e7a90c4', Buffer.from(canary).toString('base64').slice(0, 20)]

const folder = '/srv/keeper'
/** Keeps the value where only its account reads it, and says it, as careless apps do. */
const app = (name: string) => `
  const { writeFileSync } = require('node:fs')
  writeFileSync('${folder}/kept-by-' + ${JSON.stringify(name)}, process.env.API_VALUE, { mode: 0o600 })
  console.log('started')
  if (process.argv.includes('stay')) setInterval(() => {}, 1000)
`
const environment = { API_VALUE: { secret: 'canary' } }

/** Where an app's value belongs: what it wrote itself, and what starts it again. None of it is open to others. */
const places = [
  /^\/srv\/keeper\/kept-by-(service|timer|pm2)$/,
  /^\/etc\/systemd\/system\/(keeper|poller)\.service\.env$/,
  /^\/etc\/pm2\/keeper\.config\.cjs$/,
  /^\/srv\/keeper\/\.pm2\/dump\.pm2(\.bak)?$/,
  /^\/var\/lib\/docker\/containers\/[0-9a-f]+\/config\.v2\.json$/,
  // What Docker's own parts start the container by.
  /^\/var\/lib\/containerd\/io\.containerd\.metadata\.v1\.bolt\/meta\.db$/,
  /^\/run\/containerd\/io\.containerd\.runtime\.v2\.task\/moby\/[0-9a-f]+\/config\.json$/,
]

onHost('a secret given by reference', () => {
  let vps: Vps
  let mirror: Mirror
  beforeAll(async () => {
    vps = await newVps({ scopes: ['system', 'platform', 'service', 'timer', 'shell'] })
    mirror = await startMirror(vps.host.gateway)
    await vps.controlPlane.client.setSecret('canary', { value: canary })
    await vps.done('system.user.apply', { name: 'keeper', home: folder })
    const registry = ['--registry', mirror.registry, '--replace-registry-host', 'always']
    await vps.done('platform.node.install', { major: 24, source: 'tarball', tarball: mirror.tarball })
    const quietly = ['--no-audit', '--no-fund', '--loglevel', 'error']
    const argv = ['npm', 'install', '--global', '--prefix', '/usr/local', ...registry, ...quietly, 'pm2@7.0.4'] as const
    await vps.host.see(argv, { timeoutSec: 240 })
    await vps.done('platform.docker.install', {}, { withinSec: 600 })
  }, 900_000)
  afterAll(async () => {
    await mirror?.close()
    await vps?.host.look(['systemctl', 'stop', 'docker.socket', 'docker.service', 'containerd.service'])
    await vps?.close()
  })

  const program = { user: 'keeper', workingDirectory: folder, readWritePaths: [folder], environment }
  const kept = (name: string) => {
    return until(`what ${name} kept`, async () => {
      const { stdout } = await vps.host.look(['cat', `${folder}/kept-by-${name}`])
      return stdout === canary || null
    })
  }

  test('reaches a service, a timer, a process of PM2 and a container', async () => {
    const execStart = [installedNode, '--eval', app('service'), 'stay']
    await vps.done('service.systemd.apply', { ...program, name: 'keeper', description: 'Keeper', execStart })
    await kept('service')
    const job = { ...program, execStart: [installedNode, '--eval', app('timer')], timeoutSec: 60 }
    const schedule = { everySec: 5, afterBootSec: 1 }
    await vps.done('timer.systemd.apply', { ...job, name: 'poller', description: 'Poller', schedule })
    await kept('timer')
    await vps.host.see(['sh', '-c', `cat > ${folder}/pm2.js <<'END'\n${app('pm2')}\nEND`])
    await vps.done('service.pm2.startup', { user: 'keeper' })
    const script = `${folder}/pm2.js`
    const pm2 = { name: 'web', script, args: ['stay'], workingDirectory: folder, interpreter: '/usr/local/bin/node' }
    await vps.done('service.pm2.apply', { user: 'keeper', processes: [{ ...pm2, environment }] })
    await kept('pm2')
    await composeUp(vps)
  }, 400_000)

  test('is in no command line, no open file and no place that is not the app’s', async () => {
    const found = await filesWith(vps)
    expect(found.filter((path) => !places.some((place) => place.test(path)))).toEqual([])
    expect(found.length).toBeGreaterThanOrEqual(6)
    // Whatever its own rights are: a folder on the way may be closed.
    for (const path of found) {
      const { code } = await vps.host.runAs('nobody', ['head', '--bytes', '1', path])
      expect([path, code]).not.toEqual([path, 0])
    }
    const { stdout: lines } = await vps.host.look(['ps', '-eo', 'args', '--cols', '100000'])
    const { stdout: journal } = await vps.host.look(['journalctl', '--no-pager', '--output', 'cat'])
    for (const spelling of spellings)
      expect([lines.includes(spelling), journal.includes(spelling)]).toEqual([false, false])
  })

  test('is nowhere in the control plane', async () => {
    const { client } = vps.controlPlane
    const { items } = await client.listOrders({ limit: 200 })
    let exported = ''
    for await (const text of client.exportOrders()) exported += text
    const logs = await Promise.all(items.map(({ id }) => client.listOrderLogs(id, { limit: 500 })))
    const audit = await client.listAudit({ limit: 200 })
    const told = JSON.stringify([items, exported, logs, audit, vps.controlPlane.outputs()])
    expect(spellings.filter((spelling) => told.includes(spelling))).toEqual([])
    const data = vps.controlPlane.folder
    const files = readdirSync(data, { recursive: true, withFileTypes: true }).filter((entry) => entry.isFile())
    const bytes = files.map((entry) => readFileSync(join(entry.parentPath, entry.name), 'latin1'))
    expect(bytes.filter((each) => spellings.some((spelling) => each.includes(spelling)))).toEqual([])
  })
})

async function composeUp(vps: Vps): Promise<void> {
  const { host } = vps
  await importImage(host, 'keeper:1')
  const command = ['/bin/sh', '-c', 'test "$${#API_VALUE}" -gt 30 && while :; do sleep 1; done']
  const file = JSON.stringify({ version: '3.8', services: { web: { image: 'keeper:1', command } } })
  const directory = await putSources(vps, 'keeper', { 'docker-compose.yml': file })
  const project = { name: 'keeper', directory, environment: { web: environment }, settleSec: 2 }
  await vps.done('service.compose.up', project, { withinSec: 300 })
}

/** Every file of the host that holds it, whoever may read it, but for what the kernel makes up. */
async function filesWith({ host }: Vps): Promise<string[]> {
  const skipped = ['/proc', '/sys', '/dev'].flatMap((path) => ['-path', path, '-prune', '-o'])
  const patterns = spellings.flatMap((spelling) => ['-e', spelling])
  const search = [
    '-type',
    'f',
    '-exec',
    'grep',
    '--files-with-matches',
    '--fixed-strings',
    ...patterns,
    '--',
    '{}',
    '+',
  ]
  const { stdout } = await host.look(['find', '/', ...skipped, ...search], { timeoutSec: 300 })
  return stdout.split('\n').filter((path) => path !== '')
}
