import type { Database, Transaction } from '@ikoma/backend/postgres'
import { AppError, newId } from '@ikoma/kernel'
import { and, asc, eq } from 'drizzle-orm'
import { bookable } from '../domain/availability.ts'
import { type BookedService, type ServicesFault, servicesFault, totalOf } from '../domain/booking.ts'
import type { Place } from '../domain/mobile-area.ts'
import { fits, type VehicleSize, vehicleSizes } from '../domain/vehicle.ts'
import { localOf } from '../domain/zoned-time.ts'
import type { BookingView } from './booking-views.ts'
import type { Reader } from './calendar.ts'
import { bookingServices, bookings, resources, washBays } from './schema.ts'
import { glance, holds } from './taken-times.ts'
import { refusalError, taken, takeTime } from './time-slots.ts'
import { inTurn } from './turns.ts'

export type Booking = typeof bookings.$inferSelect

export interface WantedBooking {
  customerId: string
  vehicleId: string
  services: readonly (BookedService & { name: string })[]
  startsAt: number
  type: 'stationary' | 'mobile'
  /** Where a team has to go. */
  location?: Place | undefined
  notes?: string | undefined
  phoneNumber?: string | undefined
  seriesId?: string | undefined
}

export interface Where {
  /** In the order in which they are tried. */
  resourceIds: readonly string[]
  /** Who washes, when somebody is named: free and at work then as the place is. */
  staffId?: string | null | undefined
  now: number
  /** In the same transaction. */
  also?: (tx: Transaction, placed: BookingView) => Promise<void>
}

/**
 * Places a booking at the first of these resources that is free then. A conflict only when none is; each is tried in a
 * transaction of its own, so that nobody waits for more than one.
 */
export async function placeBooking(database: Database, wanted: WantedBooking, where: Where): Promise<BookingView> {
  refuseServices(servicesFault(wanted.services))
  const { startsAt, services } = wanted
  const time = { startsAt, durationMin: totalOf(services).durationMin, now: where.now }
  return firstThatTakes(database, where, time, (resourceId) =>
    database.transaction(async (tx) => {
      const placed = await insertBooking(tx, wanted, { resourceId, staffId: where.staffId, now: where.now })
      await where.also?.(tx, placed)
      return placed
    }),
  )
}

interface Time {
  startsAt: number
  durationMin: number
  now: number
  /** Slots that are given back. */
  but?: string[]
}

/** Reasons of one resource, for which the next one is tried. */
const elsewhere = [
  ...['slot_taken', 'team_full', 'closed', 'out_of_reach'],
  ...['staff_elsewhere', 'resource_unavailable', 'resource_not_found'],
]

/** What the first of them does that takes it. Where none does: a conflict if others have it, else the last refusal. */
export async function firstThatTakes<T>(
  database: Database,
  { resourceIds, staffId }: Pick<Where, 'resourceIds' | 'staffId'>,
  time: Time,
  take: (resourceId: string) => Promise<T>,
): Promise<T> {
  let refused: AppError | undefined
  const look = (ids: readonly string[]) => evidentlyFree(database.db, { resourceIds: ids, staffId }, time)
  // Of several most may be gone: whoever wants one looks in its turn.
  for (const resourceId of resourceIds.length === 1 ? resourceIds : await look(resourceIds)) {
    try {
      return await inTurn(database, resourceId, async () => {
        await look([resourceId])
        return take(resourceId)
      })
    } catch (error) {
      if (!(error instanceof AppError && elsewhere.includes(error.reason))) throw error
      if (refused?.code !== 'conflict') refused = error
    }
  }
  throw refused ?? new AppError('unprocessable', 'Nothing here fits the vehicle.', { reason: 'no_resource' })
}

/**
 * Which of them may be free, looked at without a lock, so that a crowd that wants one time is told at once that it is gone.
 * What this finds is not what decides.
 */
