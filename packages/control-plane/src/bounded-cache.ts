interface Entry<V> {
  value: V
  until: number
}

/** Remembers at most `maxSize` values for `ttlMs` each; the oldest goes first. */
export class BoundedCache<V> {
  readonly #entries = new Map<string, Entry<V>>()
  readonly #maxSize: number
  readonly #ttlMs: number
  #cleared = 0

  constructor(maxSize: number, ttlMs: number) {
    this.#maxSize = maxSize
    this.#ttlMs = ttlMs
  }

  /** Nothing found is not remembered: guesses would push out what is there. */
  async get(key: string, now: number, load: () => Promise<V | null>): Promise<V | null> {
    const entry = this.#entries.get(key)
    if (entry && this.#isGood(entry, now)) return entry.value
    const cleared = this.#cleared
    const value = await load()
    // What was read before everything was forgotten may be what had to be.
    if (value !== null && cleared === this.#cleared) this.set(key, now, value)
    return value
  }

  peek(key: string, now: number): V | undefined {
    const entry = this.#entries.get(key)
    return entry && this.#isGood(entry, now) ? entry.value : undefined
  }

  /** Not for longer than that either, when the clock was set back since. */
  #isGood({ until }: Entry<V>, now: number): boolean {
    return until > now && until - now <= this.#ttlMs
  }

  set(key: string, now: number, value: V): void {
    this.#entries.delete(key)
    if (this.#entries.size >= this.#maxSize) this.#entries.delete(this.#entries.keys().next().value ?? '')
    this.#entries.set(key, { value, until: now + this.#ttlMs })
  }

  clear(): void {
    this.#cleared += 1
    this.#entries.clear()
  }
}
