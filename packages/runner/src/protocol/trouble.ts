import { ApiError } from '@ikoma/api'
import { AppError, type Backoff, fullJitterMs } from '@ikoma/kernel'

/**
 * What to do about a failed request. `later`: the same request may succeed. `credentials`: so it may, once somebody
 * has put the credential right. `lost`: the order is no longer ours. `refused`: never.
 */
export type Trouble = 'later' | 'credentials' | 'lost' | 'refused'

export function troubleOf(error: unknown): Trouble {
  // Anything that is not an answer of the control plane (no connection, garbage from a proxy) may pass.
  if (!(error instanceof ApiError)) return 'later'
  if (error.status === 401 || error.status === 403) return 'credentials'
  // A proxy in between knows nothing of orders: what it misses may be there again soon.
  if (error.status === 404 || error.status === 409) return error.problem.reason === 'unknown' ? 'later' : 'lost'
  if (error.status === 408 || error.status === 425 || error.status === 429 || error.status >= 500) return 'later'
  return 'refused'
}

const maxRetryAfterMs = 300_000

/** Full jitter, but never sooner than the control plane asked for. */
export function retryDelayMs(error: unknown, backoff: Backoff, attempt: number): number {
  return retryAfterMs(error) + fullJitterMs(backoff, attempt, Math.random())
}

/** For how long the control plane asked not to be asked again. */
export function retryAfterMs(error: unknown): number {
  if (!(error instanceof ApiError) || error.retryAfterSec === null) return 0
  return Math.min(Math.max(0, error.retryAfterSec) * 1000, maxRetryAfterMs)
}

/** Whether an action that threw this may do better the next time: a program that failed may, what was refused will not. */
export function mayPass(error: unknown): boolean {
  return !(error instanceof AppError && error.code === 'unprocessable')
}

export function messageOf(error: unknown): string {
  return error instanceof Error ? error.message : String(error)
}
