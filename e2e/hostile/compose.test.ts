import { spawn } from 'node:child_process'
import {
  chmodSync,
  chownSync,
  existsSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  writeFileSync,
} from 'node:fs'
import { join } from 'node:path'
import type { Report } from '@ikoma/api'
import { describe, expect, onTestFailed, onTestFinished, test } from 'vitest'
import { allCommandLines } from '../kit/process-table.ts'
import { entry, node } from '../kit/product.ts'
import { type EnrolledRunner, newWorld, type World } from '../kit/world.ts'

/** An app's account, which every Debian has. */
const app = { uid: 1, gid: 1 }
const canary = 'canary-7d1f5be0-of-another-app'

/** Apps live below /srv, which root alone may write to. */
describe.skipIf(process.getuid?.() !== 0)("an app's account that writes its own compose file", () => {
  async function setup() {
    const world = await newWorld('sqlite', { onTestFinished, onTestFailed })
    const server = await world.startServer()
    const scopes = ['runner', 'service']
    const runner = await world.enrol(server, { scopes, policy: scopes })
    const handed = join(world.folder, 'handed')
    await startAmongOwnDocker(world, runner, handed)
    mkdirSync('/srv', { recursive: true })
    const directory = mkdtempSync('/srv/ikoma-hostile-')
    onTestFinished(() => rmSync(directory, { recursive: true, force: true }))
    chownSync(directory, app.uid, app.gid)
    chmodSync(directory, 0o755)
    const up = async (more = {}) => {
      const payload = { name: 'hostile', directory, settleSec: 1, waitSec: 1, ...more }
      const { id, status } = await server.client.placeOrder({
        type: 'service.compose.up',
        runnerId: runner.id,
        payload,
      })
      if (status === 'PENDING_APPROVAL') await server.client.approveOrder(id)
      const order = await world.orderIs(server, id, 'FAILED')
      return { code: (order.report as Report | null)?.errors?.[0]?.code ?? '', told: JSON.stringify(order) }
    }
    return { world, directory, handed, up, put: (name: string, text: string) => put(join(directory, name), text) }
  }

  test('gets nothing but refusals for files that would take the server over', async () => {
    const { up, put } = await setup()
    const files: [service: string, code: string, field: string][] = [
      ['volumes: ["C:x/../../../..:/host"]', 'compose_file_refused', 'services/web/volumes/0'],
      ['volumes: [{ type: volume, source: /, target: /host }]', 'compose_file_refused', 'services/web/volumes/0'],
      ['volumes: ["$PLACE:/host"]', 'compose_file_refused', 'services/web/volumes/0'],
      ['build: { context: ., cache_from: ["type=local,src=/root"] }', 'compose_file_refused', 'cache_from'],
      ['security_opt: ["seccomp=/etc/shadow"]', 'compose_file_refused', 'security_opt'],
      ['privileged: !reset null', 'compose_file_unreadable', 'docker-compose.yml'],
      ['build: .', 'unsafe_path', 'root'],
      ['volumes: ["./data:/data"]', 'unsafe_path', 'root'],
    ]
    put('.env', 'PLACE=/\n')
    for (const [service, code, field] of files) {
      put('docker-compose.yml', `services: { web: { image: "web:1", ${service} } }`)
      const refused = await up()
      expect([service, refused.code]).toEqual([service, code])
      expect(refused.told).toContain(field)
    }
    put('docker-compose.yml', bomb())
    expect(await up()).toMatchObject({
      code: 'compose_file_unreadable',
      told: expect.stringContaining('more than 20000 values'),
    })
    put('docker-compose.yml', 'services: { web: { image: "web:1", volumes: ["data:/data"] } }\nvolumes: { data: null }')
    expect((await up()).code).not.toMatch(/^compose_file|^unsafe_path/)
  })

  test('gets no file of another account by exchanging its own for a link while it is read', async () => {
    const { world, directory, handed, up, put } = await setup()
    const secret = mkdtempSync('/srv/ikoma-hostile-other-')
    onTestFinished(() => rmSync(secret, { recursive: true, force: true }))
    writeFileSync(join(secret, 'env'), `SECRET=${canary}\n`, { mode: 0o600 })
    put('docker-compose.yml', 'services: { web: { image: "web:1", env_file: x.env, labels: ["x=$SECRET"] } }')
    const exchange = spawn(node, ['-e', exchanging, directory, join(secret, 'env')], {
      ...app,
      stdio: 'ignore',
      cwd: '/',
    })
    onTestFinished(() => void exchange.kill('SIGKILL'))
    const seen: string[] = []
    for (let round = 0; round < 8; round += 1) {
      const { told } = await up({ variablesFile: round % 2 === 0 ? '.env' : 'x.env' })
      seen.push(told, ...allCommandLines())
    }
    expect(seen.join('\n')).not.toContain(canary)
    // Its own file was read now and then, and that is what compose got.
    expect(readFileSync(handed, 'utf8')).toContain('own-of-the-app')
    for (const file of filesBelow(world.folder))
      expect([file, readFileSync(file).includes(canary)]).toEqual([file, false])
    expect(world.outputs()).not.toContain(canary)
  })
})

