import rateLimit, { type FastifyRateLimitStore, type FastifyRateLimitStoreCtor } from '@fastify/rate-limit'
import { AppError, type Clock } from '@ikoma/kernel'
import type { Log } from '@ikoma/kernel/node'
import type { FastifyInstance, FastifyReply, FastifyRequest } from 'fastify'
import { Gauge, Counter as Metric, type Registry } from 'prom-client'
import { principalOf } from '../principal.ts'
import { type Counter, LocalCounter } from './counter.ts'
import { RedisCounter } from './redis-counter.ts'

export interface Limit {
  max: number
  windowSec: number
  /** Whose requests are counted together: those of one address, or of one caller, which a stranger is by its address. */
  by?: 'address' | 'caller'
  /** Routes whose limits have the same name are counted together; by itself each route by itself. */
  name?: string
}

export interface RateLimitsOptions {
  /** For all requests of one address together. */
  everybody: Limit | null
  redisUrl: string | null
  environment: string
  /** Before the names of keys, where apps share a Redis. */
  prefix?: string
  clock: Clock
  log: Log
  registry: Registry
}

type Check = ReturnType<FastifyInstance['createRateLimit']>

/** Counts requests, tells who asks how many are left, and refuses what is too many. */
export class RateLimits {
  readonly #counter: Counter
  readonly #everybody: Limit | null
  readonly #checks = new WeakMap<Limit, Check>()

  constructor(options: RateLimitsOptions) {
    this.#everybody = options.everybody
    this.#counter = counterOf(options)
  }

  /** For @fastify/rate-limit. */
  get store(): FastifyRateLimitStoreCtor {
    const counter = this.#counter
    return class Store implements FastifyRateLimitStore {
      incr(key: string, done: (error: Error | null, count?: { current: number; ttl: number }) => void, window: number) {
        counter.count(key, window).then(
          (count) => done(null, count),
          (error: Error) => done(error),
        )
      }

      child(): FastifyRateLimitStore {
        return new Store()
      }
    }
  }

  /** Before anything is found out about the caller: a wrong credential has its price too. */
  async countAddress(request: FastifyRequest, reply: FastifyReply): Promise<void> {
    const { limit } = request.routeOptions.config
    if (this.#everybody && limit !== false) await this.#count(this.#everybody, request, reply)
  }

  async countRoute(request: FastifyRequest, reply: FastifyReply): Promise<void> {
    const { limit } = request.routeOptions.config
    if (limit) await this.#count(limit, request, reply)
  }

  /** Whether Redis answers; null where there is none. */
  async redisAnswers(): Promise<boolean | null> {
    return this.#counter instanceof RedisCounter ? this.#counter.answers() : null
  }

  close(): void {
    if (this.#counter instanceof RedisCounter) this.#counter.close()
  }

  async #count(limit: Limit, request: FastifyRequest, reply: FastifyReply): Promise<void> {
    const check = this.#checks.get(limit) ?? this.#newCheck(limit, request.server)
    const found = await check(request)
    if (found.isAllowed) return
    reply.headers({
      'x-ratelimit-limit': found.max,
      'x-ratelimit-remaining': found.remaining,
      'x-ratelimit-reset': found.ttlInSeconds,
    })
    if (!found.isExceeded) return
    throw new AppError('rate_limited', `Too many requests: try again in ${found.ttlInSeconds} seconds.`, {
      ...{ reason: 'rate_limit_exceeded', retryAfterSec: found.ttlInSeconds },
    })
  }

  #newCheck(limit: Limit, app: FastifyInstance): Check {
    const check = app.createRateLimit({
      max: limit.max,
      timeWindow: limit.windowSec * 1000,
      keyGenerator: (request) => `${this.#nameOf(limit, request)}|${whoOf(limit, request)}`,
    })
    this.#checks.set(limit, check)
    return check
  }

  #nameOf(limit: Limit, { method, routeOptions }: FastifyRequest): string {
    if (limit.name !== undefined) return limit.name
    return limit === this.#everybody ? 'all' : `${method === 'HEAD' ? 'GET' : method} ${routeOptions.url}`
  }
}

function counterOf(options: RateLimitsOptions): Counter {
  const { redisUrl, environment, clock, log, registry, prefix = 'limit:' } = options
  if (redisUrl === null) {
    if (environment !== 'production') return new LocalCounter(clock)
    throw new AppError('invalid', 'Production counts requests in Redis: set REDIS_URL.', {
      reason: 'rate_limits_need_redis',
    })
  }
  const up = new Gauge({
    name: 'rate_limit_store_up',
    help: '1 while Redis counts requests, 0 while this process counts by itself',
    registers: [registry],
  })
  const failures = new Metric({
    name: 'rate_limit_store_failures_total',
    help: 'Requests that Redis did not count',
    registers: [registry],
  })
  const onCount = (made: boolean) => {
    up.set(made ? 1 : 0)
    if (!made) failures.inc()
  }
  return new RedisCounter({ url: redisUrl, prefix, clock, log, onCount })
}

/** The first half of an IPv6 address is one household. */
function whoOf({ by }: Limit, request: FastifyRequest): string {
  const principal = by === 'caller' ? principalOf(request) : null
  return principal ? `caller ${principal.id}` : `address ${rateLimit.normalizeIP(request.ip)}`
}
