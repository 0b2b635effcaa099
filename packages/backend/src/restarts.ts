export interface RestartBound {
  /** More ends than this within `withinMs` are no accident. */
  most: number
  withinMs: number
  /** How long the first waits; each further one twice as long, up to `longestMs`. */
  firstMs: number
  longestMs: number
}

/** How long to wait before something that ended is started again; null once it ends too often. */
export class Restarts {
  readonly #bound: RestartBound
  #ends: number[] = []

  constructor(bound: RestartBound) {
    this.#bound = bound
  }

  next(nowMs: number): number | null {
    const { most, withinMs, firstMs, longestMs } = this.#bound
    this.#ends = [...this.#ends.filter((at) => nowMs - at < withinMs), nowMs]
    if (this.#ends.length > most) return null
    return Math.min(longestMs, firstMs * 2 ** (this.#ends.length - 1))
  }
}
