// Keeps a small database of a built version, on both stores, for the tests of the versions after it:
// `node scripts/keep-database.ts <name> [folder of the build]` writes packages/store/src/testing/former/<name>-<store>.json.
import { spawn } from 'node:child_process'
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join, resolve } from 'node:path'
import { DatabaseSync } from 'node:sqlite'
import { setTimeout as delay } from 'node:timers/promises'
import pg from 'pg'
import { startPostgres } from '../packages/store/src/testing/postgres-server.ts'

const [name = 'present', root = '.'] = process.argv.slice(2)
const key = 'the-admin-key-of-a-test-fixture'
const keyFiles = ['seal.key', 'signing.pem']
type Rows = Record<string, Record<string, unknown>[]>

for (const kind of ['sqlite', 'postgres'] as const) {
  const folder = mkdtempSync(join(tmpdir(), 'ikoma-keep-'))
  const server = kind === 'postgres' ? await startPostgres() : null
  try {
    const url = server && `${server.url}/postgres`
    const made = await serve(folder, url)
    const rows = url ? await rowsOfPostgres(url) : rowsOfSqlite(join(folder, 'ikoma.db'))
    const keys = Object.fromEntries(keyFiles.map((file) => [file, readFileSync(join(folder, 'keys', file), 'utf8')]))
    const note = 'A test fixture: these keys and tokens open nothing else.'
    const out = `packages/store/src/testing/former/${name}-${kind}.json`
    writeFileSync(out, `${JSON.stringify({ note, made, keys, rows }, null, 1)}\n`)
    process.stdout.write(`${out}\n`)
  } finally {
    await server?.stop()
    rmSync(folder, { recursive: true })
  }
}

async function serve(folder: string, databaseUrl: string | null): Promise<object> {
  const port = 40_000 + Math.floor(Math.random() * 20_000)
  const env = {
    PATH: process.env.PATH,
    PORT: String(port),
    IKOMA_ADMIN_KEY: key,
    IKOMA_LOCAL_RUNNER: 'false',
    LOG_LEVEL: 'error',
    IKOMA_KEYS_DIR: join(folder, 'keys'),
    DB_PATH: join(folder, 'ikoma.db'),
    ...(databaseUrl === null ? {} : { DATABASE_URL: databaseUrl }),
  }
  const child = spawn(process.execPath, [resolve(root, 'dist/index.cjs'), 'up'], { cwd: folder, env, stdio: 'inherit' })
  const exited = new Promise((done) => child.once('exit', done))
  try {
    const url = `http://127.0.0.1:${port}`
    await ready(url)
    return await fill(url)
  } finally {
    child.kill('SIGTERM')
    await exited
  }
}

async function ready(url: string): Promise<void> {
  for (let tries = 0; tries < 100; tries += 1) {
    if (
      await fetch(`${url}/readyz`).then(
        ({ ok }) => ok,
        () => false,
      )
    )
      return
    await delay(200)
  }
  throw new Error('the control plane did not start')
}

