import type { Database, Transaction } from '@ikoma/backend/postgres'
import { AppError } from '@ikoma/kernel'
import { and, eq, inArray, isNotNull, isNull, sql } from 'drizzle-orm'
import type { Booking } from './bookings.ts'
import { bookingServices, bookings } from './schema.ts'

/** Of many who rate one booking at once one does, since the row is asked and written in one statement. */
export async function rateBooking(
  database: Database,
  booking: Booking,
  { rating, feedback, now }: { rating: number; feedback: string | null; now: number },
): Promise<Booking> {
  if (booking.status !== 'completed')
    throw new AppError('conflict', 'Rate it once it is completed.', { reason: 'wrong_status' })
  const [rated] = await database.db
    .update(bookings)
    .set({ rating, feedback, ratedAt: new Date(now) })
    .where(and(eq(bookings.id, booking.id), eq(bookings.status, 'completed'), isNull(bookings.ratedAt)))
    .returning()
  if (!rated) throw new AppError('conflict', 'It was rated already.', { reason: 'already_rated' })
  return rated
}

/** It counts no more, and is not given again: each booking is rated once. */
export async function deleteRating(database: Database, bookingId: string): Promise<void> {
  const gone = await database.db
    .update(bookings)
    .set({ rating: null, feedback: null })
    .where(and(eq(bookings.id, bookingId), isNotNull(bookings.rating)))
    .returning({ id: bookings.id })
  if (gone.length === 0) throw new AppError('not_found', 'There is no such rating.', { reason: 'rating_not_found' })
}

export interface Rated {
  average: number | null
  count: number
}

/** What those who had a service say of their bookings, by service. */
export async function ratingsOf(
  reader: Pick<Transaction, 'select'>,
  serviceIds: readonly string[],
): Promise<Map<string, Rated>> {
  if (serviceIds.length === 0) return new Map()
  const rows = await reader
    .select({
      serviceId: bookingServices.serviceId,
      average: sql<number>`round(avg(${bookings.rating}), 2)::float8`,
      count: sql<number>`count(*)::integer`,
    })
    .from(bookingServices)
    .innerJoin(bookings, eq(bookings.id, bookingServices.bookingId))
    .where(and(inArray(bookingServices.serviceId, [...serviceIds]), isNotNull(bookings.rating)))
    .groupBy(bookingServices.serviceId)
  return new Map(rows.map(({ serviceId, ...rated }) => [serviceId, rated]))
}
