import { randomUUID } from 'node:crypto'
import { AppError } from '@ikoma/kernel'
import type { Log } from '@ikoma/kernel/node'
import { sql } from 'drizzle-orm'
import { fromDrizzle, type Job, type JobResult, PgBoss } from 'pg-boss'
import type { Registry } from 'prom-client'
import type { Database, Transaction } from '../postgres/database.ts'
import { translate } from '../postgres/errors.ts'
import { type DeadJob, freeKeys, listDead, replayDead } from './dead-letters.ts'
import { deadQueueOf, type JobTable, type PayloadOf, type ScheduleDefinition } from './definitions.ts'
import { jobMetrics } from './metrics.ts'
import { prepareQueues, prepareSchedules } from './queues.ts'
import { type Ended, type RunOptions, runJob, type StoredJob } from './run.ts'

export interface JobsOptions<Table extends JobTable> {
  /** PostgreSQL itself: a listener wakes the workers, which PgBouncer in transaction mode would lose. */
  url: string
  database: Database
  log: Log
  jobs: Table
  schedules?: Record<string, ScheduleDefinition<keyof Table & string>>
  /** Of prom-client; counts attempts by how they ended. */
  registry?: Registry
  /** Default 60. At least 10. */
  heartbeatSec?: number
  /** How often lost jobs and due schedules are looked for. Default 30. */
  superviseSec?: number
}

export interface EnqueueOptions {
  /** Of a `serial` job: those with the same key run in their order, one at a time. */
  key?: string
  runAfter?: Date
  /** Nothing is added while one of the same job (and key) waits to be run. */
  singleton?: boolean
}

export interface Jobs<Table extends JobTable> {
  /** Makes what is missing in the schema `pgboss`, and can enqueue from then on. */
  start(): Promise<void>
  /** Runs jobs and schedules in this process too. */
  work(): Promise<void>
  /** Part of the transaction: rolled back, there is no job. Null when `singleton` found one waiting. */
  enqueue<Name extends keyof Table & string>(
    tx: Transaction,
    name: Name,
    data: PayloadOf<Table[Name]>,
    options?: EnqueueOptions,
  ): Promise<string | null>
  listDead(name?: keyof Table & string): Promise<DeadJob[]>
  replay(name: keyof Table & string, ids?: readonly string[]): Promise<number>
  /** Runs a schedule, or a job that needs no payload, here and now, past the queue and without another attempt. */
  runOnce(name: string): Promise<Ended>
  /** Takes nothing new, waits for what runs, and aborts that after `graceMs` (10 s): another process takes it up. */
  stop(graceMs?: number): Promise<void>
}

/** The jobs of an app on pg-boss: at least once, in the transaction that wants them, and never lost. */
export function defineJobs<Table extends JobTable>(options: JobsOptions<Table>): Jobs<Table> {
  const { jobs, log, database, schedules = {} } = options
  refuseUnreadable(jobs, schedules)
  const metrics = options.registry ? jobMetrics(options.registry) : null
  const running: RunOptions = { jobs, schedules, database, log, metrics }
  const [api, worker] = [bossOf(options, false), bossOf(options, true)]
  const sweeping = new AbortController()
  let started = false
  return {
    async start() {
      await api.start()
      await prepareQueues(api, jobs, { heartbeatSec: options.heartbeatSec ?? 60 })
      started = true
    },
    async work() {
      await worker.start()
      await prepareSchedules(worker, schedules)
      await Promise.all(Object.keys(jobs).map((name) => take(worker, running, name)))
      sweepKeys(worker, jobs, log, sweeping.signal)
    },
    async enqueue(tx, name, data, how = {}) {
      if (!started) throw misused('Nothing can be enqueued before start() has ended.')
      return enqueue(api, jobs, { tx, name, data, how })
    },
    listDead: async (name) => listDead(api, name === undefined ? Object.keys(jobs) : [known(jobs, name)]),
    replay: async (name, ids) => replayDead(api, known(jobs, name), ids),
    runOnce: (name) => runOnce(running, name),
    async stop(graceMs = 10_000) {
      sweeping.abort()
      await worker.stop({ graceful: true, timeout: graceMs })
      await api.stop({ graceful: false })
    },
  }
}

type BossOptions = Pick<JobsOptions<JobTable>, 'url' | 'log' | 'superviseSec'>

function bossOf({ url, log, superviseSec = 30 }: BossOptions, works: boolean): PgBoss {
  const boss = new PgBoss({
    connectionString: url,
    application_name: works ? 'jobs' : 'enqueue',
    max: works ? 5 : 2,
    supervise: works,
    schedule: works,
    useListenNotify: works,
    superviseIntervalSeconds: superviseSec,
    monitorIntervalSeconds: superviseSec,
    cronMonitorIntervalSeconds: Math.min(superviseSec, 45),
    cronWorkerIntervalSeconds: Math.min(superviseSec, 5),
  })
  boss.on('error', (error) => log.error({ err: translate(error) }, 'jobs: PostgreSQL failed'))
  boss.on('warning', ({ message }) => log.warn({ message }, 'jobs'))
  return boss
}

const polling = { pollingIntervalSeconds: 2, notifyPollingIntervalSeconds: 2, perJobResults: true } as const