async function evidentlyFree(
  reader: Reader,
  { resourceIds, staffId }: Pick<Where, 'resourceIds' | 'staffId'>,
  { startsAt, durationMin, now, but = [] }: Time,
): Promise<readonly string[]> {
  const span = { from: startsAt, to: startsAt + durationMin * 60_000 }
  const { site, taken: near } = await glance(reader, staffId ? [...resourceIds, staffId] : resourceIds, span)
  const { from, to } = bookable(site, now)
  if (startsAt < from) throw refusalError('too_soon', site, startsAt)
  if (startsAt > to) throw refusalError('too_far', site, startsAt)
  if (resourceIds.length === 0) return []
  const held = near.filter((each) => holds(each, now) && !but.includes(each.slotId))
  if (held.some(({ resourceId }) => resourceId === staffId))
    throw new AppError('conflict', 'staff_id: they are taken then.', { reason: 'staff_taken' })
  const free = resourceIds.filter((id) => held.every(({ resourceId }) => resourceId !== id))
  if (free.length === 0) throw taken()
  return free
}

const servicesMessages: Record<ServicesFault, string> = {
  none: 'services: name at least one.',
  too_many: 'services: at most 10 in one booking.',
  twice: 'services: each once.',
  too_short: 'services: together they take less than 30 minutes.',
  too_long: 'services: together they take more than 240 minutes.',
  too_dear: 'services: together they cost more than 10000.00.',
}

export function refuseServices(fault: ServicesFault | null): void {
  if (fault) throw new AppError('unprocessable', servicesMessages[fault], { reason: `services_${fault}` })
}

export async function insertBooking(
  tx: Transaction,
  { services, startsAt, location, ...wanted }: WantedBooking,
  { resourceId, staffId, now }: { resourceId: string; staffId?: string | null | undefined; now: number },
): Promise<BookingView> {
  const { durationMin, price } = totalOf(services)
  const claims = staffId ? [{ resourceId }, { resourceId: staffId }] : [{ resourceId }]
  const { slotIds, span, site } = await takeTime(tx, claims, { startsAt, durationMin, now, location: location ?? null })
  const [slotId = '', staffSlotId = null] = slotIds
  const id = newId()
  // In one statement with it.
  const lines = tx
    .$with('lines')
    .as(tx.insert(bookingServices).values(services.map((service) => ({ bookingId: id, ...service }))))
  const [booking] = await tx
    .with(lines)
    .insert(bookings)
    .values({
      ...wanted,
      ...location,
      id,
      status: 'pending',
      ...{ slotId, staffSlotId },
      ...timesOf(span, site.zone),
      zone: site.zone,
      durationMin,
      price,
      holdExpiresAt: new Date(now + site.holdMin * 60_000),
      createdAt: new Date(now),
      updatedAt: new Date(now),
    })
    .returning()
  if (!booking) throw new Error('the booking was not returned')
  const shown = services.map(({ serviceId: id, ...service }) => ({ id, ...service }))
  return { ...booking, placeId: resourceId, staffId: staffId ?? null, services: shown }
}

/** The instants, and what the clock of the place shows then. */
export function timesOf({ from, to }: { from: number; to: number }, zone: string) {
  const { date, time } = localOf(from, zone)
  return { startsAt: new Date(from), endsAt: new Date(to), localDate: date, localTime: time }
}

/** Bays into which the vehicle goes, the smallest first, so that large ones stay free for large vehicles. */
export async function baysFor(reader: Reader, size: VehicleSize, only?: string): Promise<string[]> {
  const bays = await reader
    .select({ id: washBays.id, largest: washBays.maxVehicleSize })
    .from(washBays)
    .innerJoin(resources, eq(resources.id, washBays.id))
    .where(and(eq(resources.status, 'active'), only === undefined ? undefined : eq(resources.id, only)))
    .orderBy(asc(washBays.bayNumber))
  return bays
    .filter(({ largest }) => fits(size, largest))
    .toSorted((a, b) => vehicleSizes.indexOf(a.largest) - vehicleSizes.indexOf(b.largest))
    .map(({ id }) => id)
}
