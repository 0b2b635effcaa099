import { setTimeout as sleep } from 'node:timers/promises'
import { AppError, type Clock, Secret, systemClock } from '@ikoma/kernel'
import { isLocal } from '@ikoma/kernel/contract'
import {
  createHttpApp,
  declareErrors,
  type ErrorShape,
  problemErrors,
  statusesByShape,
  statusOf,
  toAppError,
} from '@ikoma/kernel/http'
import type { Log } from '@ikoma/kernel/node'
import type { NodePgDatabase } from 'drizzle-orm/node-postgres'
import type { FastifyInstance, RouteOptions } from 'fastify'
import { Registry } from 'prom-client'
import { type Kept, LocalKept } from '../kept/kept.ts'
import { RedisKept } from '../kept/redis-kept.ts'
import { databaseError } from '../postgres/index.ts'
import { keepAnswers } from './idempotency.ts'
import { refuseKeptCredentials } from './kept-credentials.ts'
import { type Limit, RateLimits } from './limits/rate-limits.ts'
import { measureRequests } from './metrics.ts'
import { type Health, operationRoutes, type Ready, standardReady } from './operations.ts'
import { Access, type Authenticate, type Policies } from './policies.ts'
import { Readiness } from './readiness.ts'
import './route-config.ts'
import { type ErrorReporter, openSentry } from './sentry.ts'
import { shownError } from './shown-error.ts'
import type { TrustedProxies } from './trust-proxy.ts'
import { requireWholeText } from './whole-text.ts'

type Hidden = Secret | string | null
type HttpAppOptions = Parameters<typeof createHttpApp>[0]

export interface BackendAppOptions {
  title: string
  version: string
  description: string
  /** Local, staging, production: outside local the rules of the open internet hold. */
  environment: string
  log: Log
  clock?: Clock
  policies: Policies
  /** Who shows who it is with a request; null for who shows nothing. An AppError refuses. */
  authenticate: Authenticate
  /** The shape of errors; problem+json by default. */
  errors?: ErrorShape
  health: Health
  ready?: Partial<Ready>
  /** Where `/readyz` asks, on a connection of its own; null where the app has no database. */
  databaseUrl: Hidden
  /** Where answers to requests with an `Idempotency-Key` are kept; for apps with routes that ask for it. */
  db?: NodePgDatabase
  /** Where requests are counted for all processes together; production has it. */
  redisUrl?: Hidden
  /** For all requests of one address together; 60 a minute by default, null for none. */
  rateLimit?: Limit | null
  metricsToken?: Hidden
  sentryDsn?: Hidden
  /** Exact https origins that browsers may call from; outside a local environment nothing else. */
  corsOrigins?: string[]
  /** Whether browsers send cookies from there. */
  corsCredentials?: boolean
  hsts?: { maxAgeSec: number; includeSubDomains?: boolean } | false
  /** As `readTrustProxy` reads it. */
  trustProxy?: TrustedProxies
  bodyLimitBytes?: number
  securitySchemes?: HttpAppOptions['securitySchemes']
  /** Above what the proxy keeps its own idle connections: Caddy 120 seconds. Below it requests would be lost. */
  keepAliveMs?: number
  /** How long it says that it is not ready before it takes no more. */
  drainMs?: number
  /** How long requests may take that are on their way then. */
  graceMs?: number
}

export interface BackendApp {
  /** Routes are added to it, each with `config.access`. */
  app: FastifyInstance
  /** For the app's own metrics. */
  registry: Registry
  /** Answers that are kept for a while, in Redis where the app has one. */
  kept: Kept
  /** Whether Redis answers, within a fifth of a second; null where the app has none. */
  redisAnswers(): Promise<boolean | null>
  listen(host: string, port: number): Promise<string>
  /** Not ready, then what is on its way is answered, then closed: within `drainMs`, `graceMs` and two seconds. */
  close(): Promise<void>
}

/** A server for a backend: who may call each route is said by a policy, and what runs it finds what it asks for. */
export async function createBackendApp(options: BackendAppOptions): Promise<BackendApp> {
  const { log, clock = systemClock, environment } = options
  const registry = new Registry()
  const limits = new RateLimits({
    ...{ environment, clock, log, registry, redisUrl: reveal(options.redisUrl) },
    everybody: options.rateLimit === undefined ? { max: 60, windowSec: 60 } : options.rateLimit,
  })
  const access = new Access(options.policies, options.authenticate)
  const dsn = reveal(options.sentryDsn)
  const sentry = dsn === null ? null : await openSentry({ dsn, environment, release: options.version })
  const readiness = new Readiness({ url: reveal(options.databaseUrl), log })
  const app = await createHttpApp({ ...httpOptions(options, sentry), ...limiting(limits, access) })
  access.require(app)
  declareErrors(app, options.errors ?? problemErrors, (route) => statusesOf(route, options.policies))
  requireWholeText(app)
  measureRequests(app, registry)
  app.addHook('onSend', async (_request, reply) => {
    if (readiness.draining) reply.header('connection', 'close')
  })
  refuseKeptCredentials(app)
  if (options.db) keepAnswers(app, { db: options.db, clock, log })
  else refuseIdempotent(app)
  const redisUrl = reveal(options.redisUrl)
  const kept = redisUrl === null ? new LocalKept(clock) : new RedisKept({ url: redisUrl, clock })
  operationRoutes(app, {
    ...{ health: options.health, readiness, registry, metricsToken: reveal(options.metricsToken) },
    ready: { ...standardReady, ...options.ready },
  })
  return {
    ...{ app, registry, kept },
    redisAnswers: () => limits.redisAnswers(),
    listen: (host, port) => app.listen({ host, port }),
    async close() {
      await stop(options, { app, limits, readiness, sentry })
      if (kept instanceof RedisKept) kept.close()
    },
  }
}

