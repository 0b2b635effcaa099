import { testEveryRoute } from '@ikoma/backend/testing'
import { policies, roles } from './app.ts'
import { openApi } from './testing/api.ts'

type Started = Awaited<ReturnType<typeof start>>

const staff = ['washer', 'manager', 'admin']
let made = 0

testEveryRoute<Started>({
  roles,
  start,
  things: {
    account: { make: async ({ signIn }) => (await signIn('client')).id },
    customer: { ownedBy: 'client', openTo: staff, make: async (_app, { id }) => id },
    vehicle: { ownedBy: 'client', make: ({ add }, { headers }) => add('/api/v1/vehicles', car(), headers) },
    bay: { make: ({ add, admin }) => add('/api/v1/facilities/wash-bays', bay(), admin.headers) },
    category: { make: ({ add, admin }) => add('/api/v1/services/categories', { name: `C${next()}` }, admin.headers) },
    service: { make: addService },
    booking: { ownedBy: 'client', openTo: staff, make: addBooking },
  },
  ids: {
    '/api/v1/auth/users/{id}': 'account',
    '/api/v1/bookings/{id}': 'booking',
    '/api/v1/facilities/wash-bays/{id}': 'bay',
    '/api/v1/services/categories/{id}': 'category',
    '/api/v1/vehicles/{id}': 'vehicle',
    customer_id: 'customer',
    service_ids: 'service',
    vehicle_id: 'vehicle',
    wash_bay_id: 'bay',
  },
  accessFile: '../access.txt',
})

async function start() {
  const api = await openApi('Europe/Paris', { METRICS_TOKEN: 'metrics-token-of-the-tests' })
  const { app, as, config, database, logged, time } = api
  const signIn = async (role: string) => as(role, `${role}-${next()}`)
  const admin = await signIn('admin')
  const add = async (url: string, payload: object, headers: Record<string, string>) => {
    const { status, body } = await api.call('POST', url, payload, headers)
    if (status !== 201) throw new Error(`POST ${url} answered ${status}: ${JSON.stringify(body)}`)
    return body.id as string
  }
  return {
    ...api,
    ...{ policies, admin, add, signIn },
    logged: () => logged.join(''),
    async stale() {
      const [disabled, gone] = [await signIn('admin'), await signIn('admin')]
      await api.identity.disable(disabled.id)
      await app.inject({ method: 'POST', url: '/api/v1/auth/logout', headers: gone.headers })
      time.now -= 3_600_000
      const expired = await signIn('admin')
      time.now += 3_600_000
      return [disabled.headers, gone.headers, expired.headers]
    },
    async secrets() {
      const sql = "select data->'payload'->>'text' as text from pgboss.job where name = 'mail'"
      const { rows } = await database.pool.query<{ text: string }>(sql)
      const mailed = rows.flatMap(({ text }) => /token=([^&\s]+)/.exec(text)?.[1] ?? [])
      return [config.secret('SECRET_KEY').reveal(), config.secret('METRICS_TOKEN').reveal(), ...mailed]
    },
  }
}

async function addService({ add, admin }: Started) {
  const category = await add('/api/v1/services/categories', { name: `C${next()}` }, admin.headers)
  const service = { name: `S${next()}`, price: 50_00, duration_minutes: 60 }
  return add(`/api/v1/services/categories/${category}/services`, service, admin.headers)
}

/** At a bay of its own, so that none is in another's way. */
async function addBooking(app: Started, { headers }: { headers: Record<string, string> }) {
  const [vehicle, wash] = [await app.add('/api/v1/vehicles', car(), headers), await addService(app)]
  const at = await app.add('/api/v1/facilities/wash-bays', bay(), app.admin.headers)
  const wanted = {
    vehicle_id: vehicle,
    service_ids: [wash],
    wash_bay_id: at,
    scheduled_at: '2026-12-01T10:00:00+01:00',
  }
  return app.add('/api/v1/bookings', wanted, headers)
}

function car() {
  return { make: 'Renault', model: 'Clio', year: 2024, license_plate: `AB-${next()}` }
}

function bay() {
  return { bay_number: `BAY-${next()}`, max_vehicle_size: 'LARGE' }
}

function next(): number {
  made += 1
  return made
}
