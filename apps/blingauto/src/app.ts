import { hkdfSync } from 'node:crypto'
import type { BackendParts } from '@ikoma/backend'
import { type BackendApp, configuredHttp, createBackendApp, envelopeErrors } from '@ikoma/backend/http'
import { createIdentity, type Identity } from '@ikoma/backend/identity'
import type { Clock } from '@ikoma/kernel'
import { eq } from 'drizzle-orm'
import { healthOf, healthSchema, readySchema } from './health.ts'
import { type AppJobs, createJobs } from './jobs.ts'
import { letterOf } from './letters.ts'
import { analyticsRoutes } from './routes/analytics.ts'
import { authRoutes } from './routes/auth.ts'
import { bookingRoutes } from './routes/bookings.ts'
import { calendarFeedRoutes } from './routes/calendar-feed.ts'
import { catalogueRoutes } from './routes/catalogue.ts'
import { closureRoutes } from './routes/closures.ts'
import { dailyReportRoutes } from './routes/daily-reports.ts'
import { exportRoutes } from './routes/exports.ts'
import { facilityRoutes } from './routes/facilities.ts'
import { teamRoutes } from './routes/mobile-teams.ts'
import { openingHoursRoutes } from './routes/opening-hours.ts'
import type { Parts } from './routes/parts.ts'
import { paymentRoutes } from './routes/payments.ts'
import { ratingRoutes } from './routes/ratings.ts'
import { receiptRoutes } from './routes/receipts.ts'
import { schedulingRoutes } from './routes/scheduling.ts'
import { seriesRoutes } from './routes/series.ts'
import { serviceRoutes } from './routes/services.ts'
import { siteRoutes } from './routes/site.ts'
import { staffRoutes } from './routes/staff.ts'
import { vehicleRoutes } from './routes/vehicles.ts'
import { walkInRoutes } from './routes/walk-ins.ts'
import { profiles } from './store/schema.ts'

export const version = '1.0.0'

/** From the least to the most. */
export const roles = ['client', 'washer', 'manager', 'admin']

const routes = [
  ...[authRoutes, siteRoutes, openingHoursRoutes, closureRoutes, facilityRoutes, teamRoutes, staffRoutes],
  ...[catalogueRoutes, serviceRoutes, vehicleRoutes, schedulingRoutes, bookingRoutes, seriesRoutes, ratingRoutes],
  ...[walkInRoutes, paymentRoutes, receiptRoutes, dailyReportRoutes, analyticsRoutes, exportRoutes, calendarFeedRoutes],
]

/** Who may call, by the name that routes give. */
export const policies = {
  anyone: 'public',
  user: 'signed-in',
  staff: ['washer', 'manager', 'admin'],
  managers: ['manager', 'admin'],
  admins: ['admin'],
} as const

export async function createApp(
  parts: BackendParts,
  clock: Clock,
): Promise<{ backend: BackendApp; identity: Identity; jobs: AppJobs }> {
  const { config, log, database, databaseUrl } = parts
  const secret = config.secret('SECRET_KEY').reveal()
  const name = config.text('APP_NAME')
  const jobs = createJobs(parts, clock)
  await jobs.start()
  const identity = createIdentity({
    ...{ database, clock, log, roles },
    keys: {
      access: [{ kid: 'access-1', alg: 'HS256', secret: derived(secret, 'access tokens') }],
      seal: derived(secret, 'second factors'),
    },
    issuer: name,
    audience: 'blingauto',
    tell: async (tx, event) => {
      const [profile] = await tx.select().from(profiles).where(eq(profiles.accountId, event.accountId))
      const letter = letterOf(event, config.text('FRONTEND_URL'), profile?.locale ?? 'en')
      await jobs.enqueue(tx, 'mail', { to: event.to, ...letter })
    },
  })
  const backend: BackendApp = await createBackendApp({
    title: name,
    version,
    description: 'A car wash: bookings of its bays and teams, its till, and its people.',
    ...configuredHttp(config),
    ...{ log, clock, policies },
    authenticate: (request) => identity.authenticate(request),
    errors: envelopeErrors({ clock }),
    // The cookie of a known device, which signs nobody in.
    corsCredentials: true,
    health: {
      path: '/health',
      answer: () => healthOf({ database, redisAnswers: () => backend.redisAnswers(), clock, version }),
      response: { 200: healthSchema, 503: healthSchema },
    },
    ready: { path: '/ready', body: (ready) => ({ ready, checks: { database: ready } }), response: readySchema },
    databaseUrl,
    db: database.db,
  })
  const shared: Parts = { app: backend.app, database, clock, identity, kept: backend.kept, tell: jobs.tell }
  for (const add of routes) add(shared)
  return { backend, identity, jobs }
}

function derived(secret: string, what: string): Uint8Array {
  return new Uint8Array(hkdfSync('sha256', secret, 'blingauto', what, 32))
}
