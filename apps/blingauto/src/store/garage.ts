import type { Database, Transaction } from '@ikoma/backend/postgres'
import { AppError, newId } from '@ikoma/kernel'
import { and, eq, inArray, isNull, sql } from 'drizzle-orm'
import type { VehicleSize } from '../domain/vehicle.ts'
import { bookings, vehicles } from './schema.ts'

export type Vehicle = typeof vehicles.$inferSelect

export interface VehicleFields {
  make: string
  model: string
  year: number
  color: string | null
  licensePlate: string
  size: VehicleSize
  isDefault: boolean
}

/** The vehicles of one customer, one change at a time: of two defaults at once the later one stands. */
async function inGarage<T>(database: Database, customerId: string, work: (tx: Transaction) => Promise<T>): Promise<T> {
  return database.transaction(async (tx) => {
    await tx.execute(sql`select pg_advisory_xact_lock(hashtextextended(${`garage ${customerId}`}, 0))`)
    return work(tx)
  })
}

const mine = (id: string, customerId: string) =>
  and(eq(vehicles.id, id), eq(vehicles.customerId, customerId), isNull(vehicles.deletedAt))

export async function findVehicle(
  reader: Pick<Transaction, 'select'>,
  id: string,
  customerId: string,
): Promise<Vehicle> {
  const [found] = await reader.select().from(vehicles).where(mine(id, customerId))
  if (!found) throw new AppError('not_found', 'You have no such vehicle.', { reason: 'vehicle_not_found' })
  return found
}

export async function addVehicle(database: Database, customerId: string, fields: VehicleFields): Promise<Vehicle> {
  return inGarage(database, customerId, async (tx) => {
    await refusePlate(tx, customerId, fields.licensePlate, null)
    if (fields.isDefault) await clearDefault(tx, customerId)
    const [added] = await tx
      .insert(vehicles)
      .values({ id: newId(), customerId, ...fields })
      .returning()
    if (!added) throw new Error('the vehicle was not returned')
    return added
  })
}

/** Its size stays while it is booked: the bay was chosen for it. */
export async function replaceVehicle(
  database: Database,
  id: string,
  customerId: string,
  fields: VehicleFields,
): Promise<Vehicle> {
  return inGarage(database, customerId, async (tx) => {
    const before = await findVehicle(tx, id, customerId)
    if (before.size !== fields.size && (await isBooked(tx, id)))
      throw new AppError('conflict', 'size: it is booked as it is. Cancel that first.', { reason: 'vehicle_booked' })
    await refusePlate(tx, customerId, fields.licensePlate, id)
    if (fields.isDefault) await clearDefault(tx, customerId)
    await tx.update(vehicles).set(fields).where(eq(vehicles.id, id))
    return findVehicle(tx, id, customerId)
  })
}

export async function makeDefault(database: Database, id: string, customerId: string): Promise<Vehicle> {
  return inGarage(database, customerId, async (tx) => {
    await findVehicle(tx, id, customerId)
    await clearDefault(tx, customerId)
    await tx.update(vehicles).set({ isDefault: true }).where(eq(vehicles.id, id))
    return findVehicle(tx, id, customerId)
  })
}

async function clearDefault(tx: Transaction, customerId: string): Promise<void> {
  await tx
    .update(vehicles)
    .set({ isDefault: false })
    .where(and(eq(vehicles.customerId, customerId), eq(vehicles.isDefault, true)))
}

async function refusePlate(tx: Transaction, customerId: string, plate: string, but: string | null): Promise<void> {
  const same = and(eq(vehicles.customerId, customerId), eq(vehicles.licensePlate, plate), isNull(vehicles.deletedAt))
  const [other] = await tx.select({ id: vehicles.id }).from(vehicles).where(same)
  if (other && other.id !== but)
    throw new AppError('conflict', 'license_plate: you have a vehicle with it.', { reason: 'license_plate_taken' })
}

async function isBooked(tx: Transaction, vehicleId: string): Promise<boolean> {
  const open = and(eq(bookings.vehicleId, vehicleId), inArray(bookings.status, ['pending', 'confirmed', 'in_progress']))
  return (await tx.select({ id: bookings.id }).from(bookings).where(open).limit(1)).length > 0
}
