import type { Clock } from '@ikoma/kernel'
import type { Log } from '@ikoma/kernel/node'
import { Redis } from 'ioredis'
import { type Count, type Counter, LocalCounter } from './counter.ts'

const answerWithinMs = 200
/** How long Redis is left alone after it did not answer in time. */
const restMs = 1_000
const logEveryMs = 60_000

/** In one step, so that no key is left without an end. */
const script = `
local current = redis.call('INCR', KEYS[1])
local ttl = redis.call('PTTL', KEYS[1])
if ttl < 0 then
  redis.call('PEXPIRE', KEYS[1], ARGV[1])
  ttl = tonumber(ARGV[1])
end
return {current, ttl}`

export interface RedisCounterOptions {
  url: string
  prefix: string
  clock: Clock
  log: Log
  /** Told of each count that Redis did not make, and of each that it made. */
  onCount: (made: boolean) => void
}

/**
 * In Redis, together with the app's other processes. While Redis does not answer each process counts by itself: requests
 * go on, limits are as many times wider as there are processes, and nothing waits longer than 200 ms.
 */
export class RedisCounter implements Counter {
  readonly #redis: Redis
  readonly #options: RedisCounterOptions
  readonly #local: LocalCounter
  #restUntil = 0
  #loggedAt = Number.NEGATIVE_INFINITY

  constructor(options: RedisCounterOptions) {
    this.#options = options
    this.#local = new LocalCounter(options.clock)
    this.#redis = new Redis(options.url, {
      commandTimeout: answerWithinMs,
      connectTimeout: 1_000,
      // A command that waits for a connection would hold a request.
      enableOfflineQueue: false,
      maxRetriesPerRequest: 0,
      retryStrategy: (attempt) => Math.min(attempt * 100, 2_000),
    })
    // Each failed attempt to connect is an event that nobody else hears.
    this.#redis.on('error', () => {})
  }

  async count(key: string, windowMs: number): Promise<Count> {
    const { clock, prefix, onCount } = this.#options
    if (clock.now() < this.#restUntil || this.#redis.status !== 'ready') return this.#countHere(key, windowMs)
    try {
      const answer = (await this.#redis.eval(script, 1, `${prefix}${key}`, windowMs)) as [number, number]
      onCount(true)
      return { current: Number(answer[0]), ttl: Number(answer[1]) }
    } catch (error) {
      this.#restUntil = clock.now() + restMs
      return this.#countHere(key, windowMs, error)
    }
  }

  /** Whether Redis is there, as it is asked now. */
  async answers(): Promise<boolean> {
    try {
      return (await this.#redis.ping()) === 'PONG'
    } catch {
      return false
    }
  }

  close(): void {
    this.#redis.disconnect()
  }

  #countHere(key: string, windowMs: number, error?: unknown): Promise<Count> {
    const { clock, log, onCount } = this.#options
    onCount(false)
    if (clock.now() - this.#loggedAt >= logEveryMs) {
      this.#loggedAt = clock.now()
      log.error({ err: error }, 'Redis does not answer: this process counts requests by itself')
    }
    return this.#local.count(key, windowMs)
  }
}
