interface Entry<V> {
  value: V
  until: number
}

/** Remembers at most `maxSize` values for `ttlMs` each; the oldest goes first. */
export class BoundedCache<V> {
  readonly #entries = new Map<string, Entry<V>>()
  readonly #maxSize: number
  readonly #ttlMs: number

  constructor(maxSize: number, ttlMs: number) {
    this.#maxSize = maxSize
    this.#ttlMs = ttlMs
  }

  async get(key: string, now: number, load: () => Promise<V>): Promise<V> {
    const entry = this.#entries.get(key)
    if (entry && entry.until > now) return entry.value
    const value = await load()
    this.set(key, now, value)
    return value
  }

  peek(key: string, now: number): V | undefined {
    const entry = this.#entries.get(key)
    return entry && entry.until > now ? entry.value : undefined
  }

  set(key: string, now: number, value: V): void {
    this.#entries.delete(key)
    if (this.#entries.size >= this.#maxSize) this.#entries.delete(this.#entries.keys().next().value ?? '')
    this.#entries.set(key, { value, until: now + this.#ttlMs })
  }

  clear(): void {
    this.#entries.clear()
  }
}
