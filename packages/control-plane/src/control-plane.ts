import { uptime } from 'node:os'
import { nonceHeader, runnerProofHeader } from '@ikoma/api'
import { type BrokenRow, defaultTiming, type OrderTiming, type Store } from '@ikoma/domain'
import { type Clock, Places, systemClock } from '@ikoma/kernel'
import { createHttpApp } from '@ikoma/kernel/http'
import type { Log } from '@ikoma/kernel/node'
import type { FastifyRequest } from 'fastify'
import { AccessControl } from './access.ts'
import { HeadArchive } from './audit/archived-heads.ts'
import { auditRuleOf } from './audit/audit-rule.ts'
import { AuditWitness } from './audit/witness.ts'
import type { Context } from './context.ts'
import { Drain } from './drain.ts'
import { RunnerInstances } from './instances.ts'
import type { Keyring } from './keyring.ts'
import { createMetrics } from './metrics.ts'
import { announceClaimable } from './orders/claimable-look.ts'
import { OrderArchive } from './orders/order-archive.ts'
import { OrderDesk } from './orders/placement.ts'
import { Presence } from './presence.ts'
import { refuseAlteredBody } from './proofs.ts'
import type { App } from './routes/app.ts'
import { auditRoutes } from './routes/audit.ts'
import { callerRoute } from './routes/caller.ts'
import { clockRoutes } from './routes/clock.ts'
import { declareProblems } from './routes/declared-errors.ts'
import { drainRoutes } from './routes/drain.ts'
import { gatewayPrefix, gatewayRoutes } from './routes/gateway.ts'
import { type OperationOptions, operationRoutes } from './routes/operations.ts'
import { orderExportRoute } from './routes/order-export.ts'
import { orderLogRoutes } from './routes/order-logs.ts'
import { orderTypeRoutes, payloadSchemas } from './routes/order-types.ts'
import { orderRoutes } from './routes/orders.ts'
import { runnerEnrolRoute } from './routes/runner-enrol.ts'
import { runnerExchangeRoute } from './routes/runner-exchange.ts'
import { runnerProtocolRoutes } from './routes/runner-protocol.ts'
import { runnerTokenRoute } from './routes/runner-token.ts'
import { runnerRoutes } from './routes/runners.ts'
import { scheduleRoutes } from './routes/schedules.ts'
import { secretRoutes } from './routes/secrets.ts'
import { serverRoutes } from './routes/servers.ts'
import { streamRoute } from './routes/stream.ts'
import { tokenRoutes } from './routes/tokens.ts'
import { SecretDesk } from './secrets/secret-desk.ts'
import { SignalDesk } from './signal-desk.ts'
import { Alarms } from './watch/alarms.ts'
import { ClockWatch } from './watch/clock-watch.ts'
import { Reconciler } from './watch/reconciler.ts'
import { Retention, type RetentionPolicy } from './watch/retention.ts'
import { Scheduler } from './watch/scheduler.ts'
import { watchSilentOrders } from './watch/silent-orders.ts'
import { levelOf, StoreHealth } from './watch/store-health.ts'
import { startTicker } from './watch/ticker.ts'

