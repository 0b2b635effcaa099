import type { Store } from '@ikoma/domain'
import { type Clock, systemClock } from '@ikoma/kernel'
import { GroupCommit } from '../group-commit.ts'
import { submitting, type WriteCall } from '../writes.ts'
import { commitBatch } from './commit.ts'
import { assertDurable, clientConfig, type Log, openDb, openPool, withClient } from './connection.ts'
import { storeError } from './errors.ts'
import { isHot } from './hot-writes.ts'
import { migrate } from './migrate.ts'
import { migrations } from './migrations.ts'
import { orderReads } from './order-reads.ts'
import { registryReads } from './registry-reads.ts'
import { secretReads } from './secrets.ts'
import { openSignalExchange } from './signal-exchange.ts'

export interface PostgresOptions {
  url: string
  clock?: Clock
  /**
   * A direct connection for LISTEN, when `url` leads through PgBouncer in transaction mode, which takes a LISTEN and
   * delivers nothing. Null where there is none: other processes' commits are then heard of by polling.
   */
  listenUrl?: string | null
  /** Connections for reads. Writes have three more, and LISTEN one. */
  poolSize?: number
  /** False for a PgBouncer before 1.21, which loses prepared statements in transaction mode. */
  prepare?: boolean
  /** Accept a server that loses acknowledged commits when it crashes: for throwaway tests. */
  allowUnsafe?: boolean
  log?: Log
}

/** Opens the database as the store of this and any number of other processes, made and migrated when need be. */
export async function openPostgresStore(options: PostgresOptions): Promise<Store> {
  const { url, clock = systemClock, poolSize = 10, prepare = true, log = () => undefined } = options
  await prepareDatabase(options, clock.now())
  const readers = openPool({ url, poolSize, log })
  // Reads never keep a write waiting for a connection: one for each of the two groups below and one to notify.
  const pool = openPool({ url, poolSize: 3, log })
  const signals = openSignalExchange({
    pool,
    listenUrl: options.listenUrl === undefined ? url : options.listenUrl,
    log,
  })
  const commit = (calls: WriteCall[]) => commitBatch({ pool, prepare, log, deliver: signals.deliver }, calls)
  const bounds = { commit, maxWaiting: 20_000, timeoutMs: 15_000 }
  // One at a time: while it waits for the disk, the next one grows, and few big batches cost less than many small ones.
  const hot = new GroupCommit({ ...bounds, maxBatch: 512 })
  // A long sweep or a rare write does not hold up the runners: it has a transaction and a connection of its own.
  const single = new GroupCommit({ ...bounds, maxBatch: 1 })
  const db = openDb(readers)
  const named = (name: string) => (prepare ? name : '')
  return {
    dialect: 'postgres',
    ...submitting((call) => (isHot(call) ? hot : single).submit(call)),
    ...translated({ ...orderReads(db, named), ...registryReads(db, named), ...secretReads(db) }),
    ...translated({
      async ping() {
        await pool.query('update audit_head set id = id where id = 1')
      },
    }),
    subscribe: signals.subscribe,
    async close() {
      await Promise.all([hot, single].map((group) => group.settled()))
      await signals.close()
      if (!pool.ending) await Promise.all([pool.end(), readers.end()])
    },
  }
}

/** Migrates on a connection of its own: a migration may take longer than a call. */
async function prepareDatabase({ url, allowUnsafe = false }: PostgresOptions, now: number): Promise<void> {
  try {
    await withClient({ ...clientConfig(url), query_timeout: 0 }, async (client) => {
      if (!allowUnsafe) await assertDurable(client)
      await migrate(client, migrations, now)
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
