import type { Signal } from '@ikoma/domain'
import type pg from 'pg'
import { Trace } from '../trace.ts'
import { appendAudit } from './audit-writes.ts'
import { type Db, openDb } from './connection.ts'
import { lostConnection, lostRace } from './errors.ts'

export interface Statement {
  name: string
  text: string
}

export interface Transaction {
  trace: Trace
  db: Db
  rows<Row>(statement: Statement, ...values: unknown[]): Promise<Row[]>
}

export interface Transactions {
  pool: pg.Pool
  /** Whether statements are prepared by name: PgBouncer knows that in transaction mode from 1.21 on. */
  prepare: boolean
}

export interface Committed<R> {
  value: R
  signals: Signal[]
}

const maxTries = 4

/** Runs `work` and appends its audit in one transaction; again when another one got in its way. */
export async function inTransaction<R>(
  options: Transactions,
  work: (tx: Transaction) => Promise<R>,
): Promise<Committed<R>> {
  for (let tries = 1; ; tries += 1) {
    try {
      return await once(options, work)
    } catch (error) {
      if (tries === maxTries || !lostRace(error)) throw error
    }
  }
}

async function once<R>({ pool, prepare }: Transactions, work: (tx: Transaction) => Promise<R>): Promise<Committed<R>> {
  const client = await pool.connect()
  let broken = true
  try {
    await client.query(begin)
    const tx = transactionOn(client, prepare)
    const value = await work(tx)
    const signals = await appendAudit(tx)
    await client.query('commit')
    broken = false
    return { value, signals }
  } catch (error) {
    if (!lostConnection(error)) broken = !(await rolledBack(client))
    throw error
  } finally {
    client.release(broken)
  }
}

async function rolledBack(client: pg.PoolClient): Promise<boolean> {
  return client.query('rollback').then(
    () => true,
    () => false,
  )
}

/**
 * Settings of the transaction alone, so that they hold behind PgBouncer too. Each statement has its index: a plan
 * prepared while the tables were small would read them whole, and keep doing so until they are analysed again.
 */
const begin = `begin;
  set local statement_timeout = 10000; set local lock_timeout = 5000; set local idle_in_transaction_session_timeout = 10000;
  set local enable_seqscan = off; set local enable_hashjoin = off; set local enable_mergejoin = off;
  set local jit = off`

function transactionOn(client: pg.PoolClient, prepare: boolean): Transaction {
  return {
    trace: new Trace(),
    db: openDb(client),
    async rows<Row>({ name, text }: Statement, ...values: unknown[]) {
      const { rows } = await client.query(prepare ? { name, text, values } : { text, values })
      return rows as Row[]
    },
  }
}
