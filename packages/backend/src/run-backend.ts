import cluster from 'node:cluster'
import { join } from 'node:path'
import { AppError, hideInValue } from '@ikoma/kernel'
import { isLocal } from '@ikoma/kernel/contract'
import { createLog, type Log, logLevels, portVariable, readEnvironment, stopOnSignal } from '@ikoma/kernel/node'
import * as z from 'zod'
import { type Config, databaseAddress, languageOf, loadConfig } from './config/index.ts'
import type { BackendApp } from './http/index.ts'
import { openLogFile } from './log-file.ts'
import { startEmbeddedPostgres } from './postgres/embedded.ts'
import { type Database, dbCommand, migrate, openDatabase } from './postgres/index.ts'
import { startWorkers } from './workers.ts'

/** What an app is made of. Its folder holds `env.contract.yaml` and `migrations/`. */
export interface Backend {
  /** Names its database. */
  name: string
  folder: string
  /** Where it keeps what is its own, by itself; `DATA_DIR` says otherwise. */
  dataDir: string
  port: number
  create(parts: BackendParts): Promise<RunningBackend>
  /** What else it does when it is started with one of these words: ends with that exit code instead of listening. */
  commands?: Record<string, Command>
}

type Command = (parts: BackendParts, argv: string[]) => Promise<number>

export interface BackendParts {
  config: Config
  log: Log
  database: Database
  /** For what needs a connection of its own; holds a password. */
  databaseUrl: string
  dataDir: string
}

export interface RunningBackend extends BackendApp {
  /** What a person who started it by hand should know. */
  greeting?: string[]
}

export interface RunOptions {
  argv: readonly string[]
  env: Record<string, string | undefined>
}

/**
 * Runs the app until a signal: configuration, database, app, in this order, and back. `db current|history|upgrade|downgrade`
 * or a command of the app's own as arguments do that instead, and `env` only says whether the configuration is right. Where
 * the app is local and has no DATABASE_URL, a PostgreSQL of its own is started; only there are migrations applied at the
 * start, elsewhere a database that is behind is refused. With WORKERS above 1 as many processes serve it; this one then
 * starts them and no app.
 */
export async function runBackend(backend: Backend, { argv, env }: RunOptions): Promise<void> {
  const tell = (line: string) => void process.stderr.write(`${line}\n`)
  const exit = (code: number) => {
    process.exitCode = code
  }
  const config = loadConfig({ contractFile: join(backend.folder, 'env.contract.yaml'), env, tell, exit })
  if (!config || argv[0] === 'env') return
  const closing: (() => Promise<void>)[] = []
  const close = async () => {
    for (const each of closing.toReversed()) await each()
  }
  try {
    const own = readEnvironment(processVariables(backend), env)
    const log = own.LOG_FILE ? createLog(own.LOG_LEVEL, openLogFile(own.LOG_FILE, { tell })) : createLog(own.LOG_LEVEL)
    const databaseUrl = databaseAddress(config) ?? (await embedded(backend, own.DATA_DIR, log, closing))
    const folder = join(backend.folder, 'migrations')
    if (argv[0] === 'db') {
      exit(await dbCommand(argv.slice(1), { url: databaseUrl, folder, language: languageOf(env) }))
      return await close()
    }
    if (cluster.isPrimary) await bringUp(databaseUrl, folder, config.environment)
    const parts = { config, log, databaseUrl, dataDir: own.DATA_DIR }
    const command = new Map(Object.entries(backend.commands ?? {})).get(argv[0] ?? '')
    if (command) {
      exit(await runCommand(command, argv.slice(1), parts))
      return await close()
    }
    if (cluster.isPrimary && own.WORKERS > 1) closing.push(await serveByWorkers(own.WORKERS, databaseUrl, log, close))
    else await serve(backend, parts, { ...own, closing })
    stopOnSignal(close, log, cluster.isPrimary && own.WORKERS > 1 ? 50_000 : 40_000)
  } catch (error) {
    tell(told(error))
    exit(1)
    await close().catch((failed: unknown) => tell(told(failed)))
    // The channel to the process above would keep this one alive.
    cluster.worker?.disconnect()
  }
}

async function runCommand(command: Command, argv: string[], parts: Omit<BackendParts, 'database'>): Promise<number> {
  const database = openDatabase({ url: parts.databaseUrl, log: parts.log })
  try {
    return await command({ ...parts, database }, argv)
  } finally {
    await database.close()
  }
}

async function serve(
  backend: Backend,
  parts: Omit<BackendParts, 'database'>,
  { HOST, PORT, closing }: { HOST: string; PORT: number; closing: (() => Promise<void>)[] },
): Promise<void> {
  const { config, log, databaseUrl } = parts
  const database = openDatabase({ url: databaseUrl, log })
  closing.push(() => database.close())
  const app = await backend.create({ ...parts, database })
  closing.push(() => app.close())
  const address = await app.listen(HOST, PORT)
  log.info({ address, environment: config.environment }, 'ready')
  if (isLocal(config.environment)) greet(address, app.greeting ?? [])
}

/** Answers with what ends them. */
async function serveByWorkers(
  count: number,
  databaseUrl: string,
  log: Log,
  close: () => Promise<void>,
): Promise<() => Promise<void>> {
  const onLost = () => void close().finally(() => process.exit(1))
  const workers = await startWorkers({ count, log, env: { DATABASE_URL: databaseUrl }, onLost })
  return () => workers.stop()
}

/** Of what is expected its message, of what is not where it happened. */
function told(error: unknown): string {
  if (!(error instanceof AppError)) return String(hideInValue(String(error instanceof Error ? error.stack : error)))
  return [error.message, ...(error.fields ?? []).map(({ field, message }) => `- ${field}: ${message}`)].join('\n')
}

/** What every app has, whatever its contract says. */
function processVariables({ dataDir, port }: Backend) {
  return z.object({
    LOG_LEVEL: z.enum(logLevels).default('info'),
    HOST: z.string().min(1).default('127.0.0.1'),
    PORT: portVariable.default(port),
    DATA_DIR: z.string().min(1).default(dataDir),
    /** Besides standard output. */
    LOG_FILE: z.string().min(1).optional(),
    WORKERS: z.coerce.number('must be a number from 1 to 32').int().min(1).max(32).default(1),
  })
}

async function embedded(
  { name }: Backend,
  dataDir: string,
  log: Log,
  closing: (() => Promise<void>)[],
): Promise<string> {
  const server = await startEmbeddedPostgres({ dataDirectory: join(dataDir, 'postgres'), log, name })
  closing.push(() => server.stop())
  return server.url
}

async function bringUp(url: string, folder: string, environment: string): Promise<void> {
  const migrations = migrate(url, folder)
  if (isLocal(environment)) return void (await migrations.upgrade())
  const { pending, unknown } = await migrations.current()
  if (pending.length === 0 && unknown.length === 0) return
  const why =
    unknown.length > 0 ? `knows ${unknown.join(', ')}, which this version does not` : `lacks ${pending.join(', ')}`
  throw new AppError('conflict', `The database ${why}. Run: npm run db:upgrade, with the version that it is for.`, {
    reason: 'migrations_pending',
  })
}

function greet(address: string, lines: string[]): void {
  process.stdout.write(`\n  ${address}\n  ${address}/docs\n${lines.map((line) => `  ${line}\n`).join('')}\n`)
}
