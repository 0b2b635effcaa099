import type { Database } from '@ikoma/backend/postgres'
import { newId } from '@ikoma/kernel'
import { and, eq, gt, inArray, lt } from 'drizzle-orm'
import { holdingStatuses } from '../domain/booking.ts'
import type { Span } from '../domain/zoned-time.ts'
import { readCalendar } from './calendar.ts'
import { bookings, closures } from './schema.ts'

export type Closure = typeof closures.$inferSelect

/**
 * Closes the place for a time, and lists the bookings that it hits, which stay as they are: somebody has to talk to those
 * people. A booking that is placed at the same moment is refused or listed.
 */
export async function closePlace(
  database: Database,
  { from, to }: Span,
  { reason, by }: { reason: string; by: string | null },
): Promise<{ closure: Closure; bookings: (typeof bookings.$inferSelect)[] }> {
  return database.transaction(async (tx) => {
    await readCalendar(tx, { from, to }, 'alone')
    const [closure] = await tx
      .insert(closures)
      .values({ id: newId(), startsAt: new Date(from), endsAt: new Date(to), reason, createdBy: by })
      .returning()
    if (!closure) throw new Error('the closure was not returned')
    const hit = await tx
      .select()
      .from(bookings)
      .where(
        and(
          inArray(bookings.status, [...holdingStatuses]),
          lt(bookings.startsAt, closure.endsAt),
          gt(bookings.endsAt, closure.startsAt),
        ),
      )
      .orderBy(bookings.startsAt)
    return { closure, bookings: hit }
  })
}

export async function reopenPlace(database: Database, id: string): Promise<boolean> {
  const gone = await database.db.delete(closures).where(eq(closures.id, id)).returning({ id: closures.id })
  return gone.length > 0
}
