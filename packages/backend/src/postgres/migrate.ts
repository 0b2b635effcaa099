import { AppError } from '@ikoma/kernel'
import { PG_MIGRATE_LOCK_ID, runner } from 'node-pg-migrate'
import pg from 'pg'
import { DatabaseError, translate } from './errors.ts'
import { lossesOf } from './losses.ts'
import { findMigration, type MigrationFile, readMigrations } from './migration-files.ts'
import { refuseUnreadable } from './pool.ts'

export interface MigrateOptions {
  /** How long to wait while another process migrates. Default 60 s. */
  waitMs?: number
  /** How long a statement waits for a table that others use; everybody who comes later waits behind it. Default 30 s. */
  lockTimeoutMs?: number
}

export interface Migrations {
  /** Where the database stands; never writes. */
  current(): Promise<{ current: string | null; pending: string[]; unknown: string[] }>
  history(): Promise<{ name: string; appliedAt: Date | null; hasDown: boolean }[]>
  /** Applies what is pending, the first `count` of it or up to `to`, each in a transaction of its own. Answers with what it applied. */
  upgrade(how?: { count?: number | undefined; to?: string | undefined }): Promise<string[]>
  /**
   * Takes back the last `count` (1), or all after `to`; `base` is before the first. Refuses before it starts what has no down,
   * and with `keepData` what would lose something that was written.
   */
  downgrade(how?: {
    count?: number | undefined
    to?: string | undefined
    keepData?: boolean | undefined
  }): Promise<string[]>
}

/**
 * The migrations of `folder` on the database of `url`, which must be PostgreSQL itself and no PgBouncer in transaction mode.
 * Processes that start together wait for one another. A database that is newer than the folder is refused by name.
 */
export function migrate(url: string, folder: string, options: MigrateOptions = {}): Migrations {
  const opened = <T>(work: (client: pg.Client) => Promise<T>) => withClient(url, work)
  const locked = <T>(work: (client: pg.Client) => Promise<T>) =>
    opened(async (client) => {
      await lock(client, options.waitMs ?? 60_000)
      await client.query('select set_config($1, $2, false)', ['lock_timeout', String(options.lockTimeoutMs ?? 30_000)])
      return work(client)
    })
  return {
    current: () =>
      opened(async (client) => {
        const { files, applied, pending, unknown } = await standing(client, folder)
        const known = applied.filter(({ name }) => files.some((file) => file.name === name))
        return { current: known.at(-1)?.name ?? null, pending, unknown }
      }),
    history: () =>
      opened(async (client) => {
        const { files, applied, unknown } = await standing(client, folder)
        const gone = unknown.map((name) => ({ name, hasDown: false }))
        const at = new Map(applied.map(({ name, at }) => [name, at]))
        return [...files, ...gone].map(({ name, hasDown }) => ({ name, appliedAt: at.get(name) ?? null, hasDown }))
      }),
    upgrade: (how = {}) => locked((client) => upgrade(client, folder, how)),
    downgrade: (how = {}) => locked((client) => downgrade(client, folder, how)),
  }
}

interface HowFar {
  count?: number | undefined
  to?: string | undefined
}

async function upgrade(client: pg.Client, folder: string, { count, to }: HowFar): Promise<string[]> {
  const { files, pending, unknown } = await standing(client, folder)
  refuseNewer(unknown)
  const names = files.map(({ name }) => name)
  const last = to === undefined ? undefined : findMigration(names, to)
  const due = last === undefined ? pending : pending.filter((name) => name <= last)
  const wanted = count === undefined ? due : due.slice(0, countOf(count))
  await run(client, folder, 'up', wanted)
  return wanted
}

async function downgrade(
  client: pg.Client,
  folder: string,
  how: HowFar & { keepData?: boolean | undefined },
): Promise<string[]> {
  const { files, applied, unknown } = await standing(client, folder)
  refuseNewer(unknown)
  const names = applied.map(({ name }) => name)
  const kept = how.to === undefined ? Math.max(0, names.length - countOf(how.count)) : positionOf(names, how.to)
  const wanted = names.slice(kept).toReversed()
  refuseWithoutDown(wanted, files)
  if (how.keepData) refuseLoss(await lossesOf(client, folder, wanted))
  await run(client, folder, 'down', wanted)
  return wanted
}

function countOf(count = 1): number {
  if (Number.isSafeInteger(count) && count > 0) return count
  throw new AppError('invalid', 'How many migrations is a whole number above zero.', { reason: 'count' })
}

function positionOf(names: readonly string[], to: string): number {
  return to === 'base' ? 0 : names.indexOf(findMigration(names, to)) + 1
}

function refuseWithoutDown(names: readonly string[], files: readonly MigrationFile[]): void {
  const without = names.filter((name) => !files.find((file) => file.name === name)?.hasDown)
  if (without.length === 0) return
  throw new AppError(
    'conflict',
    `Nothing was taken back: ${without.join(', ')} has no "-- Down Migration" that does anything.`,
    {
      reason: 'migration_without_down',
    },
  )
}

