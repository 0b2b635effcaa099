interface Failures {
  count: number
  until: number
}

/** Counts failures a key within a window; once over the limit the key is refused unexamined until the window ends. */
export class FailureThrottle {
  readonly #failures = new Map<string, Failures>()
  readonly #limit: number
  readonly #windowMs: number
  readonly #maxKeys: number

  constructor({ limit, windowMs, maxKeys }: { limit: number; windowMs: number; maxKeys: number }) {
    this.#limit = limit
    this.#windowMs = windowMs
    this.#maxKeys = maxKeys
  }

  /** Seconds to wait before this key is examined again; 0 when it may be now. */
  waitSec(key: string, now: number): number {
    const failures = this.#failures.get(key)
    if (!failures || !this.#lasts(failures, now) || failures.count < this.#limit) return 0
    return Math.ceil((failures.until - now) / 1000)
  }

  /** No longer than the window, also when the clock was set back since. */
  #lasts({ until }: Failures, now: number): boolean {
    return until > now && until - now <= this.#windowMs
  }

  fail(key: string, now: number): void {
    const failures = this.#failures.get(key)
    if (failures && this.#lasts(failures, now)) {
      failures.count += 1
      return
    }
    this.#failures.delete(key)
    // The oldest key goes first, so that an attacker with many addresses cannot grow the map.
    if (this.#failures.size >= this.#maxKeys) this.#failures.delete(this.#failures.keys().next().value ?? '')
    this.#failures.set(key, { count: 1, until: now + this.#windowMs })
  }
}
