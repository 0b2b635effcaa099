import { AppError, withDeadline } from '@ikoma/kernel'
import pg from 'pg'
import { clientConfig, notDurable } from './connection.ts'
import { notReached, storeError, unconfirmedCommit } from './errors.ts'
import { stopWaiting, watchStandbys } from './standbys.ts'

const answerWithinMs = 2_500
/** When a look is given up that no answer ever ends, as of a server whose machine is gone. */
const giveUpAfterMs = 60_000

export interface Probe {
  /** Resolves when a write is taken; rejects, within three seconds, with the cause. */
  look(): Promise<void>
  close(): Promise<void>
}

/**
 * Asks for a write on a connection of its own, one at a time: however long a server or its standby says nothing, and however
 * often it is asked, one connection waits for it.
 */
export function openProbe({ url, allowUnsafe = false }: { url: string; allowUnsafe?: boolean }): Probe {
  let client: pg.Client | null = null
  let asking: Promise<void> | null = null
  const forget = () => {
    const gone = client
    client = null
    if (!gone) return
    void stopWaiting(gone).then(() => gone.end().catch(() => undefined))
  }
  const ask = async () => {
    try {
      client ??= await connected(url, forget)
      await write(client, allowUnsafe)
    } catch (error) {
      forget()
      throw error instanceof AppError ? error : notReached(error)
    }
  }
  return {
    async look() {
      asking ??= ask().finally(() => {
        asking = null
      })
      await withDeadline(asking, answerWithinMs, notAnswered)
    },
    async close() {
      await client?.end().catch(() => undefined)
    },
  }
}

async function connected(url: string, forget: () => void): Promise<pg.Client> {
  const client = new pg.Client({ ...clientConfig(url), query_timeout: giveUpAfterMs, application_name: 'ikoma probe' })
  client.on('error', forget)
  await client.connect()
  return client
}

/** What every write does: it locks, changes a row, commits, and waits for whoever has to confirm it. */
async function write(client: pg.Client, allowUnsafe: boolean): Promise<void> {
  const standbys = watchStandbys(client)
  try {
    const answers = (await client.query(statements)) as unknown as pg.QueryResult<{ fsync: string; commit: string }>[]
    const setting = answers.flatMap(({ rows }) => rows)[0]
    const problem = setting && !allowUnsafe ? notDurable(setting) : null
    if (problem) throw problem
    if (standbys.silent()) throw unconfirmedCommit()
  } catch (error) {
    throw (await waitsForStandby(client, error)) ? unconfirmedCommit() : error
  } finally {
    standbys.stop()
  }
}

/** Behind a write that no standby confirms others wait for its lock until their time is over: that is not their fault. */
async function waitsForStandby(client: pg.Client, error: unknown): Promise<boolean> {
  if (storeError(error).reason !== 'store_slow') return false
  const look = `rollback; select 1 from pg_stat_activity where datname = current_database() and wait_event = 'SyncRep'`
  const answers = (await client.query(look).catch(() => [])) as unknown as pg.QueryResult[]
  return answers.some(({ rows }) => rows.length > 0)
}

/** In one message: a failure undoes what came before it. */
const statements = `begin; set local statement_timeout = 2000;
  select current_setting('fsync') as fsync, current_setting('synchronous_commit') as commit;
  update audit_head set id = id where id = 1; commit`

function notAnswered(): AppError {
  return new AppError('unavailable', 'The database does not answer, or a standby does not confirm what it writes.', {
    reason: 'store_silent',
    retryAfterSec: 5,
  })
}
