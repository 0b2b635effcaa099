import { and, asc, count, eq, exists, gt, inArray, lt, or, type SQL, sql } from 'drizzle-orm'
import { alias } from 'drizzle-orm/pg-core'
import { holdingStatuses } from '../domain/booking.ts'
import type { Span } from '../domain/zoned-time.ts'
import type { Booking } from './bookings.ts'
import type { Reader } from './calendar.ts'
import { bookingServices, bookings, timeSlots } from './schema.ts'

/** A booking as people see it: with where it is, who washes, and what. */
export interface BookingView extends Booking {
  placeId: string
  staffId: string | null
  services: { id: string; name: string; price: number; durationMin: number }[]
}

const staffSlots = alias(timeSlots, 'staff_slots')

/** Bookings in the order of their time. */
export async function readBookings(
  reader: Reader,
  wanted: SQL | undefined,
  { offset = 0, limit = 500 }: { offset?: number; limit?: number } = {},
): Promise<BookingView[]> {
  const rows = await reader
    .select({ booking: bookings, placeId: timeSlots.resourceId, staffId: staffSlots.resourceId })
    .from(bookings)
    .innerJoin(timeSlots, eq(timeSlots.id, bookings.slotId))
    .leftJoin(staffSlots, eq(staffSlots.id, bookings.staffSlotId))
    .where(wanted)
    .orderBy(asc(bookings.startsAt), asc(bookings.id))
    .offset(offset)
    .limit(limit)
  const ids = rows.map(({ booking }) => booking.id)
  const services = ids.length === 0 ? [] : await servicesOf(reader, ids)
  return rows.map(({ booking, placeId, staffId }) => ({
    ...booking,
    ...{ placeId, staffId },
    services: services
      .filter(({ bookingId }) => bookingId === booking.id)
      .map(({ serviceId, name, price, durationMin }) => ({ id: serviceId, name, price, durationMin })),
  }))
}

export function servicesOf(reader: Reader, bookingIds: readonly string[]) {
  return reader
    .select()
    .from(bookingServices)
    .where(inArray(bookingServices.bookingId, [...bookingIds]))
    .orderBy(asc(bookingServices.name))
}

export async function countBookings(reader: Reader, wanted: SQL | undefined): Promise<number> {
  const [total] = await reader.select({ n: count() }).from(bookings).where(wanted)
  return total?.n ?? 0
}

/** Those that somebody still comes for, and that touch this time. */
export function comingWithin({ from, to }: Span, now: number): SQL | undefined {
  return and(
    inArray(bookings.status, [...holdingStatuses]),
    lt(bookings.startsAt, new Date(to)),
    gt(bookings.endsAt, new Date(Math.max(from, now))),
    or(sql`${bookings.status} <> 'pending'`, gt(bookings.holdExpiresAt, new Date(now))),
  )
}

/** Those that have a time of this bay, team or member of the staff. */
export function bookingsOf(reader: Reader, resourceId: string): SQL {
  const mine = reader
    .select({ id: timeSlots.id })
    .from(timeSlots)
    .where(
      and(
        eq(timeSlots.resourceId, resourceId),
        or(eq(timeSlots.id, bookings.slotId), eq(timeSlots.id, bookings.staffSlotId)),
      ),
    )
  return exists(mine)
}
