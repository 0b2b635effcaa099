import type { Database, Transaction } from '@ikoma/backend/postgres'
import { AppError, newId } from '@ikoma/kernel'
import { and, asc, eq, gt, inArray } from 'drizzle-orm'
import { type Occurrence, occurrencesOf } from '../domain/series.ts'
import { localOf } from '../domain/zoned-time.ts'
import { actOnBooking } from './booking-acts.ts'
import { type BookingView, readBookings } from './booking-views.ts'
import { insertBooking, type WantedBooking } from './bookings.ts'
import { lockResources } from './resources.ts'
import { bookings, series, site } from './schema.ts'

export type Series = typeof series.$inferSelect

export interface Conflict {
  date: string
  time: string
  /** As of a single booking; `hour_left_out` where the clock leaves that hour out on that day. */
  reason: string
}

export interface PlacedSeries {
  series: Series
  bookings: BookingView[]
  conflicts: Conflict[]
}

export interface WantedSeries {
  everyWeeks: number
  count: number
  onConflict: 'refuse' | 'skip'
}

interface How {
  resourceIds: readonly string[]
  now: number
  /** In the same transaction. */
  also?: (tx: Transaction, placed: PlacedSeries) => Promise<void>
}

/** Why one of its times cannot be had, which says nothing about the others. */
const conflictReasons = ['slot_taken', 'closed', 'too_soon', 'too_far', 'resource_unavailable']

/** All of its times, or nothing and a list of those that cannot be had; with `skip` those that can. */
export async function placeSeries(
  database: Database,
  wanted: WantedBooking,
  { everyWeeks, count, onConflict }: WantedSeries,
  { resourceIds, now, also }: How,
): Promise<PlacedSeries> {
  return database.transaction(async (tx) => {
    const [place] = await tx.select().from(site).for('key share')
    const { date, time, zone } = localOf(wanted.startsAt, place?.zone ?? 'UTC')
    await lockResources(tx, resourceIds)
    const row = { id: newId(), customerId: wanted.customerId, date, time, zone, everyWeeks, count }
    await tx.insert(series).values({ ...row, createdAt: new Date(now) })
    const placed: PlacedSeries = { series: { ...row, createdAt: new Date(now) }, bookings: [], conflicts: [] }
    for (const occurrence of occurrencesFrom(wanted.startsAt, row)) {
      const outcome = await placeOccurrence(tx, { ...wanted, seriesId: row.id }, { occurrence, resourceIds, now })
      if (typeof outcome === 'string') placed.conflicts.push({ date: occurrence.date, time, reason: outcome })
      else placed.bookings.push(outcome)
    }
    if (placed.conflicts.length > 0 && (onConflict === 'refuse' || placed.bookings.length === 0))
      throw new AppError('conflict', 'Some of its times cannot be had: nothing was booked.', {
        reason: 'series_conflicts',
        details: { conflicts: placed.conflicts },
      })
    await also?.(tx, placed)
    return placed
  })
}

/** The first is the instant that was asked for, also where the clock shows that hour twice. */
function occurrencesFrom(startsAt: number, row: Omit<Series, 'createdAt'>): Occurrence[] {
  return occurrencesOf(row).map((each, n) => (n === 0 ? { ...each, startsAt } : each))
}

async function placeOccurrence(
  tx: Transaction,
  wanted: WantedBooking,
  { occurrence, resourceIds, now }: { occurrence: Occurrence; resourceIds: readonly string[]; now: number },
): Promise<BookingView | string> {
  const { startsAt } = occurrence
  if (startsAt === null) return 'hour_left_out'
  let refused = 'no_resource'
  for (const resourceId of resourceIds) {
    try {
      // What is refused leaves nothing behind in the transaction of the others.
      return await tx.transaction((inner) =>
        insertBooking(inner, { ...wanted, startsAt }, { resourceId, staffId: null, now }),
      )
    } catch (error) {
      if (!(error instanceof AppError && conflictReasons.includes(error.reason))) throw error
      refused = error.reason
    }
  }
  return refused
}

export async function readSeries(
  reader: Pick<Transaction, 'select'>,
  id: string,
): Promise<{ series: Series; bookings: BookingView[] } | null> {
  const [row] = await reader.select().from(series).where(eq(series.id, id))
  if (!row) return null
  return { series: row, bookings: await readBookings(reader, eq(bookings.seriesId, id)) }
}

/** Each of what is still to come, with the fee of its own; what somebody began or ended meanwhile stays. */
export async function cancelRest(
  database: Database,
  id: string,
  how: Parameters<typeof actOnBooking>[3],
): Promise<BookingView[]> {
  const open = await database.db
    .select({ id: bookings.id })
    .from(bookings)
    .where(
      and(
        eq(bookings.seriesId, id),
        inArray(bookings.status, ['pending', 'confirmed']),
        gt(bookings.startsAt, new Date(how.now)),
      ),
    )
    .orderBy(asc(bookings.startsAt))
  const cancelled: string[] = []
  for (const booking of open) {
    try {
      await actOnBooking(database, booking.id, 'cancel', how)
      cancelled.push(booking.id)
    } catch (error) {
      if (!(error instanceof AppError && error.reason === 'wrong_status')) throw error
    }
  }
  return cancelled.length === 0 ? [] : readBookings(database.db, inArray(bookings.id, cancelled))
}
