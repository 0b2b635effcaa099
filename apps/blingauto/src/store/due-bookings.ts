import type { Database, Transaction } from '@ikoma/backend/postgres'
import { AppError } from '@ikoma/kernel'
import { and, asc, eq, gt, inArray, isNull, lte, sql } from 'drizzle-orm'
import { limits } from '../domain/booking.ts'
import { actOnBooking } from './booking-acts.ts'
import type { Booking } from './bookings.ts'
import type { Also } from './held-booking.ts'
import { bookings } from './schema.ts'

const hour = 3_600_000
const remindAheadMs = 24 * hour

/** Whom to remind now. Who booked later than a day before was told when it was confirmed. */
function remindable(now: number) {
  return and(
    eq(bookings.status, 'confirmed'),
    isNull(bookings.remindedAt),
    gt(bookings.startsAt, new Date(now)),
    lte(bookings.startsAt, new Date(now + remindAheadMs)),
    lte(bookings.createdAt, sql`${bookings.startsAt} - interval '24 hours'`),
  )
}

/**
 * Marks what begins within a day as told, and tells it in the same transaction: how many, at most `limit`. What somebody
 * changes at this moment is left to the next time, when it is asked anew.
 */
export async function remindDue(
  database: Database,
  now: number,
  tell: (tx: Transaction, booking: Booking) => Promise<void>,
  limit = 100,
): Promise<number> {
  return database.transaction(async (tx) => {
    const due = await tx
      .select({ id: bookings.id })
      .from(bookings)
      .where(remindable(now))
      .orderBy(asc(bookings.startsAt))
      .limit(limit)
      .for('update', { skipLocked: true })
    if (due.length === 0) return 0
    const ids = due.map(({ id }) => id)
    const told = await tx
      .update(bookings)
      .set({ remindedAt: new Date(now) })
      .where(inArray(bookings.id, ids))
      .returning()
    for (const booking of told) await tell(tx, booking)
    return told.length
  })
}

/** What of those is still untold that were due before `lateMs`. */
export async function remindersAreLate(database: Database, now: number, lateMs: number): Promise<boolean> {
  const late = and(remindable(now), lte(bookings.startsAt, new Date(now + remindAheadMs - lateMs)))
  return (await database.db.select({ id: bookings.id }).from(bookings).where(late).limit(1)).length > 0
}

const missed = (now: number) =>
  and(eq(bookings.status, 'confirmed'), lte(bookings.startsAt, new Date(now - limits.graceMin * 60_000)))

/**
 * Ends what nobody came to, half an hour after its time, each in a transaction of its own: where somebody begins it at this
 * moment, one of both is refused. How many were ended.
 */
export async function endMissed(database: Database, now: number, also: Also): Promise<number> {
  const due = await database.db
    .select({ id: bookings.id })
    .from(bookings)
    .where(missed(now))
    .orderBy(asc(bookings.startsAt))
    .limit(1_000)
  let ended = 0
  const failures: unknown[] = []
  for (const { id } of due) {
    try {
      await actOnBooking(database, id, 'no_show', { now, also })
      ended += 1
    } catch (error) {
      if (!(error instanceof AppError && error.reason === 'wrong_status')) failures.push(error)
    }
  }
  if (failures.length > 0) throw failures[0]
  return ended
}

export async function missedAreLeft(database: Database, now: number): Promise<boolean> {
  return (await database.db.select({ id: bookings.id }).from(bookings).where(missed(now)).limit(1)).length > 0
}

/** One that is moved is told of its new time when that is a day away; before, the letter about the move says it. */
export async function remindAnew(tx: Transaction, { id, startsAt }: Booking, now: number): Promise<void> {
  const remindedAt = startsAt.getTime() - now > remindAheadMs ? null : new Date(now)
  await tx.update(bookings).set({ remindedAt }).where(eq(bookings.id, id))
}
