import type { PgBoss } from 'pg-boss'
import { deadQueueOf } from './definitions.ts'

export interface DeadJob {
  id: string
  job: string
  /** Of what was enqueued. */
  originalId: string | null
  diedAt: Date
  attempts: number
  reason: string
  message: string
}

/** The oldest first; without their payloads. */
export async function listDead(boss: PgBoss, names: readonly string[], limit = 1000): Promise<DeadJob[]> {
  const lists = names.map(async (job) => {
    const found = await boss.findJobs(deadQueueOf(job), { queued: true, limit })
    return found.map(({ id, createdOn, sourceId, sourceRetryCount, sourceOutput }) => {
      const { reason = 'job_lost', message = 'Its process ended or it ran out of time.' } = (sourceOutput ??
        {}) as Partial<DeadJob>
      return {
        id,
        job,
        originalId: sourceId,
        diedAt: createdOn,
        attempts: (sourceRetryCount ?? 0) + 1,
        reason,
        message,
      }
    })
  })
  return (await Promise.all(lists)).flat()
}

/** Puts dead letters back into their queue, with all their attempts before them. Answers how many. */
export async function replayDead(boss: PgBoss, job: string, ids: readonly string[] | undefined): Promise<number> {
  if (ids?.length === 0) return 0
  return await boss.redrive(deadQueueOf(job), ids ? { ids: [...ids] } : {})
}

/** What has died would hold its key for ever. Its dead letter is what is left to be done about it. */
export async function freeKeys(boss: PgBoss, job: string): Promise<void> {
  for (const key of await boss.getBlockedKeys(job)) {
    const failed = (await boss.findJobs(job, { key })).filter(({ state }) => state === 'failed')
    if (failed.length > 0)
      await boss.deleteJob(
        job,
        failed.map(({ id }) => id),
      )
  }
}
