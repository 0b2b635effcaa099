import { type ChildProcess, spawn } from 'node:child_process'
import { once } from 'node:events'
import { existsSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { request } from 'node:http'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import { expect, inject, onTestFinished, test } from 'vitest'
import { testDatabase } from './testing/index.ts'

const token = 'Xr6TyK0pJd5FhGm2sCe9Ua7R'

async function setup(workers: number, more: Record<string, string> = {}) {
  const folder = mkdtempSync(join(tmpdir(), 'workers-'))
  mkdirSync(join(folder, 'migrations'))
  const about = '{ en: x, fr: x }'
  writeFileSync(
    join(folder, 'env.contract.yaml'),
    `variables:\n  DATABASE_URL: { about: ${about}, secret: true, format: postgres-url }\n`,
  )
  const { url, drop } = await testDatabase(inject('postgresUrl'), join(folder, 'migrations'))
  const program = join(import.meta.dirname, 'testing/served-app.ts')
  const port = 20_000 + (process.pid % 20_000)
  const env = { PATH: process.env.PATH, DATABASE_URL: url, WORKERS: String(workers), PORT: String(port), ...more }
  const child = spawn(process.execPath, ['--no-warnings', program, folder], { env, stdio: ['ignore', 'pipe', 'pipe'] })
  let said = ''
  for (const stream of [child.stdout, child.stderr]) stream.on('data', (bytes) => (said += String(bytes)))
  onTestFinished(async () => {
    await ended(child, 'SIGKILL')
    await drop()
    rmSync(folder, { recursive: true })
  })
  const listening = () =>
    new Set([...said.matchAll(/"worker":(\d+),"pid":(\d+),"msg":"worker listens"/g)].map(([, , pid]) => Number(pid)))
  const up = async (count: number) => {
    while (listening().size < count) {
      if (child.exitCode !== null) throw new Error(`ended with ${child.exitCode}:\n${said}`)
      await sleep(20)
    }
    return [...listening()]
  }
  return { child, up, port, said: () => said }
}

async function ended(child: ChildProcess, signal: NodeJS.Signals): Promise<number | null> {
  if (child.exitCode !== null || child.signalCode !== null) return child.exitCode
  const exit = once(child, 'exit')
  child.kill(signal)
  return (await exit)[0] as number | null
}

/** Each by a connection of its own, which goes to whichever worker is next. */
function ask(port: number, path: string, headers: object = {}): Promise<{ status: number; body: string }> {
  return new Promise((resolve, reject) => {
    const asked = request({ port, path, headers: { connection: 'close', ...headers } }, (answer) => {
      let body = ''
      answer.on('data', (bytes) => (body += String(bytes)))
      answer.on('end', () => resolve({ status: answer.statusCode ?? 0, body }))
      answer.on('error', reject)
    })
    asked.on('error', reject)
    asked.end()
  })
}

/** Who answers, once so many have. */
async function pids(port: number, count: number): Promise<Set<number>> {
  const seen = new Set<number>()
  while (seen.size < count) {
    const answers = await Promise.all(Array.from({ length: 20 }, () => ask(port, '/health')))
    for (const { body } of answers) seen.add((JSON.parse(body) as { pid: number }).pid)
  }
  return seen
}

const lives = (pid: number) =>
  existsSync(`/proc/${pid}/status`) && !/^State:\s+Z/m.test(readFileSync(`/proc/${pid}/status`, 'utf8'))

test('a worker that is killed under load is started again; the others answer meanwhile, and only what it held is lost', async () => {
  const { up, port, said } = await setup(3)
  const first = await up(3)
  expect(await pids(port, 3)).toEqual(new Set(first))
  const [victim = 0] = first
  let [answered, lost] = [0, 0]
  const asking = Array.from({ length: 8 }, async () => {
    for (let round = 0; round < 60; round += 1) {
      if (round === 10 && lives(victim)) process.kill(victim, 'SIGKILL')
      await ask(port, '/health').then(
        () => (answered += 1),
        () => (lost += 1),
      )
    }
  })
  await Promise.all(asking)
  expect(answered + lost).toBe(480)
  // At most what was on its way to the one that was killed.
  expect(lost).toBeLessThanOrEqual(8)
  await up(4)
  const now = await pids(port, 3)
  expect(now).not.toContain(victim)
  expect(said()).toContain('"signal":"SIGKILL","msg":"worker ended by itself"')
})

test('whichever worker is asked for metrics shows those of all, each under the number of its seat', async () => {
  const { up, port } = await setup(2)
  await up(2)
  await pids(port, 2)
  await Promise.all(Array.from({ length: 10 }, () => ask(port, '/late')))
  const answers = await Promise.all([1, 2, 3].map(() => ask(port, '/metrics', { authorization: `Bearer ${token}` })))
  for (const { status, body } of answers) {
    expect(status).toBe(200)
    const counts = (route: string) => [
      ...body.matchAll(new RegExp(`http_request_seconds_count{[^}]*"${route}"[^}]*worker="(\\d)"[^}]*} (\\d+)`, 'g')),
    ]
    expect(
      counts('/health')
        .map(([, seat]) => seat)
        .toSorted(),
    ).toEqual(['1', '2'])
    expect(counts('/late').reduce((sum, [, , count]) => sum + Number(count), 0)).toBe(10)
    expect(body).toMatch(/^workers 2$/m)
    expect(body).toMatch(/^worker_ends_total 0$/m)
    expect(body).toMatch(/process_start_time_seconds{worker="1"}/)
  }
  expect((await ask(port, '/metrics')).status).toBe(401)
})

test('SIGTERM drains all of them: what is on its way is answered, and nobody stays', async () => {
  const { child, up, port } = await setup(2)
  const workers = await up(2)
  const late = Array.from({ length: 6 }, () => ask(port, '/late'))
  await sleep(200)
  const code = ended(child, 'SIGTERM')
  expect((await Promise.all(late)).map(({ status }) => status)).toEqual([200, 200, 200, 200, 200, 200])
  expect(await code).toBe(0)
  expect(workers.filter(lives)).toEqual([])
})

test('workers end with the process that started them', async () => {
  const { child, up } = await setup(2)
  const workers = await up(2)
  await ended(child, 'SIGKILL')
  while (workers.some(lives)) await sleep(20)
})

test('one that cannot start ends the start with 1', async () => {
  const { child, said } = await setup(2, { END_AT_START: 'all' })
  const [code] = child.exitCode === null ? await once(child, 'exit') : [child.exitCode]
  expect(code).toBe(1)
  expect(said()).toContain('The first worker ended before it listened.')
})

test('those that end again and again are given up, and the process ends with 1', async () => {
  const { child, said } = await setup(2, { END_AT_START: 'others' })
  const [code] = child.exitCode === null ? await once(child, 'exit') : [child.exitCode]
  expect(code).toBe(1)
  expect(said().match(/worker ended by itself/g)?.length).toBe(6)
  expect(said()).toContain('workers end too often: giving up')
})
