import type { Clock } from '@ikoma/kernel'
import type { Log } from './connection.ts'
import { storeError } from './errors.ts'

const sayEveryMs = 10_000

/**
 * Says what a server that is away does to each of a dozen connections once in ten seconds, with its cause and without the
 * stack, which is the same each time. What is a mistake of ours is said as it is.
 */
export function outageLog(log: Log, clock: Clock): Log {
  const said = new Map<string, number>()
  return (message, cause) => {
    const error = storeError(cause)
    if (error.code !== 'unavailable') return log(message, cause)
    const now = clock.now()
    const key = `${message} ${error.reason}`
    if (Math.abs(now - (said.get(key) ?? Number.NEGATIVE_INFINITY)) < sayEveryMs) return
    said.set(key, now)
    log(message, error)
  }
}