function httpOptions(options: BackendAppOptions, sentry: ErrorReporter | null) {
  const { hsts } = options
  const sendError = (options.errors ?? problemErrors).send
  return {
    log: options.log,
    ...{ title: options.title, version: options.version, description: options.description },
    bodyLimitBytes: options.bodyLimitBytes ?? 1024 * 1024,
    digestBody: ({ headers }) => headers['idempotency-key'] !== undefined,
    corsOrigins: checkedOrigins(options.corsOrigins ?? [], options.environment),
    cors: {
      methods: ['GET', 'HEAD', 'POST', 'PUT', 'PATCH', 'DELETE'],
      credentials: options.corsCredentials ?? false,
      exposedHeaders,
    },
    trustProxy: options.trustProxy ?? [],
    securitySchemes: options.securitySchemes ?? { bearer: { type: 'http', scheme: 'bearer' } },
    keepAliveMs: options.keepAliveMs ?? 130_000,
    requestLogLevel: 'info',
    ...(hsts !== undefined && {
      hsts: hsts && { maxAge: hsts.maxAgeSec, includeSubDomains: hsts.includeSubDomains ?? false },
    }),
    sendError(error, request, reply) {
      // A statement outside of a transaction rejects with Drizzle's error, around the database's.
      const told = databaseError(error) ?? error
      const known = toAppError(told)
      if (statusOf[known.code] < 500) return sendError(known, request, reply)
      sentry?.report(error, request)
      return sendError(shownError(known.code === 'internal' ? error : told), request, reply)
    },
  } satisfies Partial<HttpAppOptions>
}

const exposedHeaders = [
  ...['location', 'retry-after', 'x-request-id', 'idempotent-replayed'],
  ...['x-ratelimit-limit', 'x-ratelimit-remaining', 'x-ratelimit-reset'],
]

function limiting(limits: RateLimits, access: Access) {
  return {
    publicRateLimit: null,
    rateLimitStore: limits.store,
    async authorize(request, reply) {
      await limits.countAddress(request, reply)
      await access.admit(request)
      await limits.countRoute(request, reply)
    },
    // Whoever looks for paths pays for each, as for any other.
    countStray: (request, reply) => limits.countAddress(request, reply),
  } satisfies Partial<HttpAppOptions>
}

/** A browser sends what it may to each of them: by https alone, and to no pattern. */
function checkedOrigins(origins: readonly string[], environment: string): string[] {
  for (const origin of origins) {
    const url = URL.parse(origin)
    const local = isLocal(environment) && url?.protocol === 'http:'
    if (url?.origin === origin && !origin.includes('*') && (url.protocol === 'https:' || local)) continue
    throw new AppError('invalid', 'CORS origins must be https origins such as https://app.example.com.', {
      reason: 'cors_origin_invalid',
    })
  }
  return [...origins]
}

function refuseIdempotent(app: FastifyInstance): void {
  app.addHook('onRoute', ({ method, url, config }) => {
    if (config?.idempotent) throw new Error(`${String(method)} ${url} keeps answers, and the app was given no db`)
  })
}

function reveal(hidden: Hidden | undefined): string | null {
  return hidden instanceof Secret ? hidden.reveal() : (hidden ?? null)
}

interface Running {
  app: FastifyInstance
  limits: RateLimits
  readiness: Readiness
  sentry: ErrorReporter | null
}

async function stop(options: BackendAppOptions, { app, limits, readiness, sentry }: Running): Promise<void> {
  const { drainMs = isLocal(options.environment) ? 0 : 2_000, graceMs = 10_000 } = options
  readiness.drain()
  // Whoever balances load looks every second or so, and would meet a closed port before.
  if (drainMs > 0 && app.server.listening) await sleep(drainMs)
  const late = setTimeout(() => app.server.closeAllConnections(), graceMs)
  await app.close()
  clearTimeout(late)
  limits.close()
  readiness.close()
  await sentry?.close()
}

/** Those of the house by what the route is, those of its own by its `config.errors`. A test can refuse all others. */
function statusesOf(route: RouteOptions, policies: Policies): number[] {
  const { access = '', errors = [], operation = false } = route.config ?? {}
  const byPolicy = access === 'metrics' ? 'metrics' : (policies[access] ?? 'public')
  const refusals = byPolicy === 'public' ? [] : byPolicy === 'signed-in' ? [401] : [401, 403]
  return [...refusals, ...errors, ...(operation ? [] : statusesByShape(route))]
}
