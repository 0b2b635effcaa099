import type { Database } from '@ikoma/backend/postgres'
import { AppError } from '@ikoma/kernel'

const longestMs = 10_000
const lines = new WeakMap<Database, Map<string, { last: Promise<unknown>; length: number }>>()

/**
 * Who wants a time of one resource waits for whoever of this process is at it, without a connection of the pool: a crowd
 * would hold all of them, each waiting for the lock of the same row. What decides is that lock, which other processes take too.
 */
export async function inTurn<T>(database: Database, resourceId: string, work: () => Promise<T>): Promise<T> {
  const ofDatabase = lines.get(database) ?? new Map<string, { last: Promise<unknown>; length: number }>()
  lines.set(database, ofDatabase)
  const line = ofDatabase.get(resourceId) ?? { last: Promise.resolve(), length: 0 }
  ofDatabase.set(resourceId, line)
  line.length += 1
  const since = performance.now()
  const mine = line.last.then(() => (performance.now() - since > longestMs ? Promise.reject(busy()) : work()))
  line.last = mine.catch(() => undefined)
  try {
    return await mine
  } finally {
    line.length -= 1
    if (line.length === 0) ofDatabase.delete(resourceId)
  }
}

function busy(): AppError {
  return new AppError('unavailable', 'Too many want this at once: try again in a moment.', {
    ...{ reason: 'too_many_at_once', retryAfterSec: 5 },
  })
}
