import type { Database, Transaction } from '@ikoma/backend/postgres'
import { AppError } from '@ikoma/kernel'
import { eq, inArray, sql } from 'drizzle-orm'
import { slotsOf } from './booking-holds.ts'
import type { Booking } from './bookings.ts'
import { type Reader, readSite } from './calendar.ts'
import { lockResources } from './resources.ts'
import { bookings, timeSlots } from './schema.ts'
import type { Claim } from './time-slots.ts'

/** What is done in the same transaction once it is changed: letters, a receipt. */
export type Also = (tx: Transaction, booking: Booking) => Promise<void>

/** A booking with what it has taken, which nobody else changes until the transaction ends. */
export interface HeldBooking {
  booking: Booking
  place: Required<Claim>['moved'] & object
  staff: (Required<Claim>['moved'] & object) | null
}

/**
 * Works on a booking in a transaction that holds, in the order in which everybody takes them, the place, the booking's
 * resources with those that it may go to, and the booking.
 */
export async function withBooking<T>(
  database: Database,
  id: string,
  { also = [] }: { also?: readonly string[] },
  work: (tx: Transaction, held: HeldBooking) => Promise<T>,
): Promise<T> {
  for (let tries = 1; tries <= 5; tries += 1) {
    const done = await database.transaction(async (tx) => {
      const before = await findHeld(tx, id)
      await readSite(tx, 'share')
      await lockResources(tx, [...resourcesOf(before), ...also])
      await tx.select({ id: bookings.id }).from(bookings).where(eq(bookings.id, id)).for('update')
      const held = await findHeld(tx, id)
      // Somebody moved it meanwhile: what is locked is not what it has.
      if (String(resourcesOf(held)) !== String(resourcesOf(before))) return null
      return { result: await work(tx, held) }
    })
    if (done) return done.result
  }
  throw new AppError('conflict', 'Others are moving this booking: try again.', { reason: 'booking_busy' })
}

async function findHeld(reader: Reader, id: string): Promise<HeldBooking> {
  const [booking] = await reader.select().from(bookings).where(eq(bookings.id, id))
  if (!booking) throw new AppError('not_found', 'There is no such booking.', { reason: 'booking_not_found' })
  const slots = await reader
    .select({ slotId: timeSlots.id, resourceId: timeSlots.resourceId })
    .from(timeSlots)
    .where(inArray(timeSlots.id, slotsOf(booking)))
  const place = slots.find(({ slotId }) => slotId === booking.slotId)
  if (!place) throw new Error(`booking ${id} has no slot`)
  return { booking, place, staff: slots.find(({ slotId }) => slotId === booking.staffSlotId) ?? null }
}

const resourcesOf = ({ place, staff }: HeldBooking) =>
  staff ? [place.resourceId, staff.resourceId] : [place.resourceId]

/** A hold that is over is cancelled, even before the worker wrote it down: a late payment never makes it a booking again. */
export function isExpired({ status, holdExpiresAt }: Booking, now: number): boolean {
  return status === 'pending' && holdExpiresAt !== null && holdExpiresAt.getTime() <= now
}

export async function changeBooking(
  tx: Transaction,
  id: string,
  values: Partial<Booking>,
  now: number,
): Promise<Booking> {
  const [booking] = await tx
    .update(bookings)
    .set({ ...values, revision: sql`${bookings.revision} + 1`, updatedAt: new Date(now) })
    .where(eq(bookings.id, id))
    .returning()
  if (!booking) throw new Error('the booking was not returned')
  return booking
}
