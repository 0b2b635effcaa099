import type { Log } from '@ikoma/kernel/node'
import type { SQL } from 'drizzle-orm'
import type * as z from 'zod'

export interface JobContext {
  /** The same for each attempt: what is done elsewhere under it is done once. */
  id: string
  /** 1 is the first. */
  attempt: number
  /** Aborted when the time is over, or the process is asked to stop and has waited long enough. */
  signal: AbortSignal
  log: Log
}

export interface JobDefinition<Payload extends z.ZodType = z.ZodType> {
  /** Of what JSON brings back, so that a date is a text. */
  payload: Payload
  /** May run more than once: after a crash, or when its answer was lost. Past `timeoutSec` another attempt may begin. */
  run(data: z.output<Payload>, context: JobContext): Promise<void>
  /** Attempts after the first, with a delay that doubles. Default 5, from 2 s to an hour. */
  retry?: { limit?: number; delaySec?: number; maxDelaySec?: number }
  /** Default 300. */
  timeoutSec?: number
  /** At once in one process. Default 2. */
  concurrency?: number
  /** Those with one `key` run one at a time and in their order, over all processes; each needs a key then. */
  serial?: boolean
}

export interface ScheduleDefinition<Name extends string = string> {
  job: Name
  /** Five fields, as in crontab. */
  cron: string
  /** IANA, as `Europe/Paris`. */
  zone: string
  data?: object
  /** What must be true after a run: a query whose first value is true, or a function. Otherwise the run has failed. */
  expect?: SQL | ((run: { startedAt: Date }) => Promise<boolean>)
  /** A run that came due while no process was there is made up for, once. Default false. */
  catchUp?: boolean
}

/** Infers the payload's type for `run`. */
export function job<Payload extends z.ZodType>(definition: JobDefinition<Payload>): JobDefinition<Payload> {
  return definition
}

/** Of any payload: a handler takes its own alone, which no common type can say. */
export type AnyJob = Omit<JobDefinition, 'run'> & {
  // biome-ignore lint/suspicious/noExplicitAny: what `payload` has parsed
  run(data: any, context: JobContext): Promise<void>
}
export type JobTable = Record<string, AnyJob>
export type PayloadOf<Job extends AnyJob> = z.input<Job['payload']>

/** Where what failed for the last time is kept. */
export function deadQueueOf(name: string): string {
  return `${name}.dead`
}
