import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { query } from '../database.ts'

export interface Site {
  token: string
  customer: string
  vehicle: string
  service: string
  bays: string[]
}

const count = 32
const email = 'client@example.org'
const password = 'correct-horse-7-battery'

/** A place with many bays that is open from eight to eight for a year ahead, and a client with a car. */
export async function furnish(url: string, databaseUrl: string, folder: string): Promise<Site> {
  const admin = await signIn(url, 'admin@blingauto.localhost.test', adminPassword(folder))
  const bays: string[] = []
  for (let n = 1; n <= count; n += 1) {
    const bay = { bay_number: `BAY-${n}`, max_vehicle_size: 'LARGE' }
    bays.push((await post(url, '/facilities/wash-bays', bay, admin)).id)
  }
  const category = (await post(url, '/services/categories', { name: 'Wash' }, admin)).id
  const wash = { name: 'Full', price: 50_00, duration_minutes: 60 }
  const service = (await post(url, `/services/categories/${category}/services`, wash, admin)).id
  const names = { first_name: 'Ada', last_name: 'Lovelace' }
  await post(url, '/auth/register', { email, password, ...names })
  const weekdays = '(select generate_series(1, 7) as weekday)'
  await query(
    databaseUrl,
    `update identity_accounts set email_verified_at = now();
     update site set horizon_days = 400, zone = 'Etc/UTC', step_min = 60;
     delete from business_hours;
     insert into business_hours select weekday, '[{"from":"08:00","to":"20:00"}]' from ${weekdays} w`,
  )
  const token = await signIn(url, email, password)
  const car = { make: 'Renault', model: 'Clio', year: 2024, license_plate: 'AB-123-CD' }
  const vehicle = (await post(url, '/vehicles', car, token)).id
  const [account] = await query(databaseUrl, `select id from identity_accounts where email = '${email}'`)
  return { token, customer: String(account?.id), vehicle, service, bays }
}

/** Of what bays have in a day, with a quarter of an hour free after each. */
const perDay = 9

/** Bookings over a year and all bays, which leave little free between them. */
export async function fill(databaseUrl: string, { customer, vehicle, service, bays }: Site, n: number): Promise<void> {
  const rounds = Math.ceil(n / bays.length)
  const ids = bays.map((bay) => `'${bay}'::uuid`).join(', ')
  await query(
    databaseUrl,
    `with wanted as (
       select gen_random_uuid() as slot, gen_random_uuid() as id, bay,
         date_trunc('day', now()) + interval '32 hours' + (round / ${perDay}) * interval '1 day'
           + (round % ${perDay}) * interval '75 min' as starts_at
       from unnest(array[${ids}]) bay, generate_series(0, ${rounds - 1}) round limit ${n}
     ), slots as (
       insert into time_slots (id, resource_id, starts_at, ends_at, blocked)
       select slot, bay, starts_at, starts_at + interval '1 hour', tstzrange(starts_at, starts_at + interval '1 hour')
       from wanted
     ), placed as (
       insert into bookings (id, customer_id, vehicle_id, type, status, slot_id, starts_at, ends_at, local_date,
         local_time, zone, duration_min, price)
       select id, '${customer}', '${vehicle}', 'stationary', 'confirmed', slot, starts_at, starts_at + interval '1 hour',
         starts_at::date, '10:00', 'Etc/UTC', 60, 5000 from wanted
     )
     insert into booking_services select id, '${service}'::uuid, 'Full', 5000, 60 from wanted`,
  )
  await query(databaseUrl, 'analyze')
}

function adminPassword(folder: string): string {
  return readFileSync(join(folder, 'admin.password'), 'utf8').trim()
}

async function signIn(url: string, address: string, secret: string): Promise<string> {
  return (await post(url, '/auth/login', { email: address, password: secret })).access_token
}

let asked = 0

/** From another address each time, as for another visitor. */
export function visitor(token?: string): Record<string, string> {
  asked += 1
  const address = `10.${(asked >> 16) & 255}.${(asked >> 8) & 255}.${asked & 255}`
  return { 'x-forwarded-for': address, ...(token === undefined ? {} : { authorization: `Bearer ${token}` }) }
}

// biome-ignore lint/suspicious/noExplicitAny: each caller knows what it asked for
async function post(url: string, path: string, body: object, token?: string): Promise<any> {
  const answer = await fetch(`${url}/api/v1${path}`, {
    method: 'POST',
    headers: { 'content-type': 'application/json', ...visitor(token) },
    body: JSON.stringify(body),
  })
  if (!answer.ok) throw new Error(`${path} answered ${answer.status} ${await answer.text()}`)
  return answer.json()
}
