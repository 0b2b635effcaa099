import { AppError, hideInValue } from '@ikoma/kernel'
import type { Log } from '@ikoma/kernel/node'
import { SQL } from 'drizzle-orm'
import type { Database } from '../postgres/database.ts'
import { databaseError } from '../postgres/errors.ts'
import type { JobContext, JobTable, ScheduleDefinition } from './definitions.ts'
import type { JobMetrics } from './metrics.ts'

/** As it lies in the queue. */
export interface StoredJob {
  payload: unknown
  /** Which schedule has placed it. */
  schedule?: string
}

/** `unfit`: its payload is none that this version understands, so that another attempt is of no use. */
export type Outcome = 'done' | 'failed' | 'unexpected' | 'unfit'

export interface Ended {
  outcome: Outcome
  /** Why it did not end well, without its payload. */
  error: { reason: string; message: string } | null
}

export interface RunOptions {
  jobs: JobTable
  schedules: Record<string, ScheduleDefinition>
  database: Database
  log: Log
  metrics: JobMetrics | null
}

/** Runs one attempt and says how it ended; never rejects. Neither payload nor what it was made of reaches a log. */
export async function runJob(
  options: RunOptions,
  name: string,
  stored: StoredJob,
  context: Omit<JobContext, 'log'>,
): Promise<Ended> {
  const { id, attempt } = context
  const { schedule } = stored
  const log = options.log.child({ job: name, jobId: id, attempt, ...(schedule ? { schedule } : {}) })
  const began = performance.now()
  const ended = await attempted(options, name, stored, { ...context, log })
  const seconds = (performance.now() - began) / 1000
  options.metrics?.ended(name, schedule, ended.outcome, seconds)
  const { outcome, error } = ended
  if (error) log.error({ outcome, seconds, reason: error.reason, message: error.message }, 'job failed')
  else log.info({ outcome, seconds }, 'job done')
  return ended
}

async function attempted(options: RunOptions, name: string, stored: StoredJob, context: JobContext): Promise<Ended> {
  const definition = options.jobs[name]
  const parsed = definition?.payload.safeParse(stored.payload)
  if (!definition || !parsed?.success) {
    const fields = parsed?.error?.issues.map(({ path }) => path.join('/') || 'payload').join(', ') ?? 'name'
    return failed('unfit', { reason: 'job_payload', message: `This version does not understand it: ${fields}` })
  }
  const startedAt = new Date()
  try {
    await definition.run(parsed.data, context)
    // What outran its time has been given to another attempt by now, or will be.
    context.signal.throwIfAborted()
    if (await asExpected(options, stored.schedule, startedAt)) return { outcome: 'done', error: null }
    return failed('unexpected', {
      reason: 'job_unexpected',
      message: `It ended, but what the schedule "${stored.schedule}" expects of it is not true.`,
    })
  } catch (error) {
    return failed('failed', wordsOf(error))
  }
}

async function asExpected({ schedules, database }: RunOptions, schedule: string | undefined, startedAt: Date) {
  const expected = schedule === undefined ? undefined : schedules[schedule]?.expect
  if (expected === undefined) return true
  if (!(expected instanceof SQL)) return await expected({ startedAt })
  const { rows } = (await database.db.execute(expected)) as { rows: Record<string, unknown>[] }
  return Object.values(rows[0] ?? {})[0] === true
}

function failed(outcome: Outcome, error: NonNullable<Ended['error']>): Ended {
  return { outcome, error }
}

/** These words are kept with the job and read by people: no stack, no statement, nothing that looks like a secret. */
function wordsOf(thrown: unknown): NonNullable<Ended['error']> {
  const error = databaseError(thrown)
  const reason = error instanceof AppError ? error.reason : 'job_failed'
  const { message } = hideInValue({ message: error instanceof Error ? error.message : 'It threw no error.' }) as {
    message: string
  }
  return { reason, message: message.slice(0, 500) }
}
