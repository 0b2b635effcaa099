import { execFileSync, spawn } from 'node:child_process'
import { chmodSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { createServer } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import pg from 'pg'
import { afterAll, beforeAll, describe, expect, it, onTestFinished, vi } from 'vitest'
import { describeStore, recycled } from '../conformance/index.ts'
import { anOrder, sealKey } from '../testing/fixtures.ts'
import { type PostgresServer, startPostgres } from '../testing/index.ts'
import { newDatabase, openTemporary } from '../testing/test-database.ts'
import { openPostgresStore } from './store.ts'

let postgres: PostgresServer
let pooler: { port: number; stop(): Promise<void> }
beforeAll(async () => {
  postgres = await startPostgres()
  pooler = await startPgBouncer(postgres.port)
})
afterAll(async () => {
  await pooler?.stop()
  await postgres?.stop()
})

describeStore(
  'PostgreSQL behind PgBouncer in transaction mode',
  recycled(() =>
    openTemporary(postgres.url, (databaseUrl) => {
      const url = databaseUrl.replace(`:${postgres.port}/`, `:${pooler.port}/`)
      // Whether it may prepare is not said: it finds out.
      return { url, listenUrl: databaseUrl }
    }),
  ),
)

describe('behind PgBouncer, a standby that must confirm and does not', () => {
  it('keeps no connection of the server waiting for a write that was given up', async () => {
    const admin = new pg.Client(`${postgres.url}/postgres`)
    await admin.connect()
    const set = async (names: string) => {
      await admin.query(`alter system set synchronous_standby_names = '${names}'`)
      await admin.query('select pg_reload_conf()')
    }
    onTestFinished(async () => {
      await set('')
      await admin.end()
    })
    const waiting = async () =>
      (await admin.query("select pid from pg_stat_activity where wait_event = 'SyncRep'")).rows.length
    const { url } = await newDatabase(postgres.url)
    const store = await openPostgresStore({
      sealKey,
      url: url.replace(`:${postgres.port}/`, `:${pooler.port}/`),
      listenUrl: url,
    })
    onTestFinished(() => store.close())
    await set('nobody')
    const placing = store
      .insertOrders([{ order: anOrder({ scope: 'any' }), actor: 'admin-key', idempotency: null }])
      .catch(String)
    await vi.waitFor(async () => expect(await waiting()).toBe(1), { timeout: 10_000 })
    expect(await placing).toMatch(/may or may not/)
    await vi.waitFor(async () => expect(await waiting()).toBe(0), { timeout: 5_000 })
  }, 40_000)
})

/** Two server connections for all clients of a database: a statement that relies on its session meets another's. */
async function startPgBouncer(postgresPort: number): Promise<typeof pooler> {
  const folder = mkdtempSync(join(tmpdir(), 'ikoma-pgbouncer-'))
  // It refuses to be root, and reads its files as whoever it becomes.
  chmodSync(folder, 0o755)
  const port = await freePort()
  const preparesByName = version() >= 1.21
  const settings = {
    listen_addr: '127.0.0.1',
    listen_port: port,
    unix_socket_dir: '',
    auth_type: 'any',
    pool_mode: 'transaction',
    default_pool_size: 2,
    max_client_conn: 500,
    ...(preparesByName ? { max_prepared_statements: 100 } : {}),
  }
  const lines = Object.entries(settings).map(([name, value]) => `${name} = ${value}`)
  const file = join(folder, 'pgbouncer.ini')
  const databases = `* = host=127.0.0.1 port=${postgresPort} user=postgres`
  writeFileSync(file, `[databases]\n${databases}\n\n[pgbouncer]\n${lines.join('\n')}\n`)
  const who = process.getuid?.() === 0 ? ['-u', 'nobody'] : []
  const child = spawn(program, [...who, file], { stdio: ['ignore', 'ignore', 'pipe'] })
  const exited = new Promise<void>((resolve) => child.once('exit', () => resolve()))
  await new Promise<void>((resolve, reject) => {
    let said = ''
    child.stderr.on('data', (bytes: Buffer) => {
      said += bytes.toString()
      if (said.includes('process up')) resolve()
    })
    child.once('error', reject)
    child.once('exit', (code) => reject(new Error(`PgBouncer ended with ${code}: ${said}`)))
  })
  return {
    port,
    async stop() {
      child.kill('SIGKILL')
      await exited
      rmSync(folder, { recursive: true, force: true })
    },
  }
}

const program = '/usr/sbin/pgbouncer'

function version(): number {
  return Number(/PgBouncer (\d+\.\d+)/.exec(execFileSync(program, ['--version'], { encoding: 'utf8' }))?.[1])
}

function freePort(): Promise<number> {
  return new Promise((resolve) => {
    const server = createServer().listen(0, '127.0.0.1', () => {
      const { port } = server.address() as { port: number }
      server.close(() => resolve(port))
    })
  })
}
