import { createHmac, randomBytes } from 'node:crypto'
import { chmodSync, existsSync, mkdirSync, readdirSync, readFileSync, realpathSync, renameSync, rmSync } from 'node:fs'
import { join } from 'node:path'
import { AppError } from '@ikoma/kernel'
import { type Log, readOrMakeSecretFile } from '@ikoma/kernel/node'
import pg from 'pg'
import { lockDirectory } from './directory-lock.ts'
import { endOrphans } from './orphans.ts'
import { explain, findPrograms, freePort, makeCluster, type ServerProcess, startServer } from './server-process.ts'

interface EmbeddedOptions {
  /** Made when missing; the whole directory belongs to the database, and one process at a time. */
  dataDirectory: string
  log: Log
  /** The app's database, and the role that owns it. Default `app`. */
  name?: string
}

interface EmbeddedPostgres {
  /** Where the app connects, as a role that owns its database and nothing else. Holds a password. */
  url: string
  port: number
  pid: number
  /** Ends it after its last transactions; the data stays. */
  stop(): Promise<void>
}

const majorVersion = '18'

/**
 * Starts a real PostgreSQL 18 on the loopback address, for an app that has no DATABASE_URL, and keeps it in
 * `dataDirectory`. What a killed app has left running is ended first. Rejects with an AppError that says what to do.
 */
export async function startEmbeddedPostgres(options: EmbeddedOptions): Promise<EmbeddedPostgres> {
  const { log, name = 'app' } = options
  findPrograms()
  const directory = ownDirectory(options.dataDirectory)
  const lock = lockDirectory(directory)
  try {
    const cluster = join(directory, 'cluster')
    refuseOtherVersion(cluster)
    const ended = await endOrphans(cluster)
    if (ended.length > 0) log.warn({ pids: ended }, 'ended the PostgreSQL that an app left behind')
    const password = preparedCluster(directory, cluster)
    const { server, port } = await started(cluster, log)
    const own = { user: name, password: derived(password, name), name }
    await makeDatabase({ port, password }, own).catch(async (error: unknown) => {
      server.signal('SIGINT')
      await server.exited
      throw error
    })
    log.info({ port, pid: server.pid, directory }, 'embedded PostgreSQL is ready')
    const url = `postgres://${own.user}:${own.password}@127.0.0.1:${port}/${own.name}`
    return { url, port, pid: server.pid, stop: stopper(server, log, lock.release) }
  } catch (error) {
    lock.release()
    throw error
  }
}

function ownDirectory(path: string): string {
  try {
    mkdirSync(path, { recursive: true, mode: 0o700 })
    chmodSync(path, 0o700)
    return realpathSync(path)
  } catch (error) {
    throw unwritable(path, error)
  }
}

function unwritable(path: string, error: unknown): AppError {
  const { code = '' } = error as NodeJS.ErrnoException
  if (code === 'ENOSPC' || code === 'EDQUOT') return explain(code === 'EDQUOT' ? 'Disk quota exceeded' : code, 'start')
  return new AppError('unavailable', `The database's directory ${path} cannot be used (${code}).`, {
    reason: 'postgres_directory',
    cause: error,
  })
}

function refuseOtherVersion(cluster: string): void {
  const file = join(cluster, 'PG_VERSION')
  if (!existsSync(file)) {
    if (!existsSync(cluster) || readdirSync(cluster).length === 0) return
    throw new AppError('invalid', `${cluster} is not empty and holds no PostgreSQL. Move it away.`, {
      reason: 'postgres_directory',
    })
  }
  const version = readFileSync(file, 'utf8').trim()
  if (version === majorVersion) return
  throw new AppError(
    'invalid',
    `${cluster} was written by PostgreSQL ${version}, and this is ${majorVersion}. Dump it with pg_dump of version ${version}, move the directory away, start again and restore the dump.`,
    { reason: 'postgres_other_version', details: { found: version, wanted: majorVersion } },
  )
}

