import { type BrokenRow, defaultTiming, type OrderTiming, type Store } from '@ikoma/domain'
import { type Clock, systemClock } from '@ikoma/kernel'
import { createHttpApp } from '@ikoma/kernel/http'
import type { Log } from '@ikoma/kernel/node'
import type { FastifyRequest } from 'fastify'
import { AccessControl } from './access.ts'
import type { Context } from './context.ts'
import type { Keyring } from './keyring.ts'
import { createMetrics } from './metrics.ts'
import { announceClaimable } from './orders/claimable-look.ts'
import { OrderArchive } from './orders/order-archive.ts'
import { OrderDesk } from './orders/placement.ts'
import { Presence } from './presence.ts'
import type { App } from './routes/app.ts'
import { auditRoutes } from './routes/audit.ts'
import { gatewayRoutes } from './routes/gateway.ts'
import { operationRoutes } from './routes/operations.ts'
import { orderExportRoute } from './routes/order-export.ts'
import { orderLogRoutes } from './routes/order-logs.ts'
import { orderTypeRoutes, payloadSchemas } from './routes/order-types.ts'
import { orderRoutes } from './routes/orders.ts'
import { runnerEnrolRoute } from './routes/runner-enrol.ts'
import { runnerExchangeRoute } from './routes/runner-exchange.ts'
import { runnerProtocolRoutes } from './routes/runner-protocol.ts'
import { runnerRoutes } from './routes/runners.ts'
import { scheduleRoutes } from './routes/schedules.ts'
import { serverRoutes } from './routes/servers.ts'
import { streamRoute } from './routes/stream.ts'
import { tokenRoutes } from './routes/tokens.ts'
import { SignalDesk } from './signal-desk.ts'
import { Alarms } from './watch/alarms.ts'
import { Reconciler } from './watch/reconciler.ts'
import { Retention, type RetentionPolicy } from './watch/retention.ts'
import { Scheduler } from './watch/scheduler.ts'
import { startTicker } from './watch/ticker.ts'

export interface ControlPlaneOptions {
  store: Store
  keyring: Keyring
  adminKey: string
  log: Log
  version: string
  clock?: Clock
  timing?: OrderTiming
  reconcileEveryMs?: number
  /** Null or absent keeps every order for ever. */
  retention?: RetentionPolicy | null
  metricsToken?: string | null
  corsOrigins?: string[]
  trustProxy?: string[]
  publicRateLimit?: number
  docsAssets?: string | undefined
}

export interface ControlPlane {
  app: App
  /** Listens, and starts the reconciler and the scheduler; answers the address. */
  listen(host: string, port: number): Promise<string>
  /** Ends parked requests and live streams, lets the others finish, then stops. The store stays open. */
  close(): Promise<void>
}

const securitySchemes = {
  adminKey: { type: 'apiKey', in: 'header', name: 'x-ikoma-admin-key' },
  token: { type: 'http', scheme: 'bearer' },
  runner: { type: 'apiKey', in: 'header', name: 'x-runner-token', description: 'With x-runner-id' },
} as const
const schedulerEveryMs = 1_000
const watchEveryMs = 60_000
const retentionAfterMs = 5_000
const lookEveryMs = 10_000
/** Each is told once; past this many nobody reads on. */
const maxBrokenRows = 10_000
/** A few requests' worth of the largest body that a route takes: a full log chunk. */
const bodyLimitBytes = 1024 * 1024

