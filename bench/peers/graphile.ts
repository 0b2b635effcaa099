// graphile-worker, in process, on PostgreSQL.
import { setTimeout as delay } from 'node:timers/promises'
import { Logger, makeWorkerUtils, type RunnerOptions, run } from 'graphile-worker'
import pg from 'pg'
import { chunks, startDrain } from './drain.ts'

export interface DrainOptions {
  /** An empty database. */
  url: string
  jobs: number
}

/** As it ships, 10 at once: each fetch and each completion is a statement of its own. */
export function measureGraphilePlain(options: DrainOptions): Promise<number> {
  return measureDrain(options, { concurrency: 10 })
}

/** The settings of its own performance page (worker.graphile.org/docs/performance); 10 at once was no faster. */
export function measureGraphileBest(options: DrainOptions): Promise<number> {
  const worker = { localQueue: { size: 500 }, completeJobBatchDelay: 0, failJobBatchDelay: 0 }
  return measureDrain(options, { concurrency: 24, maxPoolSize: 25, preset: { worker } })
}

/** From before a job is added until an idle worker executes it, in milliseconds, one at a time. */
export async function measureGraphileLatency({ url, samples }: { url: string; samples: number }): Promise<number[]> {
  const times: number[] = []
  let executed = Promise.withResolvers<number>()
  const taskList = { measured: () => executed.resolve(performance.now()) }
  const worker = await run({ ...shared(url), taskList, concurrency: 10 })
  try {
    for (let n = -warmUpSamples; n < samples; n += 1) {
      // Let the completion of the one before end, and the worker become idle.
      await delay(5)
      executed = Promise.withResolvers()
      const since = performance.now()
      await worker.addJob('measured', {})
      const at = await executed.promise
      if (n >= 0) times.push(at - since)
    }
  } finally {
    await worker.stop()
  }
  return times
}

const warmUpSamples = 20
const stuckMs = 30_000

async function measureDrain({ url, jobs }: DrainOptions, settings: RunnerOptions): Promise<number> {
  const client = new pg.Client(url)
  await client.connect()
  try {
    await addBacklog(url, jobs)
    // What autovacuum does for any table that has been in use for a minute.
    await client.query('vacuum analyze')
    const drain = startDrain(jobs)
    const worker = await run({ ...shared(url), ...settings, taskList: { measured: () => drain.executed() } })
    try {
      await drain.all
      await allCompleted(client)
      return drain.rate()
    } finally {
      await worker.stop()
    }
  } finally {
    await client.end()
  }
}

async function addBacklog(url: string, jobs: number): Promise<void> {
  const utils = await makeWorkerUtils(shared(url))
  await utils.migrate()
  for (const specs of chunks(jobs, 10_000, () => ({ identifier: 'measured', payload: {} }))) await utils.addJobs(specs)
  await utils.release()
}

/** It does not wait for a completion before it goes on: what counts is when the last one is on disk. */
async function allCompleted(client: pg.Client): Promise<void> {
  const until = performance.now() + stuckMs
  for (;;) {
    const { rows } = await client.query('select exists (select from graphile_worker._private_jobs) as some')
    if (!rows[0].some) return
    if (performance.now() > until) throw new Error('graphile-worker executed jobs that it does not complete')
    await delay(2)
  }
}

function shared(connectionString: string) {
  // It would print a line for each job.
  return { connectionString, noHandleSignals: true, logger: new Logger(() => () => undefined) }
}
