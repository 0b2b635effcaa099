import type { Database } from '@ikoma/backend/postgres'
import { and, eq, inArray, lte } from 'drizzle-orm'
import { lockResources } from './resources.ts'
import { bookings, timeSlots } from './schema.ts'
import { releaseSlots } from './time-slots.ts'

/** Ends what nobody confirmed in time; how many. At most `limit` at once. */
export async function expireHolds(database: Database, now: number, limit = 500): Promise<number> {
  return database.transaction(async (tx) => {
    const over = and(eq(bookings.status, 'pending'), lte(bookings.holdExpiresAt, new Date(now)))
    const due = await tx
      .select({ id: bookings.id, slotId: bookings.slotId, staffSlotId: bookings.staffSlotId })
      .from(bookings)
      .where(over)
      .limit(limit)
    if (due.length === 0) return 0
    const slots = await tx
      .select({ resourceId: timeSlots.resourceId })
      .from(timeSlots)
      .where(inArray(timeSlots.id, due.flatMap(slotsOf)))
    await lockResources(
      tx,
      slots.map(({ resourceId }) => resourceId),
    )
    const ids = due.map(({ id }) => id)
    const gone = await tx
      .update(bookings)
      .set({ status: 'cancelled', endReason: 'hold_expired' })
      .where(and(over, inArray(bookings.id, ids)))
      .returning({ slotId: bookings.slotId, staffSlotId: bookings.staffSlotId })
    await releaseSlots(tx, gone.flatMap(slotsOf))
    return gone.length
  })
}

/** The slots of a booking: of its bay or team, and of who washes. */
export function slotsOf({ slotId, staffSlotId }: { slotId: string; staffSlotId: string | null }): string[] {
  return staffSlotId === null ? [slotId] : [slotId, staffSlotId]
}
