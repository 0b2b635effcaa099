import { existsSync, readdirSync, readFileSync, statSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import type { OrderResource } from '@ikoma/api'
import { describe, expect, type TestContext, test } from 'vitest'
import { type Dialect, dialects } from '../kit/database.ts'
import type { Process } from '../kit/process.ts'
import { allCommandLines } from '../kit/process-table.ts'
import { entry, node, root } from '../kit/product.ts'
import { placeShell } from '../kit/shell-order.ts'
import { until } from '../kit/until.ts'
import { type ControlPlane, newWorld, type World } from '../kit/world.ts'

async function setup(dialect: Dialect, t: TestContext) {
  const world = await newWorld(dialect, t)
  const keyFile = join(world.folder, 'data', 'admin.key')
  return { world, keyFile }
}

interface Up extends ControlPlane {
  key: string
  /** The line that it offers to paste. */
  curl: string
}

async function startUp(world: World, args: string[] = ['up'], env: Record<string, string> = {}): Promise<Up> {
  return asUp(world, world.ikoma(args, env))
}

async function asUp(world: World, started: Process): Promise<Up> {
  const [curl] = await started.said(/curl .*/, 30_000)
  const key = readFileSync(join(world.folder, 'data', 'admin.key'), 'utf8').trim()
  return { ...(await world.ready(started, key)), key, curl: curl.trim() }
}

async function pasted(world: World, line: string): Promise<OrderResource> {
  const bash = world.start(['bash', '-c', line])
  const { code } = await bash.exited
  if (code !== 0) throw new Error(`${line} ended with ${code}: ${bash.output()}`)
  return JSON.parse(bash.stdout()) as OrderResource
}

/** The text of every file in the world that the product wrote, but for the key's own file. */
function filesOf(folder: string, but: string): string[] {
  return readdirSync(folder, { recursive: true, withFileTypes: true })
    .filter((file) => file.isFile())
    .map(({ parentPath, name }) => join(parentPath, name))
    .filter((path) => path !== but)
    .map((path) => readFileSync(path, 'latin1'))
}

describe.each(dialects)('the first start, on %s', (dialect) => {
  test.concurrent('offers a line that places an order, which ends well', async (t) => {
    const { world, keyFile } = await setup(dialect, t)
    const up = await startUp(world)

    const placed = await pasted(world, up.curl)

    expect(placed).toMatchObject({ type: 'runner.selftest', status: 'QUEUED' })
    expect(await world.orderIs(up, placed.id, 'SUCCEEDED')).toMatchObject({ attempt: 1, report: { ok: true } })
    expect(statSync(keyFile).mode & 0o777).toBe(0o600)
    expect(statSync(join(world.folder, 'data')).mode & 0o077).toBe(0)
  })

  test.concurrent('makes a key that shows up nowhere but in its file', async (t) => {
    const { world, keyFile } = await setup(dialect, t)
    const up = await startUp(world, ['up'], { LOG_LEVEL: 'trace' })
    const { id } = await up.client.placeOrder({ type: 'runner.selftest', scope: 'runner' })
    await world.orderIs(up, id, 'SUCCEEDED')

    expect(up.key).toMatch(/^iko_adm_/)
    expect(up.output()).not.toContain(up.key)
    expect(allCommandLines().filter((line) => line.includes(up.key))).toEqual([])
    expect(filesOf(world.folder, keyFile).filter((text) => text.includes(up.key))).toEqual([])
    for (const table of await world.database.tables()) {
      const rows = await world.database.query(`select * from ${table}`)
      expect(JSON.stringify(rows), table).not.toContain(up.key)
    }
  })

  test.concurrent('is remembered by the second', async (t) => {
    const { world } = await setup(dialect, t)
    const first = await startUp(world)
    const before = await pasted(world, first.curl)
    await world.orderIs(first, before.id, 'SUCCEEDED')
    expect(await first.end('SIGTERM')).toEqual({ code: 0, signal: null })

    const second = await startUp(world)

    expect(second.key).toBe(first.key)
    const after = await pasted(world, second.curl)
    expect(after.runnerId).toBe(before.runnerId)
    await world.orderIs(second, after.id, 'SUCCEEDED')
    expect((await second.client.listRunners()).items).toHaveLength(1)
    expect((await second.client.listServers()).items).toHaveLength(1)
    expect((await second.client.listOrders()).items).toHaveLength(2)
  })

  test.concurrent('may be cut off by a kill -9: the next one goes on', async (t) => {
    const { world } = await setup(dialect, t)
    const first = await startUp(world)
    await first.end('SIGKILL')

    const second = await startUp(world, ['up', '--port', first.port])

    const { id } = await pasted(world, second.curl)
    await world.orderIs(second, id, 'SUCCEEDED')
    const runners = () => world.living().filter(({ command }) => command.includes('runner run'))
    await until('one runner', () => runners().length === 1)
    expect(await second.end('SIGTERM', 40_000)).toEqual({ code: 0, signal: null })
    expect(world.living()).toEqual([])
  })
})

describe('SIGTERM', () => {
  test.concurrent('to `up` ends both processes at once', async (t) => {
    const { world } = await setup('sqlite', t)
    const up = await startUp(world)
    const follow = fetch(`${up.url}/v1/stream`, { headers: { 'x-ikoma-admin-key': up.key } })
    expect((await follow).status).toBe(200)
    const since = performance.now()

    expect(await up.end('SIGTERM')).toEqual({ code: 0, signal: null })

    expect(performance.now() - since).toBeLessThan(5_000)
    expect(world.living()).toEqual([])
  })

  test.concurrent('to `npm start` ends everything as well', async (t) => {
    const { world } = await setup('sqlite', t)
    const npm = world.start(['npm', 'start'], {}, root)
    const up = await asUp(world, npm)
    const { id } = await pasted(world, up.curl)
    await world.orderIs(up, id, 'SUCCEEDED')

    const exit = await npm.end('SIGTERM')

    await until('every process to end', () => world.living().length === 0, 5_000)
    expect([exit.code, exit.signal]).not.toContain('SIGKILL')
  })

  test.concurrent('to `up` ends the program of a running order, which is told', async (t) => {
    const { world } = await setup('sqlite', t)
    const scopes = ['runner', 'shell']
    const first = await startUp(world)
    const [runner] = (await first.client.listRunners()).items
    if (!runner) throw new Error('no runner')
    await first.client.updateRunner(runner.id, { scopes })
    await first.end('SIGTERM')
    allowShell(world, scopes)
    const up = await startUp(world)
    const { id } = await placeShell(up, runner, { argv: ['/bin/sleep', '600'] })
    await until('the program', () => world.living().some(({ command }) => command.includes('sleep 600')))

    expect(await up.end('SIGTERM', 40_000)).toEqual({ code: 0, signal: null })

    expect(world.living()).toEqual([])
    const third = await startUp(world)
    expect(await world.orderIs(third, id, 'NEEDS_ATTENTION')).toMatchObject({ statusReason: 'interrupted' })
  })
})

test.concurrent.for([
  { name: 'npm start', command: ['npm', 'start'] as const, cwd: root },
  { name: 'ikoma up', command: [node, entry, 'up'] as const, cwd: undefined },
])('Ctrl-C ends all of `$name`, in order', async ({ command, cwd }, t) => {
  const { world } = await setup('sqlite', t)
  const started = world.start(command, {}, cwd)
  await asUp(world, started)

  // The terminal signals every process of the foreground group.
  process.kill(-started.pid, 'SIGINT')

  expect(await started.exited).toEqual({ code: 0, signal: null })
  await until('every process to end', () => world.living().length === 0, 5_000)
})

describe('a configuration that cannot be used', () => {
  const bad = {
    PORT: 'eighty',
    LOG_LEVEL: 'chatty',
    DATABASE_URL: 'mysql://root:hunter2@db/ikoma',
    METRICS_TOKEN: 'short-tok',
    IKOMA_RECONCILE_SEC: '-17',
  }

  test.concurrent.for(['up', 'serve'])('stops `%s` with every problem at once and no value', async (command, t) => {
    const { world } = await setup('sqlite', t)
    const started = world.ikoma([command], bad)

    const { code } = await started.exited

    expect(code).toBe(2)
    for (const name of Object.keys(bad)) expect(started.output()).toContain(name)
    for (const value of ['eighty', 'chatty', 'hunter2', 'mysql', 'short-tok', '-17']) {
      expect(started.output()).not.toContain(value)
    }
    expect(existsSync(join(world.folder, 'data'))).toBe(false)
  })

  test.concurrent.for([undefined, 'short', 'aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa'])(
    'stops production with the admin key %s',
    async (key, t) => {
      const { world } = await setup('sqlite', t)
      const env = { NODE_ENV: 'production', ...(key === undefined ? {} : { IKOMA_ADMIN_KEY: key }) }
      const started = world.ikoma(['up'], env)

      expect((await started.exited).code).toBe(2)

      expect(started.output()).toContain('IKOMA_ADMIN_KEY')
      if (key) expect(started.output()).not.toContain(key)
    },
  )

  test.concurrent('says that a port is taken', async (t) => {
    const { world } = await setup('sqlite', t)
    const { port } = await world.startServer()
    const second = world.ikoma(['serve'], { PORT: port, DB_PATH: join(world.folder, 'other', 'ikoma.db') })

    expect((await second.exited).code).toBe(1)

    expect(second.output()).toContain(port)
  })
})

test('a machine is invited and becomes a runner by the command line alone', async (t) => {
  const { world } = await setup('sqlite', t)
  const server = await world.startServer()
  const { token } = await server.client.createEnrolment({ name: 'edge-1' })
  const stateDir = join(world.folder, 'edge')
  const enrol = () =>
    world.ikoma(['runner', 'enrol', '--url', server.url, '--token', token, '--state-dir', stateDir, '--json'])
  const enrolment = enrol()
  expect((await enrolment.exited).code).toBe(0)
  const { runnerId } = JSON.parse(enrolment.stdout()) as { runnerId: string }
  await world.startRunner({ id: runnerId, stateDir })

  const { id } = await server.client.placeOrder({ type: 'system.facts.collect', runnerId })

  await world.orderIs(server, id, 'SUCCEEDED')
  const again = enrol()
  expect((await again.exited).code).not.toBe(0)
  expect(again.output()).not.toContain(token)
})

test('an older Node is told what is needed', async (t) => {
  const { world } = await setup('sqlite', t)
  const which = world.start([
    'bash',
    '-c',
    'for n in /usr/bin/node /usr/local/bin/node; do [ -x $n ] && $n -v && echo $n; done',
  ])
  await which.exited
  t.skip(!/^v(1\d|20)\./m.test(which.stdout()), 'no older Node here')
  const old = which.stdout().split('\n')[1] ?? node
  const started = world.start([old, join(root, 'dist/index.cjs'), 'up'])

  expect((await started.exited).code).not.toBe(0)

  expect(started.output()).toMatch(/Node/)
})

function allowShell(world: World, scopes: string[]): void {
  writeFileSync(join(world.folder, 'data', 'runner', 'policy.json'), JSON.stringify({ scopes }))
}
