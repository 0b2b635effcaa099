/** Wall-clock time in epoch milliseconds. Rules take `now` as an argument; only processes hold a clock. */
export interface Clock {
  now(): number
}

export const systemClock: Clock = { now: () => Date.now() }