export interface ControlPlaneOptions {
  store: Store
  keyring: Keyring
  /** Where the end of the audit is kept over a restart, out of the database's reach. Null or absent keeps it nowhere. */
  auditHeadFile?: string | null
  adminKey: string
  log: Log
  version: string
  clock?: Clock
  /** A clock that nobody sets, in milliseconds; by default that of the machine, and of a clock that was given that itself. */
  monotonicMs?: () => number
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
  /** What remembers how the audit ended. */
  witness: AuditWitness
  /** Whether the time can be believed. */
  clockWatch: ClockWatch
  /** Writes what was heard of runners now rather than soon. */
  flush(): Promise<void>
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
const sayAuditEveryMs = 300_000
/** Each is told once; past this many nobody reads on. */
const maxBrokenRows = 10_000
/** A few requests' worth of the largest body that a route takes: a full log chunk. */
const bodyLimitBytes = 1024 * 1024

export async function createControlPlane(options: ControlPlaneOptions): Promise<ControlPlane> {
  const stopping = new AbortController()
  const context = createContext(options, stopping.signal)
  const { store, signals, access, witness } = context
  const app = (await createHttpApp({
    log: options.log,
    title: 'IKOMA',
    license: { name: 'MIT', identifier: 'MIT' },
    version: options.version,
    description: 'Every change on a server is an order: typed, durable, signed, and proven to have ended exactly once.',
    authorize: (request: FastifyRequest) => access.authorize(request),
    bodyLimitBytes,
    digestBody: ({ headers }) => headers[runnerProofHeader] !== undefined,
    corsOrigins: options.corsOrigins ?? [],
    trustProxy: options.trustProxy ?? [],
    publicRateLimit: options.publicRateLimit ?? 600,
    isKnown: ({ principal }) => principal.kind !== 'anonymous',
    docsAssets: options.docsAssets,
    securitySchemes,
    schemas: payloadSchemas(),
  })) as unknown as App
  app.addHook('onResponse', async (request, reply) => {
    const { method, routeOptions } = request
    const labels = { method, route: routeOptions.url ?? 'none', status: String(reply.statusCode) }
    context.metrics.requests.observe(labels, reply.elapsedTime / 1000)
  })
  app.addHook('preValidation', async (request) => refuseAlteredBody(request))
  app.addHook('onSend', async (request, reply) => {
    const { access, nonce } = request.routeOptions.config
    if (access === 'runner' || nonce) reply.header(nonceHeader, context.access.proofs.nonce())
  })
  addRoutes(app, context, {
    metricsToken: options.metricsToken ?? null,
    proxyConfigured: (options.trustProxy ?? []).length > 0,
  })
  const unsubscribe = store.subscribe((signal) => {
    if (signal.kind === 'access') access.forget()
    if (signal.kind === 'audit') witness.noticed()
    if (signal.kind === 'broken') tellBroken(context, signal.rows)
    signals.dispatch(signal)
  })
  let tickers: { stop(): Promise<void> }[] = []
  return {
    app,
    witness,
    clockWatch: context.clockWatch,
    flush: () => context.presence.flush(),
    async listen(host, port) {
      await witness.start()
      await context.clockWatch.start()
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
      await witness.stop()
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
  const { keyring, adminKey, log, clock = systemClock, timing = defaultTiming } = options
  const health = new StoreHealth({ store: options.store, clock, log })
  const { store } = health
  const signals = new SignalDesk()
  const secrets = new SecretDesk({ store, clock, keyring })
  const metrics = createMetrics(store, () => health.isUp())
  const alarms = new Alarms({ log, registry: metrics.registry })
  const monotonicMs = options.monotonicMs ?? (options.clock ? () => clock.now() : upMs)
  const auditRule = auditRuleOf(keyring, store.dialect)
  const file = options.auditHeadFile ?? null
  const presence = new Presence(store, log)
  const instances = new RunnerInstances({ presence, signals, alarms })
  const access = new AccessControl({ store, clock, adminKey, keyring, instances })
  const witness = new AuditWitness({ store, clock, log, alarms, keyring, rule: auditRule, file })
  const refusal = () => witness.refusal()
  return {
    store,
    health,
    clock,
    clockWatch: new ClockWatch({ store, clock, monotonicMs, log, alarms }),
    log,
    timing,
    keyring,
    access,
    orders: new OrderDesk({
      store,
      access,
      signals,
      clock,
      keyring,
      secrets,
      refusal,
      seen: (runner) => presence.seen(runner),
    }),
    secrets,
    signals,
    presence,
    instances,
    drain: new Drain(),
    metrics,
    alarms,
    auditRule,
    witness,
    headArchive: new HeadArchive(options.retention?.archiveDir ?? null, keyring),
    places: newPlaces(),
    brokenRows: new Set(),
    stopping,
  }
}

function newPlaces(): Context['places'] {
  return {
    streams: new Places({ what: 'live streams', all: 500, each: 50 }),
    // Each reads much of the store.
    exports: new Places({ what: 'exports', all: 12, each: 4 }),
    // A runner holds one for each order that it runs, of which it has at most a hundred, and one for the next.
    parked: new Places({ what: 'waiting requests', all: 50_000, each: 256 }),
  }
}

function addRoutes(app: App, context: Context, operations: OperationOptions): void {
  declareProblems(app, ({ url }) => !url.startsWith(`${gatewayPrefix}/`))
  operationRoutes(app, context, operations)
  callerRoute(app)
  clockRoutes(app, context)
  drainRoutes(app, context)
  orderRoutes(app, context)
  orderLogRoutes(app, context)
  orderExportRoute(app, context)
  orderTypeRoutes(app)
  serverRoutes(app, context)
  runnerRoutes(app, context)
  runnerEnrolRoute(app, context)
  runnerProtocolRoutes(app, context)
  runnerExchangeRoute(app, context)
  runnerTokenRoute(app, context)
  scheduleRoutes(app, context)
  tokenRoutes(app, context)
  secretRoutes(app, context)
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
    every(schedulerEveryMs, () =>
      context.clockWatch.tick().catch((error: unknown) => context.log.warn({ err: error }, 'no sign of life')),
    ),
    every(lookEveryMs, async () => context.instances.sweep(context.clock.now())),
    every(lookEveryMs, () =>
      announceClaimable(context).catch((error: unknown) =>
        context.log[levelOf(error)]({ err: error }, 'no look for lost signals'),
      ),
    ),
    every(sayAuditEveryMs, () => context.witness.tick()),
    every(watchEveryMs, () =>
      watchSilentOrders(context).catch((error: unknown) => context.log[levelOf(error)]({ err: error }, 'no watch')),
    ),
    every(watchEveryMs, () =>
      scheduler.watch().catch((error: unknown) => context.log[levelOf(error)]({ err: error }, 'no watch')),
    ),
  ]
}

/** Also while the machine sleeps, unlike `performance.now()`. */
const upMs = () => uptime() * 1000

function startRetention(context: Context, reconciler: Reconciler, { keepMs, archiveDir }: RetentionPolicy) {
  const archive = archiveDir === null ? null : new OrderArchive(archiveDir)
  const head = () => context.witness.signedHead()
  const retention = new Retention({ ...context, keepMs, archive, head, leads: () => reconciler.leads() })
  return startTicker(() => retention.tick(), retentionAfterMs)
}
