import type { Database } from '@ikoma/backend/postgres'
import { AppError, newId } from '@ikoma/kernel'
import { eq } from 'drizzle-orm'
import { dayAfter, instantsOf, localOf } from '../domain/zoned-time.ts'
import { actOnBooking } from './booking-acts.ts'
import { baysFor, placeBooking } from './bookings.ts'
import {
  bookings,
  categories,
  mobileTeams,
  resources,
  services,
  site,
  staffMembers,
  vehicles,
  washBays,
} from './schema.ts'

const bays = [
  { bayNumber: 'BAY-001', maxVehicleSize: 'standard', equipment: ['pressure washer'] },
  { bayNumber: 'BAY-002', maxVehicleSize: 'large', equipment: ['pressure washer', 'vacuum'] },
  { bayNumber: 'BAY-003', maxVehicleSize: 'oversized', equipment: ['lift'] },
] as const
const team = { name: 'Équipe Nord', baseLatitude: 48.8867, baseLongitude: 2.3431, radiusM: 15_000, dailyCapacity: 8 }
const staff = [
  { employeeCode: 'EMP-001', firstName: 'Wassim', lastName: 'Weber', employment: 'full_time', inTeam: false },
  { employeeCode: 'EMP-002', firstName: 'Nora', lastName: 'Nguyen', employment: 'part_time', inTeam: true },
] as const

/** Bays, a team and its people, each once by the name that it has. */
export async function seedPlaces(database: Database): Promise<void> {
  await database.transaction(async (tx) => {
    const there = new Set((await tx.select({ name: washBays.bayNumber }).from(washBays)).map(({ name }) => name))
    for (const bay of bays.filter(({ bayNumber }) => !there.has(bayNumber))) {
      const id = newId()
      await tx.insert(resources).values({ id, kind: 'bay' })
      await tx.insert(washBays).values({ id, ...bay, equipment: [...bay.equipment] })
    }
    const [before] = await tx.select().from(mobileTeams).where(eq(mobileTeams.name, team.name))
    const teamId = before?.id ?? newId()
    if (!before) {
      await tx.insert(resources).values({ id: teamId, kind: 'team' })
      await tx.insert(mobileTeams).values({ id: teamId, ...team })
    }
    const codes = new Set((await tx.select().from(staffMembers)).map(({ employeeCode }) => employeeCode))
    for (const { inTeam, ...person } of staff.filter(({ employeeCode }) => !codes.has(employeeCode))) {
      const id = newId()
      await tx.insert(resources).values({ id, kind: 'staff' })
      await tx.insert(staffMembers).values({ id, ...person, teamId: inTeam ? teamId : null })
    }
  })
}

const catalogue = {
  Lavage: [
    { name: 'Extérieur', price: 19_90, durationMin: 30, popular: true },
    { name: 'Complet', price: 49_90, durationMin: 60, popular: true },
  ],
  Soin: [
    { name: 'Cire', price: 39_00, durationMin: 45, popular: false },
    { name: 'Sièges', price: 69_00, durationMin: 90, popular: false },
  ],
}

export async function seedCatalogue(database: Database): Promise<void> {
  await database.transaction(async (tx) => {
    for (const [name, offered] of Object.entries(catalogue)) {
      await tx.insert(categories).values({ id: newId(), name }).onConflictDoNothing()
      const [category] = await tx.select().from(categories).where(eq(categories.name, name))
      if (!category) continue
      const rows = offered.map((service) => ({ id: newId(), categoryId: category.id, ...service }))
      await tx.insert(services).values(rows).onConflictDoNothing()
    }
  })
}

/** Some in the days to come, where the client has none yet; how many. */
export async function placeDemoBookings(database: Database, customerId: string, now: number): Promise<number> {
  const { db } = database
  const [before] = await db.select().from(bookings).where(eq(bookings.customerId, customerId)).limit(1)
  const [service] = await db.select().from(services).where(eq(services.name, 'Complet'))
  const [place] = await db.select().from(site)
  if (before || !service || !place) return 0
  const car = { make: 'Renault', model: 'Clio', year: 2024, licensePlate: 'AB-123-CD', size: 'standard' } as const
  await db
    .insert(vehicles)
    .values({ id: newId(), customerId, ...car, isDefault: true })
    .onConflictDoNothing()
  const [vehicle] = await db.select().from(vehicles).where(eq(vehicles.customerId, customerId))
  const resourceIds = await baysFor(db, car.size)
  const { id: serviceId, name, price, durationMin } = service
  const today = localOf(now, place.zone).date
  let placed = 0
  for (let day = 1; day <= 5; day += 1) {
    const [startsAt = now] = instantsOf(dayAfter(today, day), day % 2 ? '10:00' : '14:30', place.zone)
    const wanted = { customerId, vehicleId: vehicle?.id ?? '', type: 'stationary', startsAt } as const
    const sold = [{ serviceId, name, price, durationMin }]
    const booking = await placeBooking(database, { ...wanted, services: sold }, { resourceIds, now }).catch(closed)
    if (!booking) continue
    placed += 1
    if (day > 1) await actOnBooking(database, booking.id, 'confirm', { now })
  }
  return placed
}

/** Nobody washes on some days. */
function closed(error: unknown): null {
  if (error instanceof AppError && error.code !== 'internal') return null
  throw error
}
