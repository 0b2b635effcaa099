import { AppError } from '@ikoma/kernel'
import { drizzle, type NodePgDatabase } from 'drizzle-orm/node-postgres'
import pg from 'pg'

export type Db = NodePgDatabase

export interface PoolOptions {
  url: string
  poolSize: number
  log: Log
}

/** A prepared statement's name, or none where PgBouncer would lose it. */
export type Named = (name: string) => string

export type Log = (message: string, cause: unknown) => void

/** A call that took this long has lost its server: its connection is given up, its caller told. */
const queryTimeoutMs = 15_000

/** No session settings: behind PgBouncer in transaction mode they would be another client's. `begin` sets its own. */
export function openPool({ url, poolSize, log }: PoolOptions): pg.Pool {
  const pool = new pg.Pool({ ...clientConfig(url), max: poolSize, idleTimeoutMillis: 60_000 })
  // Without a listener a connection that breaks ends the process, whether it idles or not.
  pool.on('error', (error) => log('an idle PostgreSQL connection broke', error))
  pool.on('connect', (client) => client.on('error', (error) => log('a PostgreSQL connection broke', error)))
  return pool
}

/** A connection outside any pool, that ends with `work`. */
export async function withClient<R>(config: pg.ClientConfig, work: (client: pg.Client) => Promise<R>): Promise<R> {
  const client = new pg.Client(config)
  // What breaks it also rejects the query under way.
  client.on('error', () => undefined)
  await client.connect()
  try {
    return await work(client)
  } finally {
    await client.end()
  }
}

export function clientConfig(url: string): pg.ClientConfig {
  return {
    connectionString: url,
    application_name: 'ikoma',
    connectionTimeoutMillis: 5_000,
    query_timeout: queryTimeoutMs,
    keepAlive: true,
    keepAliveInitialDelayMillis: 10_000,
    types: { getTypeParser },
  }
}

/** Times and counts stay far below 2^53. */
export const getTypeParser: typeof pg.types.getTypeParser = (type: number, format?: 'text' | 'binary') =>
  type === pg.types.builtins.INT8 ? Number : pg.types.getTypeParser(type, format as 'text')

export function openDb(client: pg.Pool | pg.PoolClient): Db {
  return drizzle({ client })
}

/** With anything less, a crash of the server loses commits that were already acknowledged. */
export async function assertDurable(client: pg.Client): Promise<void> {
  const { rows } = await client.query<{ fsync: string; commit: string }>(
    "select current_setting('fsync') as fsync, current_setting('synchronous_commit') as commit",
  )
  const problem = rows[0] && notDurable(rows[0])
  if (problem) throw problem
}

export function notDurable({ fsync, commit }: { fsync: string; commit: string }): AppError | null {
  if (fsync === 'on' && commit !== 'off') return null
  return new AppError(
    'unavailable',
    `PostgreSQL runs with fsync ${fsync}, synchronous_commit ${commit}: a crash would lose orders. Turn both on.`,
    { reason: 'store_not_durable' },
  )
}
