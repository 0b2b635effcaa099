import { join } from 'node:path'
import { AppError, hideInValue } from '@ikoma/kernel'
import { isLocal } from '@ikoma/kernel/contract'
import { createLog, type Log, logLevels, portVariable, readEnvironment, stopOnSignal } from '@ikoma/kernel/node'
import * as z from 'zod'
import { type Config, loadConfig } from './config/index.ts'
import type { BackendApp } from './http/index.ts'
import { startEmbeddedPostgres } from './postgres/embedded.ts'
import { type Database, dbCommand, migrate, openDatabase } from './postgres/index.ts'

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
  commands?: Record<string, (parts: BackendParts, argv: string[]) => Promise<number>>
}

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
 * or a command of the app's own as arguments do that instead. Where the app is local and has no DATABASE_URL, a PostgreSQL of its own is started; only
 * there are migrations applied at the start, elsewhere a database that is behind is refused.
 */
export async function runBackend(backend: Backend, { argv, env }: RunOptions): Promise<void> {
  const tell = (line: string) => void process.stderr.write(`${line}\n`)
  const exit = (code: number) => {
    process.exitCode = code
  }
  const config = loadConfig({ contractFile: join(backend.folder, 'env.contract.yaml'), env, tell, exit })
  if (!config) return
  const closing: (() => Promise<void>)[] = []
  const close = async () => {
    for (const each of closing.toReversed()) await each()
  }
  try {
    const own = readEnvironment(processVariables(backend), env)
    const { DATA_DIR: dataDir } = own
    const log = createLog(own.LOG_LEVEL)
    const databaseUrl = config.findSecret('DATABASE_URL')?.reveal() ?? (await embedded(backend, dataDir, log, closing))
    const folder = join(backend.folder, 'migrations')
    if (argv[0] === 'db') {
      exit(await dbCommand(argv.slice(1), { url: databaseUrl, folder }))
      return await close()
    }
    await bringUp(databaseUrl, folder, config.environment)
    const database = openDatabase({ url: databaseUrl, log })
    closing.push(() => database.close())
    const parts = { config, log, database, databaseUrl, dataDir }
    const command = Object.hasOwn(backend.commands ?? {}, argv[0] ?? '') && backend.commands?.[argv[0] ?? '']
    if (command) {
      exit(await command(parts, argv.slice(1)))
      return await close()
    }
    const app = await backend.create(parts)
    closing.push(() => app.close())
    const address = await app.listen(own.HOST, own.PORT)
    log.info({ address, environment: config.environment }, 'ready')
    if (isLocal(config.environment)) greet(address, app.greeting ?? [])
    stopOnSignal(close, log, 40_000)
  } catch (error) {
    tell(told(error))
    exit(1)
    await close().catch((failed: unknown) => tell(told(failed)))
  }
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