/** A cluster has its name only when it is whole: cut off before, the next start makes it anew. */
function preparedCluster(directory: string, cluster: string): string {
  const passwordFile = join(directory, 'password')
  const isNew = !existsSync(join(cluster, 'PG_VERSION'))
  if (!isNew && !existsSync(passwordFile)) {
    throw new AppError('invalid', `${passwordFile} is missing: restore it from a backup of ${directory}.`, {
      reason: 'postgres_no_password',
    })
  }
  const { content } = readOrMakeSecretFile(passwordFile, () => randomBytes(32).toString('base64url'))
  if (!isNew) return content
  const draft = join(directory, 'cluster.draft')
  rmSync(draft, { recursive: true, force: true })
  try {
    const locale = ['--locale-provider', 'builtin', '--builtin-locale', 'C.UTF-8']
    makeCluster(draft, ['--auth', 'scram-sha-256', '--pwfile', passwordFile, ...locale])
    rmSync(cluster, { recursive: true, force: true })
    renameSync(draft, cluster)
  } catch (error) {
    rmSync(draft, { recursive: true, force: true })
    throw error instanceof AppError ? error : unwritable(directory, error)
  }
  return content
}

/** The port was free a moment ago; somebody may have been quicker. */
async function started(cluster: string, log: Log): Promise<{ server: ServerProcess; port: number }> {
  for (let tries = 1; ; tries += 1) {
    const port = await freePort()
    try {
      const onLine = (line: string) => log[/ (FATAL|PANIC): /.test(line) ? 'warn' : 'debug']({ postgres: line })
      const server = await startServer({ dataDirectory: cluster, port, settings: durable, detached: true, onLine })
      return { server, port }
    } catch (error) {
      const taken = error instanceof AppError && error.reason === 'postgres_port_taken'
      if (!taken || tries === 3) throw error
    }
  }
}

/** Its own log tells of the server, never what a statement was given. */
const durable = {
  fsync: 'on',
  synchronous_commit: 'on',
  full_page_writes: 'on',
  password_encryption: 'scram-sha-256',
  max_connections: '200',
  log_min_messages: 'log',
  log_min_error_statement: 'panic',
  log_error_verbosity: 'terse',
  log_statement: 'none',
  log_min_duration_statement: '-1',
}

/** The app's role is no superuser: row-level security does not bind those, and production has none for it. */
async function makeDatabase(
  server: { port: number; password: string },
  own: Record<'user' | 'password' | 'name', string>,
) {
  const { port, password } = server
  const client = new pg.Client({ host: '127.0.0.1', port, user: 'postgres', password, database: 'postgres' })
  client.on('error', () => undefined)
  await client.connect()
  try {
    const role = client.escapeIdentifier(own.user)
    const known = await client.query('select 1 from pg_roles where rolname = $1', [own.user])
    const verb = known.rowCount === 0 ? 'create' : 'alter'
    await client.query(`${verb} role ${role} login nosuperuser createdb password ${client.escapeLiteral(own.password)}`)
    const made = await client.query('select 1 from pg_database where datname = $1', [own.name])
    if (made.rowCount === 0) await client.query(`create database ${client.escapeIdentifier(own.name)} owner ${role}`)
  } finally {
    await client.end()
  }
}

function derived(password: string, name: string): string {
  return createHmac('sha256', password).update(name).digest('base64url')
}

function stopper(server: ServerProcess, log: Log, release: () => void): () => Promise<void> {
  let stopping: Promise<unknown> | null = null
  // An app that exits without `stop` does not wait for it; the next start does.
  const onExit = () => server.signal('SIGINT')
  process.once('exit', onExit)
  void server.exited.then((how) => {
    process.off('exit', onExit)
    if (!stopping) log.error({ how }, 'the embedded PostgreSQL ended by itself: start the app again')
  })
  return async () => {
    if (!stopping) {
      stopping = server.exited.then(release)
      server.signal('SIGINT')
    }
    await stopping
  }
}
