// pg-boss, in process, on PostgreSQL.
import { PgBoss } from 'pg-boss'
import { query } from '../database.ts'
import { chunks, startDrain } from './drain.ts'
import type { DrainOptions } from './graphile.ts'

const queue = 'measured'

/** Fetch one, complete it, 10 at once. */
export function measurePgBossPlain(options: DrainOptions): Promise<number> {
  return measureDrain(options, { loops: 10, batchSize: 1 })
}

/** Fetch 500, complete them in one statement; 4 at once was its best of 1, 2 and 4. */
export function measurePgBossBest(options: DrainOptions): Promise<number> {
  return measureDrain(options, { loops: 4, batchSize: 500 })
}

interface Settings {
  loops: number
  batchSize: number
}

async function measureDrain({ url, jobs }: DrainOptions, { loops, batchSize }: Settings): Promise<number> {
  const boss = await openBoss(url)
  try {
    await boss.createQueue(queue)
    for (const batch of chunks(jobs, 10_000, () => ({ data: {} }))) await boss.insert(queue, batch)
    // What autovacuum does for any table that has been in use for a minute.
    await query(url, 'vacuum analyze')
    const drain = startDrain(jobs)
    const loop = async () => {
      for (;;) {
        const fetched = await boss.fetch(queue, { batchSize })
        if (fetched.length === 0) return
        const ids = fetched.map(({ id }) => id)
        await boss.complete(queue, ids)
        drain.executed(ids.length)
      }
    }
    await Promise.all(Array.from({ length: loops }, loop))
    const rate = drain.rate()
    const [row] = await query(url, "select count(*)::int as completed from pgboss.job where state = 'completed'")
    if (row?.completed !== jobs) throw new Error(`pg-boss completed ${row?.completed} of ${jobs}`)
    return rate
  } finally {
    await boss.stop({ graceful: false })
  }
}

/** As it ships: maintenance included, 10 connections (24 and 64 made it no faster behind HTTP). */
export async function openBoss(connectionString: string): Promise<PgBoss> {
  const boss = new PgBoss({ connectionString })
  boss.on('error', (error) => process.stderr.write(`pg-boss: ${error.message}\n`))
  return boss.start()
}
