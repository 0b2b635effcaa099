/** What a backlog may take before it counts as stuck. */
const stuckMs = 180_000

export interface Drain {
  /** Says that so many more were executed. */
  executed(count?: number): void
  /** Resolves once every one was executed. */
  all: Promise<void>
  /** A second, from the end of the warm-up until now. Throws unless each was executed exactly once. */
  rate(): number
}

/** Counts a backlog down. The first tenth is warm-up: connections, prepared statements and compiled code. */
export function startDrain(jobs: number): Drain {
  const { promise: all, resolve, reject } = Promise.withResolvers<void>()
  const timer = setTimeout(() => reject(new Error(`stuck: ${executed} of ${jobs} were executed`)), stuckMs)
  // Whoever gave up before must not be kept alive, nor ended a second time.
  timer.unref()
  all.catch(() => undefined)
  let executed = 0
  let warm: { at: number; executed: number } | null = null
  return {
    all,
    executed(count = 1) {
      executed += count
      if (warm === null && executed >= jobs / 10) warm = { at: performance.now(), executed }
      if (executed < jobs) return
      clearTimeout(timer)
      resolve()
    },
    rate() {
      if (warm === null || executed !== jobs) throw new Error(`${executed} were executed, not ${jobs}`)
      return (jobs - warm.executed) / ((performance.now() - warm.at) / 1000)
    },
  }
}

/** `total` things made by `make`, in arrays of at most `size`: one array of a hundred thousand would be one statement. */
export function* chunks<T>(total: number, size: number, make: () => T): Generator<T[]> {
  for (let left = total; left > 0; left -= size) yield Array.from({ length: Math.min(left, size) }, make)
}
