import { AppError } from '@ikoma/kernel'
import type { PgBoss } from 'pg-boss'
import { type AnyJob, deadQueueOf, type JobTable, type ScheduleDefinition } from './definitions.ts'

const daySec = 86_400

export interface QueueTiming {
  /** A job whose process has not been heard of for so long is given to another one. */
  heartbeatSec: number
}

/** Makes the queues and schedules that the app defines, and takes away the schedules it no longer does. */
export async function prepareQueues(boss: PgBoss, jobs: JobTable, timing: QueueTiming): Promise<void> {
  for (const [name, definition] of Object.entries(jobs)) {
    const dead = deadQueueOf(name)
    const found = new Map((await boss.getQueues([name, dead])).map((queue) => [queue.name, queue]))
    const kept = { retentionSeconds: 365 * daySec, deleteAfterSeconds: 30 * daySec }
    if (!found.has(dead)) await boss.createQueue(dead, kept)
    const options = { ...optionsOf(definition, timing), deadLetter: dead }
    const policy = definition.serial ? 'key_strict_fifo' : 'standard'
    const former = found.get(name)
    if (!former) await boss.createQueue(name, { ...options, policy })
    else if (former.policy === policy) await boss.updateQueue(name, options)
    else throw changedOrder(name)
  }
}

export async function prepareSchedules(boss: PgBoss, schedules: Record<string, ScheduleDefinition>): Promise<void> {
  for (const [key, { job, cron, zone, data, catchUp }] of Object.entries(schedules)) {
    const stored = { payload: data ?? {}, schedule: key }
    await boss.schedule(job, cron, stored, { tz: zone, key, missed: catchUp ? 'once' : 'skip' })
  }
  for (const { name, key } of await boss.getSchedules()) {
    if (schedules[key]?.job !== name) await boss.unschedule(name, key)
  }
}

function optionsOf({ retry = {}, timeoutSec = 300 }: AnyJob, { heartbeatSec }: QueueTiming) {
  return {
    retryLimit: retry.limit ?? 5,
    retryDelay: retry.delaySec ?? 2,
    retryDelayMax: retry.maxDelaySec ?? 3_600,
    retryBackoff: true,
    expireInSeconds: timeoutSec,
    heartbeatSeconds: heartbeatSec,
    retentionSeconds: 30 * daySec,
    deleteAfterSeconds: 7 * daySec,
    notify: true,
  }
}

function changedOrder(name: string): AppError {
  return new AppError(
    'conflict',
    `The job ${name} was made with another value of "serial", which cannot change. Give it a new name.`,
    {
      reason: 'job_serial_changed',
    },
  )
}
