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
    washed: { ownedBy: 'client', make: addWashed },
    receipted: { ownedBy: 'client', openTo: staff, make: addWashed },
    rated: { ownedBy: 'client', openTo: ['admin'], make: addWashed },
    series: { ownedBy: 'client', openTo: staff, make: addSeries },
    walkIn: { make: ({ add, admin }) => add('/api/v1/walkins', walkIn, admin.headers) },
    team: { make: ({ add, admin }) => add('/api/v1/facilities/mobile-teams', team(), admin.headers) },
    member: { make: ({ add, admin }) => add('/api/v1/staff', member(`E-${next()}`), admin.headers) },
    closure: { make: addClosure },
  },
  ids: {
    '/api/v1/auth/users/{id}': 'account',
    '/api/v1/bookings/{id}': 'booking',
    '/api/v1/bookings/{id}/services/{sid}': null,
    '/api/v1/bookings/series/{id}': 'series',
    '/api/v1/facilities/closures/{id}': 'closure',
    '/api/v1/facilities/mobile-teams/{id}': 'team',
    '/api/v1/facilities/wash-bays/{id}': 'bay',
    '/api/v1/services/categories/{id}': 'category',
    '/api/v1/services/{id}': 'service',
    '/api/v1/staff/{id}': 'member',
    '/api/v1/vehicles/{id}': 'vehicle',
    '/api/v1/walkins/{id}': 'walkIn',
    '/api/v1/walkins/{id}/services/{line_id}': null,
    // What the owner may not do to each field of it has tests of its own.
    'PATCH /api/v1/bookings/{id} params.id': null,
    'DELETE /api/v1/bookings/{id}/services/{sid} params.id': null,
    'POST /api/v1/bookings/{id}/rate params.id': 'washed',
    'GET /api/v1/bookings/{id}/receipt params.id': 'receipted',
    'DELETE /api/v1/bookings/{id}/rating params.id': 'rated',
    account_id: 'account',
    category_id: 'category',
    line_id: null,
    mobile_team_id: 'team',
    resource_id: 'bay',
    service_id: 'service',
    staff_id: 'member',
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

const walkIn = { vehicle_make: 'Fiat', model: 'Panda', color: 'white', size: 'compact' }

function team() {
  return { name: `T-${next()}` }
}

async function addClosure({ call, admin }: Started) {
  const url = '/api/v1/facilities/closures'
  const { body } = await call('POST', url, { date: '2026-12-24', reason: 'party' }, admin.headers)
  return (body.id ?? body.closure.id) as string
}

/** As it was before others asked to close it. */
async function openPlace({ pool }: Started['database']) {
  await pool.query('delete from closures')
  await pool.query('delete from exceptional_days')
  await pool.query(`insert into business_hours select day, '[{"from":"09:00","to":"18:00"}]' from generate_series(1, 7) day
    on conflict (weekday) do update set hours = excluded.hours`)
  await pool.query(`update site set zone = 'Europe/Paris', notice_min = 120, horizon_days = 90, step_min = 30, hold_min = 30,
    buffer_before_min = 0, buffer_after_min = 0, version = version + 1`)
}

async function addSeries(app: Started, { headers }: { headers: Record<string, string> }) {
  return app.add('/api/v1/bookings/series', { ...(await wanted(app, headers)), every_weeks: 1, count: 2 }, headers)
}

async function addBooking(app: Started, { headers }: { headers: Record<string, string> }) {
  return app.add('/api/v1/bookings', await wanted(app, headers), headers)
}

/** One that is over, with its receipt. */
async function addWashed(app: Started, owner: { headers: Record<string, string> }) {
  const id = await addBooking(app, owner)
  await app.database.pool.query("update bookings set status = 'completed', rating = 5 where id = $1", [id])
  const content = { lines: [], payments: [], currency: 'EUR', taxBasisPoints: 0, discount: 0, total: 0, tax: 0 }
  await app.database.pool.query(
    `insert into receipts (id, year, number, booking_id, content, issued_at)
     values (gen_random_uuid(), 2000, $1, $2, $3, now())`,
    [next(), id, { ...content, place: 'Bling', date: '2026-11-30', time: '08:00' }],
  )
  return id
}

/** At a bay of its own, so that none is in another's way. */
async function wanted(app: Started, headers: Record<string, string>) {
  await openPlace(app.database)
  const [vehicle, wash] = [await app.add('/api/v1/vehicles', car(), headers), await addService(app)]
  const at = await app.add('/api/v1/facilities/wash-bays', bay(), app.admin.headers)
  return { vehicle_id: vehicle, service_ids: [wash], wash_bay_id: at, scheduled_at: '2026-12-01T10:00:00+01:00' }
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
