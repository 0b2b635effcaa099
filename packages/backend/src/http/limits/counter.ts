import type { Clock } from '@ikoma/kernel'

export interface Count {
  /** How often within the window, this time included. */
  current: number
  /** Until the window ends, in milliseconds. */
  ttl: number
}

/** Counts what a key does within a window that begins with its first. */
export interface Counter {
  count(key: string, windowMs: number): Promise<Count>
}

const maxKeys = 20_000

/** In this process alone. */
export class LocalCounter implements Counter {
  readonly #clock: Clock
  readonly #counts = new Map<string, { current: number; until: number }>()

  constructor(clock: Clock) {
    this.#clock = clock
  }

  async count(key: string, windowMs: number): Promise<Count> {
    const now = this.#clock.now()
    const before = this.#counts.get(key)
    if (before && before.until > now) {
      before.current += 1
      return { current: before.current, ttl: before.until - now }
    }
    this.#counts.delete(key)
    // The oldest goes first, so that whoever has many addresses cannot grow it.
    if (this.#counts.size >= maxKeys) this.#counts.delete(this.#counts.keys().next().value ?? '')
    this.#counts.set(key, { current: 1, until: now + windowMs })
    return { current: 1, ttl: windowMs }
  }
}