/** Workers of one job each, so that nobody waits for the slowest of a batch; each asks for more as soon as it has ended one. */
async function take(boss: PgBoss, running: RunOptions, name: string): Promise<void> {
  const workers = Array.from({ length: running.jobs[name]?.concurrency ?? 2 }, async () => {
    const worker: string = await boss.work<StoredJob>(name, polling, async (batch) => {
      const ends = await Promise.all(batch.map((each) => settled(running, name, each)))
      boss.notifyWorker(worker)
      return ends
    })
  })
  await Promise.all(workers)
}

async function settled(
  running: RunOptions,
  name: string,
  { id, data, retryCount, signal }: Job<StoredJob>,
): Promise<JobResult> {
  const { outcome, error } = await runJob(running, name, data, { id, attempt: retryCount + 1, signal })
  const status = outcome === 'done' ? 'completed' : outcome === 'unfit' ? 'deadletter' : 'failed'
  return { id, status, ...(error ? { output: error } : {}) }
}

interface Wanted {
  tx: Transaction
  name: string
  data: unknown
  how: EnqueueOptions
}

async function enqueue(boss: PgBoss, jobs: JobTable, { tx, name, data, how }: Wanted): Promise<string | null> {
  const { key, runAfter, singleton = false } = how
  const payload = readable(jobs, name, data)
  if (jobs[name]?.serial && !key) throw misused(`The job ${name} is serial: give it a key.`)
  if (!jobs[name]?.serial && key && !singleton)
    throw misused(`The job ${name} is not serial: its key would keep no order.`)
  const db = fromDrizzle(tx, sql)
  const singletonKey = key ?? (singleton ? name : undefined)
  if (singleton && singletonKey) {
    // Whoever else asks for the same waits until this transaction has ended, and then sees its job.
    await tx.execute(sql`select pg_advisory_xact_lock(hashtextextended(${`ikoma job ${name} ${singletonKey}`}, 0))`)
    const waiting = await boss.findJobs(name, { key: singletonKey, queued: true, limit: 1, db })
    if (waiting.length > 0) return null
  }
  const stored: StoredJob = { payload }
  const options = { db, ...(singletonKey ? { singletonKey } : {}), ...(runAfter ? { startAfter: runAfter } : {}) }
  return await boss.send(name, stored, options)
}

/** What the payload is once it has been JSON: what could not be read when it runs is refused now. */
function readable(jobs: JobTable, name: string, data: unknown): unknown {
  const definition = jobs[name]
  if (!definition) throw misused(`There is no job "${name}".`)
  const written = JSON.parse(JSON.stringify(data ?? null)) as unknown
  const { success, error } = definition.payload.safeParse(written)
  if (success) return written
  const fields = error.issues.map(({ path, message }) => ({ field: path.join('/') || 'payload', message }))
  const named = fields.map(({ field }) => field).join(', ')
  throw new AppError('unprocessable', `The payload of the job ${name} is wrong: ${named}.`, {
    reason: 'job_payload',
    fields,
  })
}

async function runOnce(running: RunOptions, name: string): Promise<Ended> {
  const schedule = Object.hasOwn(running.schedules, name) ? running.schedules[name] : undefined
  const jobName = known(running.jobs, schedule?.job ?? name)
  const stored: StoredJob = { payload: schedule?.data ?? {}, ...(schedule ? { schedule: name } : {}) }
  return await runJob(running, jobName, stored, { id: randomUUID(), attempt: 1, signal: new AbortController().signal })
}

const sweepMs = 2_000

function sweepKeys(boss: PgBoss, jobs: JobTable, log: Log, signal: AbortSignal): void {
  const serial = Object.keys(jobs).filter((name) => jobs[name]?.serial)
  if (serial.length === 0) return
  const sweep = () =>
    Promise.all(serial.map((name) => freeKeys(boss, name)))
      .catch((error: unknown) => log.warn({ err: translate(error) }, 'jobs: keys could not be freed'))
      .finally(() => {
        if (!signal.aborted) timer = setTimeout(sweep, sweepMs)
      })
  let timer = setTimeout(sweep, sweepMs)
  signal.addEventListener('abort', () => clearTimeout(timer))
}

function refuseUnreadable(jobs: JobTable, schedules: Record<string, ScheduleDefinition>): void {
  for (const name of Object.keys(jobs)) {
    if (!/^[a-z][a-z0-9.-]*$/.test(name) || name.endsWith(deadQueueOf(''))) {
      throw misused(`"${name}" is no name of a job: small letters, digits, dots and dashes, and no ".dead" at its end.`)
    }
  }
  for (const [name, { job, data, zone }] of Object.entries(schedules)) {
    if (jobs[name]) throw misused(`"${name}" is both a job and a schedule.`)
    if (jobs[job]?.serial) throw misused(`The schedule "${name}" places ${job}, which is serial and would need a key.`)
    readable(jobs, job, data ?? {})
    new Intl.DateTimeFormat('en', { timeZone: zone })
  }
}

function known(jobs: JobTable, name: string): string {
  if (Object.hasOwn(jobs, name)) return name
  throw new AppError('not_found', `There is no job or schedule "${name}".`, { reason: 'job_not_found' })
}

function misused(message: string): AppError {
  return new AppError('internal', message, { reason: 'job_misused' })
}
