import { setTimeout as delay } from 'node:timers/promises'
import { AppError, fullJitterMs } from '@ikoma/kernel'
import { drizzle, type NodePgDatabase } from 'drizzle-orm/node-postgres'
import type pg from 'pg'
import {
  commitUnconfirmed,
  commitUnknown,
  DatabaseError,
  databaseError,
  isStalePlan,
  lostRace,
  outcomeUnknown,
  translate,
} from './errors.ts'
import { openPool, type PoolOptions } from './pool.ts'
import { PreparedStatements, preparesStatements } from './prepared-statements.ts'
import { settingsFor } from './row-security.ts'

export type Transaction = Parameters<Parameters<NodePgDatabase['transaction']>[0]>[0]

export interface TransactionOptions {
  isolation?: 'read committed' | 'repeatable read' | 'serializable'
  /** How often it is tried when others are in its way. Default 4. */
  attempts?: number
  /** Settings that row-level security looks at, as `app.user_id`; gone with the transaction. */
  as?: Record<string, string>
}

export interface Database {
  /** For single statements. What it rejects with quotes the statement: `databaseError` finds the error to show. */
  db: NodePgDatabase
  pool: pg.Pool
  /**
   * Runs `work` in one transaction: all of it is written or nothing. When PostgreSQL undoes it because of others (40001,
   * 40P01) it runs again, so that `work` must do nothing outside the transaction. Rejects with a DatabaseError; reason
   * `commit_unknown` when nobody can say whether it was written.
   */
  transaction<T>(work: (tx: Transaction) => Promise<T>, options?: TransactionOptions): Promise<T>
  close(): Promise<void>
}

/** Opens a pool; connects when it is first asked. */
export function openDatabase(options: PoolOptions): Database {
  const pool = openPool(options)
  const statements = preparesStatements(options.url) ? new PreparedStatements() : null
  const transaction = <T>(work: (tx: Transaction) => Promise<T>, how: TransactionOptions = {}) =>
    repeated(how.attempts ?? 4, () => once({ pool, statements }, work, how))
  const db = drizzle({ client: translating(pool, statements) as unknown as pg.Pool })
  // Drizzle's own neither looks at the answer to its COMMIT nor gives up a connection in doubt.
  db.transaction = (work, config) =>
    transaction(work, { attempts: 1, isolation: config?.isolationLevel } as TransactionOptions)
  let closed: Promise<void> | undefined
  return {
    db,
    pool,
    transaction,
    close() {
      closed ??= pool.end()
      return closed
    },
  }
}

const backoff = { baseMs: 20, capMs: 1_000 }

async function repeated<T>(attempts: number, run: () => Promise<T>): Promise<T> {
  for (let tries = 1; ; tries += 1) {
    try {
      return await run()
    } catch (error) {
      if (tries >= attempts || !lostRace(error)) throw error
      await delay(fullJitterMs(backoff, tries, Math.random()))
    }
  }
}

interface Server {
  pool: pg.Pool
  statements: PreparedStatements | null
}

async function once<T>(
  { pool, statements }: Server,
  work: (tx: Transaction) => Promise<T>,
  options: TransactionOptions,
): Promise<T> {
  const { isolation, as } = options
  const settings = as ? settingsFor(as) : null
  const client = await pool.connect().catch((error: unknown) => {
    throw translate(error)
  })
  const watched = translating(client, statements)
  let unconfirmed = false
  // A wait for a standby that is cancelled ends in a warning of this routine, and in COMMIT all the same.
  const hear = ({ routine }: { routine?: string | undefined }) => {
    if (routine === 'SyncRepWaitForLSN') unconfirmed = true
  }
  client.on('notice', hear)
  try {
    const done = await drizzle({ client: watched as unknown as pg.PoolClient }).transaction(async (tx) => {
      if (settings) await watched.query(settings)
      return await work(tx)
    }, isolation && { isolationLevel: isolation })
    if (unconfirmed) throw commitUnconfirmed()
    return done
  } catch (error) {
    throw databaseError(error)
  } finally {
    watched.end()
    client.off('notice', hear)
    // What is not idle was not rolled back: nobody else may have it.
    client.release(client.getTransactionStatus() !== 'I')
  }
}

type Query = string | (pg.QueryConfig & { text: string })

/** What Drizzle asks of a client, with errors of ours and an eye on how a transaction ends. */
function translating(client: pg.Pool | pg.PoolClient, statements: PreparedStatements | null) {
  let ended = false
  const ask = (query: Query, values?: unknown[]) => {
    const name = typeof query === 'string' ? undefined : (query.name ?? statements?.nameOf(query.text))
    return client.query(name === undefined ? query : { ...(query as pg.QueryConfig), name }, values)
  }
  const again = async (error: unknown, query: Query, values?: unknown[]) => {
    const told = translate(error)
    if (!isStalePlan(told)) throw told
    statements?.forget()
    // A transaction is over by it, and begins anew as a whole.
    if (!('totalCount' in client)) throw told
    return ask(query, values)
  }
  return {
    end() {
      ended = true
    },
    async query(query: Query, values?: unknown[]) {
      // The connection may be another's by now.
      if (ended)
        throw new AppError('internal', 'A transaction was used after its end: an await is missing.', {
          reason: 'transaction_ended',
        })
      const commits = (typeof query === 'string' ? query : query.text) === 'commit'
      try {
        const result = await ask(query, values).catch((error: unknown) => again(error, query, values))
        if (commits && result.command !== 'COMMIT') throw rolledBack(result.command)
        return result
      } catch (error) {
        const told = translate(error)
        throw commits && told instanceof DatabaseError && outcomeUnknown(told) ? commitUnknown(told) : told
      }
    },
  }
}

/** Somebody passed over a failure: the transaction could not commit, and PostgreSQL says so in one word. */
function rolledBack(command: string): AppError {
  return new AppError('internal', 'A failure was passed over inside a transaction: nothing was written.', {
    reason: 'rolled_back',
    cause: new Error(`PostgreSQL answered the commit with ${command}`),
  })
}
