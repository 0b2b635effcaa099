import { execFile, execFileSync } from 'node:child_process'
import { chmodSync, mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { promisify } from 'node:util'
import pg from 'pg'
import { type Process, startProcess } from '../kit/process.ts'
import { until } from '../kit/until.ts'
import { adminKey } from '../kit/world.ts'
import { environmentOf, filled, type Values, writeFilled } from './files.ts'
import { Machine } from './machine.ts'
import { path, postgresVersion } from './needs.ts'

const run = promisify(execFile)

const addresses = { 'db-a': '10.0.0.1', 'db-b': '10.0.0.2', 'db-c': '10.0.0.3' }

/**
 * What the documents say to fill in, for three machines that are one: their addresses are this network's own. Of etcd there
 * is one member; how three of them agree is etcd's affair, and each is one more disk that a busy machine waits for.
 */
export const values: Values = {
  ETCD: '10.0.0.1:2379',
  ETCD_CLUSTER: 'db-a=http://10.0.0.1:2380',
  NETWORK: '10.0.0.0/24',
  POSTGRES: postgresVersion ?? '',
  SUPERUSER_PASSWORD: 'superuser-b7c1',
  REPLICATION_PASSWORD: 'replication-51fa',
  REWIND_PASSWORD: 'rewind-90de',
  API_PASSWORD: 'api-3c08',
  IKOMA_PASSWORD: 'ikoma-77e2',
  ADMIN_KEY: adminKey,
  METRICS_TOKEN: 'metrics-token-4bc19a02',
  ADDRESS_A: addresses['db-a'],
  ADDRESS_B: addresses['db-b'],
  ADDRESS_C: addresses['db-c'],
}

/** Three Patroni, etcd, HAProxy and PgBouncer, from the project's own files. */
export class Cluster {
  readonly folder = mkdtempSync(join(tmpdir(), 'ikoma-failover-'))
  readonly machines: Machine[]
  readonly #others: Process[] = []

  constructor() {
    chmodSync(this.folder, 0o755)
    this.machines = Object.entries(addresses).map(
      ([name, address]) => new Machine({ name, address, folder: this.folder, values }),
    )
  }

  async start(): Promise<void> {
    this.#run(['etcd'], {
      ...environmentOf('etcd.env', { ...values, NODE: 'db-a', ADDRESS: addresses['db-a'] }),
      ...this.#ownEtcd(),
    })
    this.#run(['haproxy', '-db', '-f', writeFilled(join(this.folder, 'haproxy.cfg'), 'haproxy.cfg', values)])
    this.#startPgBouncer()
    for (const machine of this.machines) machine.start()
    await this.primary(60_000)
    await this.standbys(2, 60_000)
    const psql = ['psql', '-v', 'ON_ERROR_STOP=1', '-h', '127.0.0.1', '-p', '5000', '-U', 'postgres']
    const input = filled('database.sql', values)
    await until('HAProxy to find the primary', () =>
      this.query('select 1').then(
        () => true,
        () => false,
      ),
    )
    execFileSync('env', [`PGPASSWORD=${values.SUPERUSER_PASSWORD}`, ...psql], {
      input,
      stdio: ['pipe', 'ignore', 'pipe'],
    })
  }

  /** The one that leads, once there is one other than `but`. */
  async primary(withinMs = 60_000, but?: Machine): Promise<Machine> {
    return until(
      'a primary',
      async () => {
        for (const machine of this.machines.filter((each) => each !== but)) {
          const found = await machine.role()
          if (found?.role === 'master' && found.state === 'running') return machine
        }
        return null
      },
      withinMs,
    )
  }

  /** Waits for so many that stream, of which one confirms each commit. */
  async standbys(count: number, withinMs = 60_000): Promise<Machine[]> {
    const primary = await this.primary(withinMs)
    await until(
      `${count} standbys`,
      async () => {
        const streaming =
          (await primary.role())?.replication?.filter(
            ({ application_name: name, state }) => name in addresses && state === 'streaming',
          ) ?? []
        return streaming.length >= count && streaming.some(({ sync_state: state }) => state !== 'async')
      },
      withinMs,
    )
    return this.machines.filter((machine) => machine !== primary)
  }

  /** The one that must confirm each commit. */
  async confirming(): Promise<Machine> {
    const found = (await (await this.primary()).role())?.replication?.find(({ sync_state: state }) => state === 'sync')
    const machine = this.machines.find(({ name }) => name === found?.application_name)
    if (!machine) throw new Error('no standby confirms')
    return machine
  }

  /** Types it on the first machine; the load goes on meanwhile. */
  async patronictl(...args: string[]): Promise<string> {
    const file = this.machines[0]?.file ?? ''
    const { stdout } = await run('patronictl', ['-c', file, ...args], { env: { PATH: path } })
    return stdout
  }

  /** As the superuser, on the primary, by the way of everybody. */
  async query(sql: string): Promise<Record<string, unknown>[]> {
    const client = new pg.Client({
      connectionString: `postgres://postgres:${values.SUPERUSER_PASSWORD}@127.0.0.1:5000/postgres`,
      connectionTimeoutMillis: 3_000,
      query_timeout: 5_000,
    })
    client.on('error', () => undefined)
    await client.connect()
    try {
      return (await client.query<Record<string, unknown>>(sql)).rows
    } finally {
      await client.end()
    }
  }

  outputs(): string {
    return [
      ...this.machines.map((machine) => machine.output()),
      ...this.#others.map((one) => one.output().slice(-3_000)),
    ].join('\n')
  }

  async close(): Promise<void> {
    for (const machine of this.machines) await machine.kill()
    await Promise.all(this.#others.map((one) => one.end('SIGKILL')))
    for (const machine of this.machines) await machine.close()
    rmSync(this.folder, { recursive: true, force: true })
  }

  #ownEtcd(): Record<string, string> {
    return { ETCD_DATA_DIR: join(this.folder, 'etcd') }
  }

  #startPgBouncer(): void {
    const folder = join(this.folder, 'pgbouncer')
    mkdirSync(folder)
    const list = join(folder, 'userlist.txt')
    writeFileSync(list, `"ikoma" "${values.IKOMA_PASSWORD}"\n`)
    const file = join(folder, 'pgbouncer.ini')
    writeFileSync(file, filled('pgbouncer.ini', values).replaceAll('/etc/pgbouncer/userlist.txt', list))
    this.#run(['pgbouncer', '-u', 'postgres', file])
  }

  #run(argv: [string, ...string[]], env: Record<string, string> = {}): void {
    this.#others.push(startProcess({ argv, cwd: this.folder, env: { PATH: path, HOME: this.folder, ...env } }))
  }
}
