import { AppError } from '@ikoma/kernel'

/**
 * Works with the same key run one after the other in this process, so that what is counted after each is known to the
 * next: many guesses sent at once are not all checked before the first is counted.
 */
export function createOneAtATime(mostWaiting: number): <T>(key: string, work: () => Promise<T>) => Promise<T> {
  const lines = new Map<string, { last: Promise<unknown>; length: number }>()
  return async (key, work) => {
    const line = lines.get(key) ?? { last: Promise.resolve(), length: 0 }
    if (line.length >= mostWaiting) {
      const options = { reason: 'too_many_attempts', retryAfterSec: 5 }
      throw new AppError('rate_limited', 'Too many attempts at once from here: try again in a moment.', options)
    }
    lines.set(key, line)
    line.length += 1
    const mine = line.last.then(work)
    line.last = mine.catch(() => undefined)
    try {
      return await mine
    } finally {
      line.length -= 1
      if (line.length === 0) lines.delete(key)
    }
  }
}
