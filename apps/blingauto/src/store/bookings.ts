import type { Database, Transaction } from '@ikoma/backend/postgres'
import { AppError, newId } from '@ikoma/kernel'
import { and, asc, eq, inArray, lte } from 'drizzle-orm'
import {
  afterAct,
  type BookedService,
  type BookingAct,
  cancellationFee,
  mayReschedule,
  noShowFrom,
  overtimeFee,
  type ServicesFault,
  servicesFault,
  totalOf,
} from '../domain/booking.ts'
import { fits, type VehicleSize, vehicleSizes } from '../domain/vehicle.ts'
import { localOf } from '../domain/zoned-time.ts'
import { changeBooking, isExpired, withBooking } from './held-booking.ts'
import { resourcesChanged } from './resources.ts'
import { bookingServices, bookings, resources, washBays } from './schema.ts'
import { releaseSlots, takeSlot } from './time-slots.ts'

export type Booking = typeof bookings.$inferSelect

export interface WantedBooking {
  customerId: string
  vehicleId: string
  services: readonly (BookedService & { name: string })[]
  startsAt: number
  type: 'stationary' | 'mobile'
  notes?: string | undefined
  phoneNumber?: string | undefined
  seriesId?: string | undefined
}

/** What is done in the same transaction once it is changed: letters, a receipt. */
export type Also = (tx: Transaction, booking: Booking) => Promise<void>

/**
 * Places a booking at the first of these resources that is free then. A conflict only when none is; each is tried in a
 * transaction of its own, so that nobody waits for more than one.
 */
export async function placeBooking(
  database: Database,
  wanted: WantedBooking,
  { resourceIds, now }: { resourceIds: readonly string[]; now: number },
): Promise<Booking> {
  refuseServices(servicesFault(wanted.services))
  let conflict: unknown = new AppError('unprocessable', 'Nothing here fits the vehicle.', { reason: 'no_resource' })
  for (const resourceId of resourceIds) {
    try {
      return await database.transaction((tx) => insertBooking(tx, wanted, { resourceId, now }))
    } catch (error) {
      if (!(error instanceof AppError && error.reason === 'slot_taken')) throw error
      conflict = error
    }
  }
  throw conflict
}

export function refuseServices(fault: ServicesFault | null): void {
  if (fault) throw new AppError('unprocessable', servicesMessages[fault], { reason: `services_${fault}` })
}

const servicesMessages: Record<ServicesFault, string> = {
  none: 'services: name at least one.',
  too_many: 'services: at most 10 in one booking.',
  twice: 'services: each once.',
  too_short: 'services: together they take less than 30 minutes.',
  too_long: 'services: together they take more than 240 minutes.',
  too_dear: 'services: together they cost more than 10000.00.',
}

export async function insertBooking(
  tx: Transaction,
  { services, startsAt, ...wanted }: WantedBooking,
  { resourceId, now }: { resourceId: string; now: number },
): Promise<Booking> {
  const { durationMin, price } = totalOf(services)
  const { slotId, span, site } = await takeSlot(tx, { resourceId, startsAt, durationMin, now })
  const local = localOf(startsAt, site.zone)
  const [booking] = await tx
    .insert(bookings)
    .values({
      ...wanted,
      id: newId(),
      status: 'pending',
      slotId,
      startsAt: new Date(span.from),
      endsAt: new Date(span.to),
      localDate: local.date,
      localTime: local.time,
      zone: local.zone,
      durationMin,
      price,
      holdExpiresAt: new Date(now + site.holdMin * 60_000),
      createdAt: new Date(now),
    })
    .returning()
  if (!booking) throw new Error('the booking was not returned')
  await tx.insert(bookingServices).values(services.map((service) => ({ bookingId: booking.id, ...service })))
  return booking
}

/** Bays into which the vehicle goes, the smallest first, so that large ones stay free for large vehicles. */
export async function baysFor(tx: Pick<Transaction, 'select'>, size: VehicleSize): Promise<string[]> {
  const bays = await tx
    .select({ id: washBays.id, largest: washBays.maxVehicleSize })
    .from(washBays)
    .innerJoin(resources, eq(resources.id, washBays.id))
    .where(eq(resources.status, 'active'))
    .orderBy(asc(washBays.bayNumber))
  return bays
    .filter(({ largest }) => fits(size, largest))
    .toSorted((a, b) => vehicleSizes.indexOf(a.largest) - vehicleSizes.indexOf(b.largest))
    .map(({ id }) => id)
}

