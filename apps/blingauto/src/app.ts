import { hkdfSync } from 'node:crypto'
import type { BackendParts } from '@ikoma/backend'
import { type BackendApp, configuredHttp, createBackendApp, envelopeErrors } from '@ikoma/backend/http'
import { createIdentity, type Identity } from '@ikoma/backend/identity'
import type { Clock } from '@ikoma/kernel'
import { healthOf, healthSchema, readySchema } from './health.ts'
import { type AppJobs, createJobs } from './jobs.ts'
import { letterOf } from './letters.ts'
import { authRoutes } from './routes/auth.ts'
import { bookingRoutes } from './routes/bookings.ts'
import { catalogueRoutes } from './routes/catalogue.ts'
import { facilityRoutes } from './routes/facilities.ts'
import type { Parts } from './routes/parts.ts'
import { schedulingRoutes } from './routes/scheduling.ts'
import { vehicleRoutes } from './routes/vehicles.ts'

export const version = '1.0.0'

/** From the least to the most. */
export const roles = ['client', 'washer', 'manager', 'admin']

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
      await jobs.enqueue(tx, 'mail', { to: event.to, ...letterOf(event, config.text('FRONTEND_URL')) })
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
  const shared: Parts = { app: backend.app, database, clock, identity }
  for (const add of [authRoutes, facilityRoutes, catalogueRoutes, vehicleRoutes, schedulingRoutes, bookingRoutes])
    add(shared)
  return { backend, identity, jobs }
}

function derived(secret: string, what: string): Uint8Array {
  return new Uint8Array(hkdfSync('sha256', secret, 'blingauto', what, 32))
}
