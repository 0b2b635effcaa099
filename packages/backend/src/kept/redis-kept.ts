import type { Clock } from '@ikoma/kernel'
import { Redis } from 'ioredis'
import { type Kept, keptForMs, maxKeptLength } from './kept.ts'

/** How long Redis is left alone after it did not answer in time. */
const restMs = 1_000

/** In Redis, for all processes of the app. While Redis does not answer nothing is kept, and nobody waits longer than 100 ms. */
export class RedisKept implements Kept {
  readonly #redis: Redis
  readonly #clock: Clock
  readonly #prefix: string
  #restUntil = 0

  constructor({ url, prefix = 'kept:', clock }: { url: string; prefix?: string; clock: Clock }) {
    this.#clock = clock
    this.#prefix = prefix
    this.#redis = new Redis(url, {
      commandTimeout: 100,
      connectTimeout: 1_000,
      // A command that waits for a connection would hold a request.
      enableOfflineQueue: false,
      maxRetriesPerRequest: 0,
      retryStrategy: (attempt) => Math.min(attempt * 100, 2_000),
    })
    // Each failed attempt to connect is an event that nobody else hears.
    this.#redis.on('error', () => {})
  }

  async get(key: string): Promise<string | null> {
    return (await this.#ask(() => this.#redis.get(`${this.#prefix}${key}`))) ?? null
  }

  async set(key: string, value: string): Promise<void> {
    if (value.length <= maxKeptLength)
      await this.#ask(() => this.#redis.set(`${this.#prefix}${key}`, value, 'PX', keptForMs))
  }

  close(): void {
    this.#redis.disconnect()
  }

  async #ask<T>(ask: () => Promise<T>): Promise<T | undefined> {
    if (this.#clock.now() < this.#restUntil || this.#redis.status !== 'ready') return undefined
    try {
      return await ask()
    } catch {
      this.#restUntil = this.#clock.now() + restMs
      return undefined
    }
  }
}
