import type { Database, Transaction } from '@ikoma/backend/postgres'
import { AppError } from '@ikoma/kernel'
import { and, eq } from 'drizzle-orm'
import { type BookedService, holdingStatuses, limits, servicesFault, totalOf } from '../domain/booking.ts'
import { servicesOf } from './booking-views.ts'
import { type Booking, refuseServices } from './bookings.ts'
import { changeBooking, type HeldBooking, isExpired, withBooking } from './held-booking.ts'
import { bookingServices } from './schema.ts'
import { releaseSlots, takeTime } from './time-slots.ts'

export interface BookingEdit {
  notes?: string | null | undefined
  phoneNumber?: string | null | undefined
  endsAt?: number | undefined
  /** Who washes; null for nobody in particular. */
  staffId?: string | null | undefined
}

/** Changes what is named. Its time and who washes are taken as they are for a new booking. */
export async function editBooking(
  database: Database,
  id: string,
  { endsAt, staffId, ...texts }: BookingEdit,
  now: number,
): Promise<Booking> {
  return withBooking(database, id, { also: staffId ? [staffId] : [] }, async (tx, held) => {
    refuseEnded(held.booking, now)
    const named = Object.fromEntries(Object.entries(texts).filter(([, value]) => value !== undefined))
    const durationMin = endsAt === undefined ? held.booking.durationMin : minutesUntil(held.booking, endsAt)
    const isMoved = endsAt !== undefined || staffId !== undefined
    const taken = isMoved ? await retake(tx, held, { durationMin, staffId, now }) : {}
    return changeBooking(tx, id, { ...named, ...taken }, now)
  })
}

/** More of a booking that nobody confirmed yet: what it takes and costs grows, and its end moves. */
export async function addServices(
  database: Database,
  id: string,
  services: readonly (BookedService & { name: string })[],
  now: number,
): Promise<Booking> {
  return withBooking(database, id, {}, async (tx, held) => {
    const before = await servicesOf(tx, [id])
    const changes = await changeServices(tx, held, { before, after: [...before, ...services], now })
    await tx.insert(bookingServices).values(services.map((service) => ({ bookingId: id, ...service })))
    return changeBooking(tx, id, changes, now)
  })
}

export async function removeService(database: Database, id: string, serviceId: string, now: number): Promise<Booking> {
  return withBooking(database, id, {}, async (tx, held) => {
    const before = await servicesOf(tx, [id])
    const after = before.filter((service) => service.serviceId !== serviceId)
    if (after.length === before.length)
      throw new AppError('not_found', 'The booking has no such service.', { reason: 'service_not_found' })
    const changes = await changeServices(tx, held, { before, after, now })
    await tx
      .delete(bookingServices)
      .where(and(eq(bookingServices.bookingId, id), eq(bookingServices.serviceId, serviceId)))
    return changeBooking(tx, id, changes, now)
  })
}

async function changeServices(
  tx: Transaction,
  held: HeldBooking,
  { before, after, now }: { before: BookedService[]; after: BookedService[]; now: number },
): Promise<Partial<Booking>> {
  const { booking } = held
  if (booking.status !== 'pending' || isExpired(booking, now)) throw wrongStatus(booking)
  refuseServices(servicesFault(after))
  const [old, total] = [totalOf(before), totalOf(after)]
  // Staff may have given it another end by hand: that stays.
  const durationMin = booking.durationMin + total.durationMin - old.durationMin
  refuseDuration(durationMin, 'services')
  return { price: total.price, ...(await retake(tx, held, { durationMin, staffId: undefined, now })) }
}

interface Retaken {
  durationMin: number
  staffId: string | null | undefined
  now: number
}

/** Takes its time again, as long as it is now, and with who washes. */
async function retake(
  tx: Transaction,
  { booking, place, staff }: HeldBooking,
  { durationMin, staffId, now }: Retaken,
): Promise<Partial<Booking>> {
  const held = { from: booking.startsAt.getTime(), to: booking.endsAt.getTime() }
  const member = staffId === undefined ? (staff?.resourceId ?? null) : staffId
  const claims = [{ resourceId: place.resourceId, moved: place, held }]
  const washer = { moved: staff, held: member === staff?.resourceId ? held : null }
  const time = { startsAt: held.from, durationMin, now, edit: true }
  const all = member === null ? claims : [...claims, { resourceId: member, ...washer }]
  const { slotIds, span } = await takeTime(tx, all, time)
  if (member === null && staff) await releaseSlots(tx, [staff.slotId])
  return { endsAt: new Date(span.to), durationMin, staffSlotId: slotIds[1] ?? null }
}

function minutesUntil({ startsAt }: Booking, endsAt: number): number {
  const minutes = (endsAt - startsAt.getTime()) / 60_000
  if (!Number.isInteger(minutes))
    throw new AppError('unprocessable', 'ends_at: a whole number of minutes after the start.', {
      reason: 'end_time_invalid',
    })
  refuseDuration(minutes, 'ends_at')
  return minutes
}

function refuseDuration(minutes: number, field: string): void {
  const { minDurationMin, maxDurationMin } = limits
  if (minutes < minDurationMin || minutes > maxDurationMin)
    throw new AppError('unprocessable', `${field}: a wash takes ${minDurationMin} to ${maxDurationMin} minutes.`, {
      reason: 'duration_invalid',
    })
}

function refuseEnded(booking: Booking, now: number): void {
  const isHolding = holdingStatuses.some((status) => status === booking.status)
  if (!isHolding || isExpired(booking, now)) throw wrongStatus(booking)
}

function wrongStatus({ status }: Booking): AppError {
  return new AppError('conflict', `A booking that is ${status} cannot be changed so.`, { reason: 'wrong_status' })
}
