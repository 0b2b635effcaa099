export interface Backoff {
  baseMs: number
  capMs: number
}

/**
 * Delay before retry number `attempt` (1 is the first), uniform in [0, min(cap, base * 2^(attempt-1))]: full jitter.
 * Source: M. Brooker, "Exponential Backoff And Jitter", AWS Architecture Blog, 2015.
 */
export function fullJitterMs({ baseMs, capMs }: Backoff, attempt: number, random: number): number {
  return Math.floor(random * Math.min(capMs, baseMs * 2 ** Math.min(attempt - 1, 30)))
}