/** Orders in every state, and one of everything else. */
async function fill(url: string): Promise<object> {
  const call = caller(url)
  const server = await call('POST', '/v1/servers', { name: 'web-1', tags: ['a'], metadata: { zone: 'x' } })
  const runner = await call('POST', '/v1/runners', {
    name: 'runner-a',
    scopes: ['shell', 'check'],
    labels: { b: '1', a: '2' },
    concurrency: 20,
  })
  await call('PATCH', `/v1/servers/${server.id}/attach-runner`, { runnerId: runner.id })
  const asRunner = { 'x-runner-id': runner.id, 'x-runner-token': runner.token }
  const viewer = await call('POST', '/v1/tokens', { name: 'vera', role: 'viewer' })
  const operator = await call('POST', '/v1/tokens', { name: 'olga', role: 'operator' })
  const asOlga = { authorization: `Bearer ${operator.token}` }
  const enrolment = await call('POST', '/v1/enrolments', { name: 'invited', scopes: ['shell'] })
  const selftest = (more: object = {}) =>
    call('POST', '/v1/orders', { type: 'runner.selftest', serverId: server.id, labels: { z: '1', a: '2' }, ...more })
  const shell = () =>
    call('POST', '/v1/orders', { type: 'shell.run', serverId: server.id, payload: { argv: ['/bin/true'] } }, asOlga)
  const beat = (id: string, verb: string, lease: string, body?: unknown) =>
    call('POST', `/v1/runner/orders/${id}/${verb}`, body, { ...asRunner, 'x-ikoma-lease': lease })
  const claim = () => call('POST', '/v1/runner/orders/claim-next', undefined, asRunner)
  const report = (ok: boolean) => ({ report: { ok, summary: ok ? 'done' : 'not done', retryable: false } })
  for (const ok of [true, false]) {
    await selftest()
    const order = await claim()
    await beat(order.id, 'start', order.lease)
    await beat(order.id, 'logs', order.lease, { seq: 1, lines: [{ at: Date.now(), stream: 'stdout', text: 'hello' }] })
    await beat(order.id, 'complete', order.lease, report(ok))
  }
  await selftest()
  const running = await claim()
  await beat(running.id, 'start', running.lease)
  await selftest()
  const claimed = await claim()
  const queued = await selftest()
  const keyed = await call(
    'POST',
    '/v1/orders',
    { type: 'runner.selftest', serverId: server.id },
    { 'idempotency-key': 'once' },
  )
  const waiting = await selftest({ runAt: new Date(Date.now() + 3 * 3_600_000).toISOString() })
  await call('POST', `/v1/orders/${(await selftest()).id}/cancel`, {})
  const pending = await shell()
  const approved = await shell()
  await call('POST', `/v1/orders/${approved.id}/approve`, {})
  const rejected = await shell()
  await call('POST', `/v1/orders/${rejected.id}/reject`, {})
  const keyOne = await selftest({ resourceKey: 'app' })
  const keyTwo = await selftest({ resourceKey: 'app' })
  const schedule = await call(
    'POST',
    '/v1/schedules',
    { name: 'each minute', cron: '* * * * *', order: { type: 'runner.selftest', serverId: server.id } },
    asOlga,
  )
  await call(
    'POST',
    '/v1/runner/heartbeat',
    { status: 'ONLINE', version: '0.1.0', capabilities: { docker: true } },
    asRunner,
  )
  return {
    at: Date.now(),
    runner: { id: runner.id, token: runner.token },
    server: server.id,
    viewer: viewer.token,
    operator: operator.token,
    enrolment: enrolment.token,
    schedule: schedule.id,
    orders: {
      running: running.id,
      claimed: claimed.id,
      queued: queued.id,
      keyed: keyed.id,
      waiting: waiting.id,
      pending: pending.id,
      approved: approved.id,
      keyOne: keyOne.id,
      keyTwo: keyTwo.id,
    },
    leases: { running: running.lease, claimed: claimed.lease },
  }
}

function caller(url: string) {
  return async (method: string, path: string, body?: unknown, given: Record<string, string> = {}) => {
    const own = given['x-runner-id'] || given.authorization ? given : { 'x-ikoma-admin-key': key, ...given }
    const headers = body === undefined ? own : { ...own, 'content-type': 'application/json' }
    const answer = await fetch(url + path, {
      method,
      headers,
      ...(body === undefined ? {} : { body: JSON.stringify(body) }),
    })
    const text = await answer.text()
    if (!answer.ok) throw new Error(`${method} ${path} answered ${answer.status}: ${text}`)
    // biome-ignore lint/suspicious/noExplicitAny: whatever version it was, these fields are there
    return (text === '' ? null : JSON.parse(text)) as any
  }
}

function rowsOfSqlite(file: string): Rows {
  const database = new DatabaseSync(file, { readOnly: true })
  const tables = database
    .prepare("select name from sqlite_schema where type = 'table' and name not like 'sqlite%'")
    .all()
  const rows = tables.map(({ name: table }) => [table, database.prepare(`select * from "${table}"`).all()])
  database.close()
  return Object.fromEntries(rows)
}

async function rowsOfPostgres(url: string): Promise<Rows> {
  const client = new pg.Client({ connectionString: url })
  await client.connect()
  const tables = await client.query("select tablename as name from pg_tables where schemaname = 'public'")
  const rows: Rows = {}
  for (const { name: table } of tables.rows) {
    const found = await client.query(`select row_to_json(t) as row from "${table}" t`)
    rows[table] = found.rows.map(({ row }) => row)
  }
  await client.end()
  return rows
}