function refuseLoss(lost: readonly string[]): void {
  if (lost.length === 0) return
  throw new AppError('conflict', `Nothing was taken back: what stands in these would be lost: ${lost.join(', ')}.`, {
    reason: 'migration_loses_data',
    details: { lost: [...lost] },
  })
}

function refuseNewer(unknown: readonly string[]): void {
  if (unknown.length === 0) return
  const message = `The database is newer than this version: it has ${unknown.join(', ')}. Start the newer version, or take these back with it (db:downgrade).`
  throw new AppError('conflict', message, { reason: 'database_newer', details: { unknown } })
}

async function standing(client: pg.Client, folder: string) {
  const files = readMigrations(folder)
  const applied = await appliedTo(client)
  const done = new Set(applied.map(({ name }) => name))
  const known = new Set(files.map(({ name }) => name))
  return {
    files,
    applied,
    pending: files.map(({ name }) => name).filter((name) => !done.has(name)),
    unknown: [...done].filter((name) => !known.has(name)),
  }
}

const table = 'pgmigrations'

async function appliedTo(client: pg.Client): Promise<{ name: string; at: Date }[]> {
  const { rows: found } = await client.query<{ known: boolean }>('select to_regclass($1) is not null as known', [table])
  if (!found[0]?.known) return []
  const { rows } = await client.query<{ name: string; at: Date }>(
    `select name, run_on at time zone 'UTC' as at from ${table} order by run_on, id`,
  )
  return rows
}

async function run(
  client: pg.Client,
  folder: string,
  direction: 'up' | 'down',
  names: readonly string[],
): Promise<void> {
  if (names.length === 0) return
  const options = { dbClient: client, dir: folder, direction, migrationsTable: table, checkOrder: direction === 'up' }
  try {
    // The lock is ours, since theirs waits for ever or not at all. Their log would quote statements.
    await runner({ ...options, count: names.length, noLock: true, log: () => undefined })
  } catch (error) {
    await client.query('rollback')
    const done = new Set((await appliedTo(client)).map(({ name }) => name))
    const failed = names.find((name) => done.has(name) === (direction === 'down'))
    throw failure(failed ?? names[0] ?? '', direction, error)
  }
}

function failure(name: string, direction: string, error: unknown): AppError {
  const told = translate(error)
  const why =
    told instanceof DatabaseError ? (told.cause as Error).message : error instanceof Error ? error.message : ''
  const message = `The migration ${name} failed on its way ${direction}, and nothing of it was written: ${why}`
  return new AppError(told instanceof DatabaseError ? told.code : 'internal', message, {
    reason: 'migration_failed',
    cause: told,
    details: { migration: name },
  })
}

async function lock(client: pg.Client, waitMs: number): Promise<void> {
  await client.query('select set_config($1, $2, false)', ['lock_timeout', String(waitMs)])
  try {
    await client.query('select pg_advisory_lock($1)', [PG_MIGRATE_LOCK_ID])
  } catch (error) {
    const told = translate(error)
    if (!(told instanceof DatabaseError) || told.sqlState !== '55P03') throw told
    throw new AppError(
      'unavailable',
      `Another process has been migrating for longer than ${waitMs / 1000} s: ${await holder(client)}.`,
      {
        reason: 'migration_locked',
        cause: told,
      },
    )
  }
}

/** PostgreSQL shows the two halves of a lock's number. */
async function holder(client: pg.Client): Promise<string> {
  const { rows } = await client.query<{ pid: number; name: string; address: string | null; since: Date | null }>(
    `select pid, application_name as name, host(client_addr) as address, xact_start as since
      from pg_locks join pg_stat_activity using (pid)
      where locktype = 'advisory' and granted and pg_locks.database = (select oid from pg_database where datname = current_database())
        and (classid::bigint << 32) + objid::bigint = $1::bigint`,
    [PG_MIGRATE_LOCK_ID],
  )
  const [first] = rows
  if (!first) return 'it has just ended, try again'
  const from = first.address ? ` from ${first.address}` : ''
  const since = first.since ? `, in a transaction since ${first.since.toISOString()}` : ''
  return `"${first.name}"${from} (pid ${first.pid} in pg_stat_activity${since})`
}

async function withClient<T>(url: string, work: (client: pg.Client) => Promise<T>): Promise<T> {
  refuseUnreadable(url)
  const client = new pg.Client({
    connectionString: url,
    connectionTimeoutMillis: 10_000,
    application_name: `migrations of process ${process.pid}`,
    keepAlive: true,
  })
  // What breaks it also rejects the query under way.
  client.on('error', () => undefined)
  try {
    await client.connect()
    // Were this process killed inside a long statement, the server would otherwise go on with it, and hold the lock.
    const settings = { client_connection_check_interval: '1s', timezone: 'UTC', statement_timeout: '0' }
    for (const each of Object.entries(settings)) await client.query('select set_config($1, $2, false)', each)
    return await work(client)
  } catch (error) {
    throw translate(error)
  } finally {
    await client.end().catch(() => undefined)
  }
}
