/** The monotonic clock and what waits by it; a test's own lets minutes pass at once, and none without it. */
export interface Monotonic {
  nowMs(): number
  /** Calls back after `ms` unless the answer is called before. */
  after(ms: number, wake: () => void): () => void
}

export const monotonic: Monotonic = {
  nowMs: () => performance.now(),
  after(ms, wake) {
    const timer = setTimeout(wake, ms)
    return () => clearTimeout(timer)
  },
}
