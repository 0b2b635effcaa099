import type { AuditHead, Signal } from '@ikoma/domain'
import type pg from 'pg'
import type { RowSeals } from '../row-seals.ts'
import { Trace } from '../trace.ts'
import { appendAudit, lockHead } from './audit-writes.ts'
import { type Db, openDb } from './connection.ts'
import { lostConnection, lostRace, notReached, unconfirmedCommit } from './errors.ts'
import { stopWaiting, watchStandbys } from './standbys.ts'
import { type Answer, type Statement, StatementQueue, type Value } from './statement-batch.ts'

export interface Transaction {
  trace: Trace
  /** What entries of the audit are marked with. */
  auditKey: Uint8Array | null
  seals: RowSeals
  /** For statements of their own: `begun` first. */
  db: Db
  begun: Promise<unknown>
  /** What is asked in one turn of the event loop travels together, in order. */
  ask(statement: Statement, ...values: Value[]): Promise<Answer>
  /** The rows that are answered. */
  rows<Row>(statement: Statement, ...values: Value[]): Promise<Row[]>
}

/** What a transaction's work came to. */
export interface Work<R> {
  value: R
  /** The last statements: they travel with the audit and the commit. */
  last?: Promise<unknown> | undefined
  /** The end of the audit chain, where it was locked on the way. */
  head?: AuditHead | undefined
}

export interface Transactions {
  pool: pg.Pool
  seals: RowSeals
  /** Whether statements are prepared by name: PgBouncer knows that in transaction mode from 1.21 on. */
  prepare: boolean
  auditKey: Uint8Array | null
  /** Waits for others, and works, for a fraction of a second only. */
  isHurried?: boolean
}

export interface Committed<R> {
  value: R
  signals: Signal[]
}

const maxTries = 4

/** Runs `work` and appends its audit in one transaction; again when another one got in its way. */
export async function inTransaction<R>(
  options: Transactions,
  work: (tx: Transaction) => Promise<Work<R>>,
): Promise<Committed<R>> {
  for (let tries = 1; ; tries += 1) {
    try {
      return await once(options, work)
    } catch (error) {
      if (tries === maxTries || !lostRace(error)) throw error
    }
  }
}

async function once<R>(
  { pool, seals, prepare, auditKey, isHurried = false }: Transactions,
  work: (tx: Transaction) => Promise<Work<R>>,
) {
  const client = await pool.connect().catch((error: unknown) => {
    throw notReached(error)
  })
  const statements = new StatementQueue(client, prepare)
  const standbys = watchStandbys(client)
  let broken = true
  let mayBeCommitted = false
  try {
    const tx = begin(client, statements, { seals, auditKey, settings: isHurried ? hurriedSettings : settings })
    const { value, last, head } = await work(tx)
    await commit(tx, { last, head, onEnding: () => (mayBeCommitted = true) })
    broken = false
    if (standbys.silent()) throw unconfirmedCommit()
    return { value, signals: signalsOf(tx.trace) }
  } catch (error) {
    statements.drop(error)
    if (broken && !lostConnection(error)) broken = !(await rolledBack(client))
    throw lostConnection(error) && !mayBeCommitted ? notReached(error) : error
  } finally {
    standbys.stop()
    if (broken && mayBeCommitted) await stopWaiting(client)
    client.release(broken)
  }
}

function begin(
  client: pg.PoolClient,
  statements: StatementQueue,
  { settings, ...keys }: Pick<Transactions, 'seals' | 'auditKey'> & { settings: Statement },
): Transaction {
  const ask = (statement: Statement, ...values: Value[]) => statements.ask(statement, values)
  const begun = Promise.all([ask(beginning), ask(settings)])
  // Whoever does not wait for it hears of its failure from the statements behind it.
  begun.catch(() => undefined)
  return {
    trace: new Trace(),
    ...keys,
    db: openDb(client),
    begun,
    ask,
    rows: async <Row>(statement: Statement, ...values: Value[]) => (await ask(statement, ...values)).rows as Row[],
  }
}

interface Ending {
  last: Promise<unknown> | undefined
  head: AuditHead | undefined
  /** From here on nobody can tell, when no answer comes. */
  onEnding: () => void
}

async function commit(tx: Transaction, { last, head, onEnding }: Ending): Promise<void> {
  const { entries } = tx.trace
  const end = head ?? (entries.length > 0 ? (await Promise.all([lockHead(tx), last]))[0] : undefined)
  const appended = end === undefined ? undefined : appendAudit(tx, end)
  onEnding()
  const [{ command }] = await Promise.all([tx.ask(ending), appended, last])
  if (command !== 'COMMIT') throw new Error(`PostgreSQL answered the commit with ${command}`)
}

function signalsOf({ entries, signals }: Trace): Signal[] {
  return entries.length > 0 ? [...signals, { kind: 'audit' }] : signals
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
const settingsOf = (name: string, statementMs: number, lockMs: number): Statement => ({
  name,
  text: `select set_config(name, value, true) from (values
    ('statement_timeout', '${statementMs}'), ('lock_timeout', '${lockMs}'), ('idle_in_transaction_session_timeout', '10000'),
    ('enable_seqscan', 'off'), ('enable_hashjoin', 'off'), ('enable_mergejoin', 'off'), ('jit', 'off')
  ) as setting (name, value)`,
})
const settings = settingsOf('transaction_settings', 10_000, 5_000)
const hurriedSettings = settingsOf('hurried_settings', 1_000, 200)

const beginning: Statement = { name: 'begin', text: 'begin' }
const ending: Statement = { name: 'commit', text: 'commit' }