export async function createControlPlane(options: ControlPlaneOptions): Promise<ControlPlane> {
  const stopping = new AbortController()
  const context = createContext(options, stopping.signal)
  const { store, signals, access } = context
  const app = (await createHttpApp({
    log: options.log,
    title: 'IKOMA',
    version: options.version,
    description: 'Every change on a server is an order: typed, durable, signed, and proven to have ended exactly once.',
    authorize: (request: FastifyRequest) => access.authorize(request),
    bodyLimitBytes,
    corsOrigins: options.corsOrigins ?? [],
    trustProxy: options.trustProxy ?? [],
    publicRateLimit: options.publicRateLimit ?? 600,
    docsAssets: options.docsAssets,
    securitySchemes,
    schemas: payloadSchemas(),
  })) as unknown as App
  app.addHook('onResponse', async (request, reply) => {
    const { method, routeOptions } = request
    const labels = { method, route: routeOptions.url ?? 'none', status: String(reply.statusCode) }
    context.metrics.requests.observe(labels, reply.elapsedTime / 1000)
  })
  addRoutes(app, context, options.metricsToken ?? null)
  const unsubscribe = store.subscribe((signal) => {
    if (signal.kind === 'access') access.forget()
    if (signal.kind === 'broken') tellBroken(context, signal.rows)
    signals.dispatch(signal)
  })
  let tickers: { stop(): Promise<void> }[] = []
  return {
    app,
    async listen(host, port) {
      const address = await app.listen({ host, port })
      tickers = startTickers(context, options)
      return address
    },
    async close() {
      stopping.abort()
      await Promise.all(tickers.map((ticker) => ticker.stop()))
      await app.close()
      unsubscribe()
      await context.presence.flush()
    },
  }
}

/** Never cleared while the process runs: the next row being whole says nothing of who edited this one. */
function tellBroken({ alarms, brokenRows }: Context, rows: BrokenRow[]): void {
  const news = rows.filter(({ table, id }) => !brokenRows.has(`${table} ${id}`))
  if (news.length === 0 || brokenRows.size >= maxBrokenRows) return
  for (const { table, id } of news) brokenRows.add(`${table} ${id}`)
  alarms.raise('seal_broken', ...news.map(({ table, id }) => (table === 'orders' ? { orderId: id } : { table, id })))
}

function createContext(options: ControlPlaneOptions, stopping: AbortSignal): Context {
  const { store, keyring, adminKey, log, clock = systemClock, timing = defaultTiming } = options
  const access = new AccessControl({ store, clock, adminKey, keyring })
  const signals = new SignalDesk()
  const metrics = createMetrics(store)
  return {
    store,
    clock,
    log,
    timing,
    keyring,
    access,
    orders: new OrderDesk({ store, access, signals, clock, keyring }),
    signals,
    presence: new Presence(store, log),
    metrics,
    alarms: new Alarms({ log, registry: metrics.registry }),
    brokenRows: new Set(),
    stopping,
  }
}

function addRoutes(app: App, context: Context, metricsToken: string | null): void {
  operationRoutes(app, context, metricsToken)
  orderRoutes(app, context)
  orderLogRoutes(app, context)
  orderExportRoute(app, context)
  orderTypeRoutes(app)
  serverRoutes(app, context)
  runnerRoutes(app, context)
  runnerEnrolRoute(app, context)
  runnerProtocolRoutes(app, context)
  runnerExchangeRoute(app, context)
  scheduleRoutes(app, context)
  tokenRoutes(app, context)
  auditRoutes(app, context)
  streamRoute(app, context)
  gatewayRoutes(app, context)
}

function startTickers(context: Context, options: ControlPlaneOptions): { stop(): Promise<void> }[] {
  const periodMs = options.reconcileEveryMs ?? 30_000
  const reconciler = new Reconciler({ ...context, periodMs })
  const scheduler = new Scheduler(context)
  const every = (ms: number, work: () => Promise<void>) => startTicker(() => work().then(() => ms), ms)
  const reconciling = startTicker(() => reconciler.tick(), Math.min(1_000, periodMs))
  return [
    ...(options.retention ? [startRetention(context, reconciler, options.retention)] : []),
    { stop: () => reconciling.stop().then(() => reconciler.resign()) },
    every(schedulerEveryMs, () => scheduler.tick()),
    every(lookEveryMs, () =>
      announceClaimable(context).catch((error: unknown) =>
        context.log.warn({ err: error }, 'no look for lost signals'),
      ),
    ),
    every(watchEveryMs, () =>
      scheduler.watch().catch((error: unknown) => context.log.warn({ err: error }, 'no watch')),
    ),
  ]
}

function startRetention(context: Context, reconciler: Reconciler, { keepMs, archiveDir }: RetentionPolicy) {
  const archive = archiveDir === null ? null : new OrderArchive(archiveDir)
  const retention = new Retention({ ...context, keepMs, archive, leads: () => reconciler.leads() })
  return startTicker(() => retention.tick(), retentionAfterMs)
}
