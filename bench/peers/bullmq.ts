// BullMQ, in process, on Redis.
import { Queue, Worker } from 'bullmq'
import { chunks, startDrain } from './drain.ts'

const name = 'measured'

export interface BullOptions {
  /** The Unix socket of an empty Redis. */
  path: string
  jobs: number
  concurrency: number
}

/** As it ships: a completion also fetches the next job, in one script. */
export async function measureBullMq({ path, jobs, concurrency }: BullOptions): Promise<number> {
  const connection = { path, maxRetriesPerRequest: null }
  const queue = new Queue(name, { connection })
  try {
    for (const batch of chunks(jobs, 1000, () => ({ name, data: {} }))) await queue.addBulk(batch)
    const drain = startDrain(jobs)
    const worker = new Worker(name, async () => undefined, { connection, concurrency })
    // Said once the completion is on disk.
    worker.on('completed', () => drain.executed())
    try {
      await drain.all
      const rate = drain.rate()
      const completed = await queue.getCompletedCount()
      if (completed !== jobs) throw new Error(`BullMQ completed ${completed} of ${jobs}`)
      return rate
    } finally {
      await worker.close()
    }
  } finally {
    await queue.close()
  }
}
