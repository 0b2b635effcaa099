import type { Store } from '@ikoma/domain'
import { auditKeyOf } from '@ikoma/domain/audit-chain'
import { type Clock, systemClock } from '@ikoma/kernel'
import { GroupCommit } from '../group-commit.ts'
import type { Migrated } from '../migration.ts'
import { formerLifeMs, type Resealed, reseal, resealedEntry } from '../reseal.ts'
import type { Sealing } from '../row-seals.ts'
import { submitting, type WriteCall } from '../writes.ts'
import { commitBatch } from './commit.ts'
import { assertDurable, clientConfig, type Db, type Log, openDb, openPool, withClient } from './connection.ts'
import { storeError } from './errors.ts'
import { isHot } from './hot-writes.ts'
import { migrate } from './migrate.ts'
import { migrations } from './migrations.ts'
import { orderReads } from './order-reads.ts'
import { outageLog } from './outage-log.ts'
import { keepsPrepared } from './pooler.ts'
import { openProbe } from './probe.ts'
import { registryReads } from './registry-reads.ts'
import { rowSeals } from './row-seals.ts'
import { formerRows } from './sealed-rows.ts'
import { secretReads } from './secrets.ts'
import { openSignalExchange } from './signal-exchange.ts'
import { inTransaction, type Transactions } from './transaction.ts'

export interface PostgresOptions extends Sealing {
  url: string
  clock?: Clock
  /**
   * A direct connection for LISTEN, when `url` leads through PgBouncer in transaction mode, which takes a LISTEN and
   * delivers nothing. Null where there is none: other processes' commits are then heard of by polling.
   */
  listenUrl?: string | null
  /** Connections for reads. Writes have three more, and LISTEN one. */
  poolSize?: number
  /** False uses none; else whether they last is found out, since a PgBouncer before 1.21 loses them in transaction mode. */
  prepare?: boolean
  /** Accept a server that loses acknowledged commits when it crashes: for throwaway tests. */
  allowUnsafe?: boolean
  log?: Log
}

/** Opens the database as the store of this and any number of other processes, made and migrated when need be. */
export async function openPostgresStore(options: PostgresOptions): Promise<Store> {
  const { url, clock = systemClock, poolSize = 10 } = options
  const log = outageLog(options.log ?? (() => undefined), clock)
  const migrated = await prepareDatabase(options, clock.now())
  const prepare = options.prepare !== false && (await keepsPrepared(url))
  if (!prepare && options.prepare !== false) log(behindPooler, undefined)
  const former = formerWindow(options, migrated, clock.now())
  const readers = openPool({ url, poolSize, log })
  // Reads never keep a write waiting for a connection: one for each of the two groups below and one to notify.
  const pool = openPool({ url, poolSize: 3, log })
  const signals = openSignalExchange({
    pool,
    listenUrl: options.listenUrl === undefined ? url : options.listenUrl,
    log,
  })
  const seals = rowSeals({ ...options, formerUntil: former.until }, clock, (row) =>
    signals.tell([{ kind: 'broken', rows: [row] }]),
  )
  const auditKey = auditKeyOf(options.sealKey)
  const commit = (calls: WriteCall[]) =>
    commitBatch({ pool, seals, prepare, auditKey, log, deliver: signals.deliver }, calls)
  const renew = () =>
    renewSeals({ transactions: { pool, seals, prepare, auditKey }, db: openDb(readers), former, now: clock.now() })
  const opened = clock.now() < former.until || former.unknown ? await renew() : { sealed: {}, refused: {} }
  options.onOpened?.({ ...opened, formerUntil: former.until })
  const again = setInterval(() => {
    if (clock.now() < former.until) renew().catch((error: unknown) => log('seals could not be renewed', error))
  }, renewEveryMs).unref()
  const bounds = { commit, maxWaiting: 20_000, timeoutMs: 15_000 }
  // One at a time: while it waits for the disk, the next one grows, and few big batches cost less than many small ones.
  const hot = new GroupCommit({ ...bounds, maxBatch: 512 })
  // A long sweep or a rare write does not hold up the runners: it has a transaction and a connection of its own.
  const single = new GroupCommit({ ...bounds, maxBatch: 1 })
  const probe = openProbe(options)
  const db = openDb(readers)
  const named = (name: string) => (prepare ? name : '')
  return {
    dialect: 'postgres',
    ...submitting((call) => signals.tellingBroken((isHot(call) ? hot : single).submit(call))),
    ...translated({ ...orderReads(db, seals, named), ...registryReads(db, seals, named), ...secretReads(db) }),
    ping: probe.look,
    subscribe: signals.subscribe,
    async close() {
      clearInterval(again)
      await Promise.all([hot, single].map((group) => group.settled()))
      await Promise.all([signals.close(), probe.close()])
      if (!pool.ending) await Promise.all([pool.end(), readers.end()])
    },
  }
}

const behindPooler =
  'DATABASE_URL leads through a pooler that loses prepared statements (PgBouncer before 1.21 in transaction mode): they are not used. Set DATABASE_LISTEN_URL to PostgreSQL itself, since such a pooler delivers no notifications'

/** What a neighbour of the former version wrote must be under our seal before its day is over. */
const renewEveryMs = 3_600_000

interface Former {
  until: number
  unsealed: boolean
  /** Nobody has looked through this database yet. */
  unknown: boolean
}

/** A new database has no former version; of another it may be anybody's who is looked at for the first time. */
function formerWindow({ formerUntil = 0 }: PostgresOptions, { isNew, unsealed }: Migrated, now: number): Former {
  if (formerUntil !== null) return { until: formerUntil, unsealed: false, unknown: false }
  return { until: isNew ? 0 : now + formerLifeMs, unsealed, unknown: !isNew }
}

interface Renewing {
  transactions: Transactions
  db: Db
  former: Former
  now: number
}

async function renewSeals({ transactions, db, former, now }: Renewing): Promise<Resealed> {
  const { seals } = transactions
  const rows = formerRows(transactions, db)
  // At first sight a row that has a seal of ours is no neighbour's.
  const report = await reseal({ seals, rows, unsealed: former.unsealed, stale: !former.unknown })
  former.unknown = false
  const entry = resealedEntry(report, now)
  if (entry) {
    await inTransaction(transactions, async (tx) => {
      await tx.begun
      tx.trace.audit(entry)
      return { value: null }
    })
  }
  return report
}

/** Migrates on a connection of its own: a migration may take longer than a call. */
async function prepareDatabase({ url, allowUnsafe = false }: PostgresOptions, now: number): Promise<Migrated> {
  try {
    return await withClient({ ...clientConfig(url), query_timeout: 0 }, async (client) => {
      if (!allowUnsafe) await assertDurable(client)
      return await migrate(client, migrations, now)
    })
  } catch (error) {
    throw storeError(error)
  }
}

/** The same methods, rejecting with what a caller may be told. */
function translated<T extends object>(reads: T): T {
  const methods = Object.entries(reads).map(([name, read]) => [
    name,
    async (...args: unknown[]) => {
      try {
        return await (read as (...args: unknown[]) => Promise<unknown>)(...args)
      } catch (error) {
        throw storeError(error)
      }
    },
  ])
  return Object.fromEntries(methods) as T
}
