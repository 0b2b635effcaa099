import { availableParallelism, loadavg } from 'node:os'
import type { Database } from '@ikoma/backend/postgres'
import { type Clock, withDeadline } from '@ikoma/kernel'
import * as z from 'zod'

interface Checked {
  database: Database
  /** Null where there is none. */
  redisAnswers: () => Promise<boolean | null>
  clock: Clock
  version: string
}

const word = z.enum(['healthy', 'unhealthy'])

export const healthSchema = z
  .strictObject({
    status: z.enum(['healthy', 'degraded', 'unhealthy']),
    timestamp: z.iso.datetime(),
    version: z.string(),
    checks: z.strictObject({
      database: z.strictObject({ status: word }),
      redis: z.strictObject({ status: word }),
      system: z.strictObject({ status: word, cpu_percent: z.number().min(0).max(100) }),
    }),
  })
  .meta({ id: 'Health' })

export const readySchema = z.strictObject({ ready: z.boolean(), checks: z.strictObject({ database: z.boolean() }) })

const withinMs = 2_000

/** What the document promises of `/health`: unhealthy without the database (503), degraded without Redis. */
export async function healthOf({
  database,
  redisAnswers,
  clock,
  version,
}: Checked): Promise<{ status: number; body: object }> {
  const [isDatabase, isRedis] = await Promise.all([
    answers(database.pool.query('select 1').then(() => true)),
    // A local app counts by itself: what it has not got is not ill.
    answers(redisAnswers().then((is) => is ?? true)),
  ])
  const status = isDatabase ? (isRedis ? 'healthy' : 'degraded') : 'unhealthy'
  const told = (healthy: boolean) => ({ status: healthy ? 'healthy' : 'unhealthy' })
  return {
    status: isDatabase ? 200 : 503,
    body: {
      status,
      timestamp: new Date(clock.now()).toISOString(),
      version,
      checks: {
        database: told(isDatabase),
        redis: told(isRedis),
        system: { status: 'healthy', cpu_percent: cpuPercent() },
      },
    },
  }
}

function answers(asked: Promise<boolean>): Promise<boolean> {
  return withDeadline(asked, withinMs, () => new Error('no answer in time')).catch(() => false)
}

/** The machine's load of the last minute, as a share of what it can do. */
function cpuPercent(): number {
  const [minute = 0] = loadavg()
  return Math.round(Math.min(1, minute / availableParallelism()) * 1000) / 10
}
