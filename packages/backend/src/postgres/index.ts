import type { Log } from '@ikoma/kernel/node'
import { sql } from 'drizzle-orm'
import { drizzle, type NodePgDatabase } from 'drizzle-orm/node-postgres'
import pg from 'pg'

export type Transaction = Parameters<Parameters<NodePgDatabase['transaction']>[0]>[0]

export interface TransactionOptions {
  isolation?: 'read committed' | 'repeatable read' | 'serializable'
  attempts?: number
  /** Settings for row-level security, for this transaction alone. */
  as?: Record<string, string>
}

export interface Database {
  db: NodePgDatabase
  pool: pg.Pool
  transaction<T>(work: (tx: Transaction) => Promise<T>, options?: TransactionOptions): Promise<T>
  close(): Promise<void>
}

export interface DatabaseOptions {
  url: string
  log: Log
  poolSize?: number
}

export function openDatabase({ url, log, poolSize = 10 }: DatabaseOptions): Database {
  const pool = new pg.Pool({ connectionString: url, max: poolSize })
  pool.on('error', (error) => log.error(error, 'an idle PostgreSQL connection broke'))
  const db = drizzle({ client: pool })
  return {
    db,
    pool,
    transaction: (work, { isolation = 'read committed', as = {} } = {}) =>
      db.transaction(
        async (tx) => {
          for (const [name, value] of Object.entries(as))
            await tx.execute(sql`select set_config(${name}, ${value}, true)`)
          return work(tx)
        },
        { isolationLevel: isolation },
      ),
    close: () => pool.end(),
  }
}
