import { execFileSync, spawn } from 'node:child_process'
import { chmodSync, chownSync, mkdirSync, readdirSync, readFileSync, writeFileSync } from 'node:fs'
import { userInfo } from 'node:os'
import { join } from 'node:path'
import pg from 'pg'
import { onTestFinished } from 'vitest'

export interface DebianPostgres {
  /** What an order says to reach it: by its socket, as the account that it runs as. */
  connection: { runAs: string; host: string; port: number }
  /** As its superuser. */
  query(sql: string, database?: string): Promise<Record<string, unknown>[]>
  /** Asks this role for its password from now on. */
  askPassword(role: string): Promise<unknown>
  /** These lines come first in its rules of who is let in how. */
  letIn(rules: string): Promise<unknown>
  /** A connection that stays until it is closed. */
  connect(database: string, as?: pg.ClientConfig): Promise<pg.Client>
  /** All that it wrote into its log. */
  log(): string
}

interface Start {
  /** Its port on 127.0.0.1, where it listens on one; it also names the socket. */
  tcpPort?: number
  /** As a standby of nobody, which only reads. */
  standby?: boolean
  /** More of its command line. */
  args?: readonly string[]
}

/**
 * PostgreSQL of Debian's packages, with pg_dump and pg_restore of the same version, in a folder, and reached over its
 * socket alone; its tables may be on a disk of their own. It belongs to `postgres` when root runs the tests, or to whoever
 * does.
 */
export async function startDebianPostgres(
  folder: string,
  dataFolder = folder,
  { tcpPort, standby = false, args: more = [] }: Start = {},
): Promise<DebianPostgres> {
  const port = tcpPort ?? 5432
  const runAs = defaultAccount()
  const bin = binaries()
  const data = join(dataFolder, 'postgres')
  const [host, log] = [join(folder, 'socket'), join(folder, 'write-ahead-log')]
  for (const path of [data, host, log]) makeOwn(path, runAs)
  chmodSync(host, 0o755)
  const own = (name: string, ...args: string[]): [string, string[]] => as(runAs, [join(bin, name), ...args])
  const options = ['--auth=trust', '--encoding=UTF8', '--locale=C.UTF-8', '--no-sync', `--username=${runAs}`]
  execFileSync(...own('initdb', `--pgdata=${data}`, `--waldir=${log}`, ...options), { stdio: 'pipe', cwd: '/' })
  if (standby) execFileSync(...as(runAs, ['touch', join(data, 'standby.signal')]))
  const listen = tcpPort === undefined ? '' : '127.0.0.1'
  const args = ['-D', data, '-k', host, '-h', listen, '-p', String(port), '-c', 'fsync=off', ...more]
  const server = spawn(...own('postgres', ...args), { stdio: ['ignore', 'ignore', 'pipe'], cwd: '/' })
  const exited = new Promise((resolve) => server.once('exit', resolve))
  onTestFinished(async () => {
    // At once, as after a crash: with a full disk it could not end in order.
    server.kill('SIGQUIT')
    await exited
  })
  let said = ''
  await new Promise<void>((resolve, reject) => {
    server.once('exit', () => reject(new Error(said)))
    server.stderr.on('data', (text: Buffer) => {
      said += text
      if (/ready to accept (read-only )?connections/.test(said)) resolve()
    })
  })
  const connect = async (database: string, as: pg.ClientConfig = {}) => {
    const client = new pg.Client({ host, port, user: runAs, database, ...as })
    client.on('error', () => undefined)
    await client.connect()
    return client
  }
  const query = async (sql: string, database = 'postgres') => {
    const client = await connect(database)
    try {
      const result = await client.query(sql)
      return result.rows
    } finally {
      await client.end()
    }
  }
  const letIn = (lines: string) => {
    const rules = join(data, 'pg_hba.conf')
    writeFileSync(rules, `${lines}\n${readFileSync(rules, 'utf8')}`)
    return query('SELECT pg_reload_conf()')
  }
  return {
    connection: { runAs, host, port },
    connect,
    query,
    askPassword: (role) => letIn(`local all ${role} scram-sha-256`),
    letIn,
    log: () => said,
  }
}

/** The newest that is installed. */
function binaries(): string {
  const root = '/usr/lib/postgresql'
  const [version] = readdirSync(root).sort((a, b) => Number(b) - Number(a))
  return join(root, version ?? '', 'bin')
}

function defaultAccount(): string {
  return process.getuid?.() === 0 ? 'postgres' : userInfo().username
}

/** A command line under another account, when we are root. */
function as(account: string, argv: string[]): [string, string[]] {
  const [file = '', ...args] = argv
  if (account === userInfo().username) return [file, args]
  return ['setpriv', [`--reuid=${account}`, `--regid=${account}`, '--clear-groups', '--', ...argv]]
}

/** A folder that belongs to an account alone. */
export function makeOwn(path: string, account: string): void {
  mkdirSync(path, { mode: 0o700 })
  if (account !== userInfo().username) chownSync(path, idOf(account, '--user'), idOf(account, '--group'))
}

function idOf(account: string, what: '--user' | '--group'): number {
  return Number(execFileSync('id', [what, '--', account], { encoding: 'utf8' }))
}
