import { testEveryRoute } from '@ikoma/backend/testing'
import { policies, roles } from './app.ts'
import { openApi } from './testing/api.ts'
import { member } from './testing/place.ts'

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
    series: { ownedBy: 'client', openTo: staff, make: addSeries },
    team: { make: ({ add, admin }) => add('/api/v1/facilities/mobile-teams', { name: `T${next()}` }, admin.headers) },
    member: { make: ({ add, admin }) => add('/api/v1/staff', member(`E${next()}`), admin.headers) },
    closure: { make: addClosure },
    walkIn: { make: ({ add, admin }) => add('/api/v1/walkins', visitor, admin.headers) },
  },
  ids: {
    '/api/v1/auth/users/{id}': 'account',
    '/api/v1/bookings/{id}': 'booking',
    '/api/v1/bookings/{id}/services/{sid}': 'service',
    '/api/v1/bookings/series/{id}': 'series',
    '/api/v1/facilities/closures/{id}': 'closure',
    '/api/v1/facilities/mobile-teams/{id}': 'team',
    '/api/v1/facilities/wash-bays/{id}': 'bay',
    '/api/v1/services/categories/{id}': 'category',
    '/api/v1/services/{id}': 'service',
    category_id: 'category',
    '/api/v1/staff/{id}': 'member',
    '/api/v1/vehicles/{id}': 'vehicle',
    '/api/v1/walkins/{id}': 'walkIn',
    '/api/v1/walkins/{id}/services/{line_id}': null,
    account_id: 'account',
    customer_id: 'customer',
    line_id: null,
    mobile_team_id: 'team',
    resource_id: 'bay',
    service_id: 'service',
    service_ids: 'service',
    staff_id: 'member',
    vehicle_id: 'vehicle',
    wash_bay_id: 'bay',
  },
  refusals: {
    'PATCH /api/v1/bookings/{id}': ['staff_id'],
    'DELETE /api/v1/bookings/{id}/services/{sid}': ['SERVICE_NOT_FOUND'],
    'DELETE /api/v1/bookings/{id}/rating': ['RATING_NOT_FOUND'],
    'GET /api/v1/bookings/{id}/receipt': ['RECEIPT_NOT_FOUND'],
    'POST /api/v1/bookings/{id}/rate': ['Only whose booking it is'],
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
    return (body.id ?? body.closure.id) as string
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
async function wantedBooking(app: Started, { headers }: { headers: Record<string, string> }) {
  await open(app)
  return {
    vehicle_id: await app.add('/api/v1/vehicles', car(), headers),
    service_ids: [await addService(app)],
    wash_bay_id: await app.add('/api/v1/facilities/wash-bays', bay(), app.admin.headers),
    scheduled_at: '2026-12-01T10:00:00+01:00',
  }
}

async function addBooking(app: Started, owner: { headers: Record<string, string> }) {
  return app.add('/api/v1/bookings', await wantedBooking(app, owner), owner.headers)
}

async function addSeries(app: Started, owner: { headers: Record<string, string> }) {
  const wanted = { ...(await wantedBooking(app, owner)), every_weeks: 1, count: 2 }
  return app.add('/api/v1/bookings/series', wanted, owner.headers)
}

/** Long over, so that it closes nothing. */
function addClosure({ add, admin }: Started) {
  const closing = { starts_at: '2026-01-01T10:00:00Z', ends_at: '2026-01-01T11:00:00Z', reason: 'works' }
  return add('/api/v1/facilities/closures', closing, admin.headers)
}

/** As at its first start, whatever a request has made of its hours and rules. */
async function open({ database }: Started) {
  await database.pool.query(`
    delete from closures; delete from exceptional_days; delete from resource_hours;
    insert into business_hours select day, '[{"from":"09:00","to":"18:00"}]' from generate_series(1, 7) day
      on conflict (weekday) do update set hours = excluded.hours;
    update site set zone = 'Europe/Paris', step_min = 30, buffer_before_min = 0, buffer_after_min = 0, notice_min = 120,
      horizon_days = 90, hold_min = 30, version = version + 1`)
}

const visitor = { vehicle_make: 'Renault', model: 'Clio', color: 'red', size: 'compact' }

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
