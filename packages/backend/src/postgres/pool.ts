import { AppError } from '@ikoma/kernel'
import type { Log } from '@ikoma/kernel/node'
import pg from 'pg'

export interface PoolOptions {
  /** `postgres://…`; holds a password. */
  url: string
  log: Log
  /** Connections at most. Default 10. */
  poolSize?: number
  /** How long a statement may run. Default 15 s. */
  statementTimeoutMs?: number
  /** How long a statement may wait for a lock. Default 10 s. */
  lockTimeoutMs?: number
  /** How long a transaction may do nothing, holding its locks. Default 15 s. */
  idleInTransactionTimeoutMs?: number
  /** How long to wait for a connection, new or from the pool. Default 5 s. */
  connectTimeoutMs?: number
  /** How it is called in `pg_stat_activity`. Default `app`. */
  applicationName?: string
}

export function openPool(options: PoolOptions): pg.Pool {
  const { url, log, poolSize = 10, connectTimeoutMs = 5_000, statementTimeoutMs = 15_000 } = options
  refuseUnreadable(url)
  const pool = new pg.Pool({
    connectionString: url,
    max: poolSize,
    connectionTimeoutMillis: connectTimeoutMs,
    idleTimeoutMillis: 60_000,
    keepAlive: true,
    keepAliveInitialDelayMillis: 10_000,
    application_name: options.applicationName ?? 'app',
    statement_timeout: statementTimeoutMs,
    lock_timeout: options.lockTimeoutMs ?? 10_000,
    idle_in_transaction_session_timeout: options.idleInTransactionTimeoutMs ?? 15_000,
    // A server that is gone gives up no statement: then the caller does.
    query_timeout: statementTimeoutMs + 5_000,
  })
  // Whoever logs or inspects the pool must not find the password.
  Object.defineProperty(pool.options, 'connectionString', { enumerable: false })
  // Without a listener a connection that breaks ends the process, whether it idles or not.
  pool.on('error', (error) => log.warn({ reason: wordsOf(error) }, 'an idle PostgreSQL connection broke'))
  pool.on('connect', (client) =>
    client.on('error', (error) => log.debug({ reason: wordsOf(error) }, 'a PostgreSQL connection broke')),
  )
  return pool
}

export function refuseUnreadable(url: string): void {
  try {
    if (!/^postgres(ql)?:\/\//.test(url)) throw new Error('scheme')
    new pg.Client({ connectionString: url })
  } catch {
    // The reason would quote the password.
    throw new AppError(
      'invalid',
      'DATABASE_URL cannot be read. It is written postgres://user:password@host:5432/database, with %XX for special characters of the password.',
      { reason: 'database_url' },
    )
  }
}

function wordsOf(error: Error): string {
  return error.message || ((error as NodeJS.ErrnoException).code ?? error.name)
}