/** A runner that finds a docker of ours before any other, in a view of the file system that is its own. */
async function startAmongOwnDocker(world: World, { stateDir }: EnrolledRunner, handed: string): Promise<void> {
  const programs = world.folderFor('programs')
  writeFileSync(
    join(programs, 'docker'),
    `#!${process.execPath}\nconst handed = ${JSON.stringify(handed)}\n${docker}`,
    { mode: 0o755 },
  )
  const mount = 'mount --bind "$0" /usr/local/sbin && exec "$@"'
  const run = [node, entry, 'runner', 'run', '--state-dir', stateDir]
  const runner = world.start(['unshare', '--mount', 'sh', '-c', mount, programs, ...run])
  await runner.said(/The runner has started/)
}

/** As compose 2 would, it opens what it is told of files by their names, and here keeps what it got. */
const docker = `
const { appendFileSync, readFileSync } = require('node:fs')
const { resolve } = require('node:path')
const args = process.argv.slice(2)
const of = (option) => args[args.indexOf(option) + 1]
const open = (file) => {
  try {
    return readFileSync(resolve(of('--project-directory'), file.path ?? file), 'utf8')
  } catch (error) {
    return error.code
  }
}
if (args[0] === 'compose' && args[1] !== 'version') {
  const given = readFileSync(0, 'utf8')
  const services = Object.values(JSON.parse(given).services)
  const files = [of('--env-file'), ...services.flatMap(({ env_file: named = [] }) => named)]
  appendFileSync(handed, [given, ...files.map(open)].join('\\n'))
}`

function put(path: string, text: string): void {
  writeFileSync(path, text, { mode: 0o644 })
  chownSync(path, app.uid, app.gid)
}

/** A plain file and a link to somebody else's, each in the place of the other. */
const exchanging = `
const { renameSync, symlinkSync, writeFileSync } = require('node:fs')
const [folder, secret] = process.argv.slice(1)
const wait = (ms) => Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0, ms)
for (;;) {
  writeFileSync(folder + '/plain', 'A=own-of-the-app\\n')
  renameSync(folder + '/plain', folder + '/x.env')
  wait(60)
  symlinkSync(secret, folder + '/link')
  renameSync(folder + '/link', folder + '/x.env')
  wait(20)
}`

function bomb(): string {
  const lines = ['a0: &a0 [x, x, x, x, x, x, x, x, x]']
  for (let level = 1; level < 12; level += 1) lines.push(`a${level}: &a${level} [${Array(9).fill(`*a${level - 1}`)}]`)
  return lines.join('\n')
}

function filesBelow(folder: string): string[] {
  const entries = existsSync(folder) ? readdirSync(folder, { withFileTypes: true, recursive: true }) : []
  return entries.filter((entry) => entry.isFile()).map((entry) => join(entry.parentPath, entry.name))
}
