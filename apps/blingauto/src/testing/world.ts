import { join } from 'node:path'
import { type Database, openDatabase } from '@ikoma/backend/postgres'
import { testDatabase } from '@ikoma/backend/testing'
import { newId } from '@ikoma/kernel'
import { createLog } from '@ikoma/kernel/node'
import { inject, onTestFinished } from 'vitest'
import type { BookingRules } from '../domain/availability.ts'
import { dayAfter, instantsOf } from '../domain/zoned-time.ts'
import { type Booking, placeBooking } from '../store/bookings.ts'
import {
  businessHours,
  categories,
  mobileTeams,
  resources,
  services,
  site,
  staffMembers,
  vehicles,
  washBays,
} from '../store/schema.ts'

const migrationsFolder = join(import.meta.dirname, '../../migrations')

export interface Options extends Partial<BookingRules> {
  zone?: string
  bays?: number
  /** All start at 48 degrees north and 2 east, and go 50 kilometres. */
  teams?: number
  dailyCapacity?: number
  staff?: number
  holdMin?: number
  /** How many pools, each as another process would have one. */
  processes?: number
}

/** A place that is open from nine to six every day, with bays, a service of an hour, and a clock that the test turns. */
export async function setup({ zone = 'Europe/Paris', bays = 1, processes = 1, ...more }: Options = {}) {
  const { teams = 0, dailyCapacity = 8, staff = 0, ...rules } = more
  const { url, drop } = await testDatabase(inject('postgresUrl'), migrationsFolder)
  const log = createLog('error', { write: () => true })
  const databases = Array.from({ length: processes }, () => openDatabase({ url, log, poolSize: 20 }))
  const [database = databases[0] as never] = databases
  onTestFinished(async () => {
    await Promise.all(databases.map((each) => each.close()))
    await drop()
  })
  const { db } = database
  const numbers = { stepMin: 30, bufferBeforeMin: 0, bufferAfterMin: 0, noticeMin: 120, horizonDays: 90, holdMin: 30 }
  await db.insert(site).values({ name: 'Bling', zone, currency: 'EUR', ...numbers, ...rules })
  const weekdays = [1, 2, 3, 4, 5, 6, 7]
  await db
    .insert(businessHours)
    .values(weekdays.map((weekday) => ({ weekday, hours: [{ from: '09:00', to: '18:00' }] })))
  const bayIds: string[] = []
  for (let n = 1; n <= bays; n += 1) {
    const id = newId()
    await db.insert(resources).values({ id, kind: 'bay' })
    await db.insert(washBays).values({ id, bayNumber: `BAY-00${n}`, maxVehicleSize: 'large' })
    bayIds.push(id)
  }
  const teamIds = await addTeams(db, teams, dailyCapacity)
  const staffIds = await addStaff(db, staff)
  const categoryId = newId()
  await db.insert(categories).values({ id: categoryId, name: 'Wash' })
  const serviceId = newId()
  const service = { name: 'Full wash', price: 50_00, durationMin: 60 }
  await db.insert(services).values({ id: serviceId, categoryId, ...service })
  const customerId = newId()
  const vehicleId = newId()
  const car = { make: 'Renault', model: 'Clio', year: 2024, licensePlate: 'AB-123-CD', size: 'standard' as const }
  await db.insert(vehicles).values({ id: vehicleId, customerId, ...car })
  const time = { now: at('2026-11-30', '08:00', zone) }
  const wanted = (startsAt: number, durationMin = 60) => ({
    customerId,
    vehicleId,
    startsAt,
    type: 'stationary' as const,
    services: [{ serviceId, ...service, durationMin }],
  })
  return {
    database,
    databases,
    bayIds,
    teamIds,
    staffIds,
    customerId,
    serviceId,
    time,
    zone,
    at: (date: string, clock: string) => at(date, clock, zone),
    day: (days: number) => dayAfter('2026-11-30', days),
    wanted,
    place: (startsAt: number, { bay = 0, durationMin = 60 } = {}): Promise<Booking> =>
      placeBooking(database, wanted(startsAt, durationMin), { resourceIds: [bayIds[bay] ?? ''], now: time.now }),
  }
}

async function addTeams(db: Database['db'], count: number, dailyCapacity: number): Promise<string[]> {
  const ids = Array.from({ length: count }, () => newId())
  for (const [n, id] of ids.entries()) {
    await db.insert(resources).values({ id, kind: 'team' })
    const base = { baseLatitude: 48, baseLongitude: 2, radiusM: 50_000 }
    await db.insert(mobileTeams).values({ id, name: `Team ${n}`, ...base, dailyCapacity })
  }
  return ids
}

async function addStaff(db: Database['db'], count: number): Promise<string[]> {
  const ids = Array.from({ length: count }, () => newId())
  for (const [n, id] of ids.entries()) {
    await db.insert(resources).values({ id, kind: 'staff' })
    const called = { employeeCode: `E${n}`, firstName: 'Ada', lastName: `${n}`, employment: 'full_time' as const }
    await db.insert(staffMembers).values({ id, ...called })
  }
  return ids
}

function at(date: string, clock: string, zone: string): number {
  const [instant] = instantsOf(date, clock, zone)
  if (instant === undefined) throw new Error(`${zone} has no ${date} ${clock}`)
  return instant
}