/** Moves it to another time, and another resource where one is given: all of it or nothing, and what it costs stays. */
export async function rescheduleBooking(
  database: Database,
  id: string,
  { startsAt, resourceId, now, also }: { startsAt: number; resourceId: string; now: number; also?: Also },
): Promise<Booking> {
  return withBooking(database, id, { also: [resourceId] }, async (tx, { booking }) => {
    if (isExpired(booking, now) || !mayReschedule({ ...booking, startsAt: booking.startsAt.getTime() }, now))
      throw new AppError('unprocessable', 'It can be moved up to two hours before it begins.', {
        reason: 'too_late_to_reschedule',
      })
    const { durationMin, slotId } = booking
    const { span, site } = await takeSlot(tx, { resourceId, startsAt, durationMin, now }, slotId)
    const local = localOf(startsAt, site.zone)
    const times = { startsAt: new Date(span.from), endsAt: new Date(span.to) }
    const moved = await changeBooking(tx, id, { ...times, localDate: local.date, localTime: local.time }, now)
    await also?.(tx, moved)
    return moved
  })
}

interface How {
  now: number
  reason?: string | null
  endedAt?: number
  also?: Also
}

/** Does one act of the state table. Rejects with a conflict where the booking is in no state for it. */
export async function actOnBooking(
  database: Database,
  id: string,
  act: Exclude<BookingAct, 'expire'>,
  { now, reason = null, endedAt = now, also }: How,
): Promise<Booking> {
  return withBooking(database, id, {}, async (tx, { booking, place }) => {
    const status = afterAct(booking.status, act)
    if (status === null || isExpired(booking, now))
      throw new AppError('conflict', `A booking that is ${booking.status} cannot do this: ${act}.`, {
        reason: 'wrong_status',
      })
    const [startsAt, endsAt] = [booking.startsAt.getTime(), booking.endsAt.getTime()]
    if (act === 'no_show' && now < noShowFrom(startsAt))
      throw new AppError('unprocessable', 'Wait until half an hour after the time.', {
        reason: 'too_early_for_no_show',
      })
    if (act === 'complete' && (endedAt > now || endedAt < (booking.actualStartAt?.getTime() ?? startsAt)))
      throw new AppError('unprocessable', 'actual_end_time: between its start and now.', { reason: 'end_time_invalid' })
    if (act === 'cancel' || act === 'no_show') await releaseSlots(tx, [booking.slotId])
    await resourcesChanged(tx, [place.resourceId])
    const changes = {
      status,
      ...(act === 'confirm' ? { holdExpiresAt: null } : {}),
      ...(act === 'cancel' ? { fee: cancellationFee({ ...booking, startsAt }, now), endReason: reason } : {}),
      ...(act === 'no_show' ? { fee: booking.price } : {}),
      ...(act === 'start' ? { actualStartAt: new Date(now) } : {}),
      ...(act === 'complete' ? { actualEndAt: new Date(endedAt), overtimeFee: overtimeFee(endsAt, endedAt) } : {}),
    }
    const after = await changeBooking(tx, id, changes, now)
    await also?.(tx, after)
    return after
  })
}

/** Ends what nobody confirmed in time; how many. At most `limit` at once. */
export async function expireHolds(database: Database, now: number, limit = 500): Promise<number> {
  return database.transaction(async (tx) => {
    const due = tx
      .select({ id: bookings.id })
      .from(bookings)
      .where(and(eq(bookings.status, 'pending'), lte(bookings.holdExpiresAt, new Date(now))))
      .limit(limit)
      .for('update', { skipLocked: true })
    const ended = await tx
      .update(bookings)
      .set({ status: 'cancelled', endReason: 'hold_expired' })
      .where(inArray(bookings.id, due))
      .returning({ slotId: bookings.slotId })
    await releaseSlots(
      tx,
      ended.map(({ slotId }) => slotId),
    )
    return ended.length
  })
}
