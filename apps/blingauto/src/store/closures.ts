import type { Database, Transaction } from '@ikoma/backend/postgres'
import { AppError, newId } from '@ikoma/kernel'
import { and, asc, eq, gt, lt, type SQL } from 'drizzle-orm'
import type { Span } from '../domain/zoned-time.ts'
import { type BookingView, bookingsOf, comingWithin, readBookings } from './booking-views.ts'
import { placeChanged, type Reader, readSite } from './calendar.ts'
import { lockResources } from './resources.ts'
import { closures } from './schema.ts'

export type Closure = typeof closures.$inferSelect

interface Hit {
  closure: Closure
  bookings: BookingView[]
}

interface Why {
  reason: string
  by: string | null
  now: number
  /** A bay, a team, or somebody who is away; without it the whole place. */
  resourceId?: string | null
}

/**
 * Closes the place, or one resource, for a time, and lists the bookings that it hits, which stay as they are: somebody has to
 * talk to those people. A booking that is placed at the same moment is refused or listed.
 */
export async function closePlace(
  database: Database,
  { from, to }: Span,
  { reason, by, now, resourceId = null }: Why,
): Promise<Hit> {
  return database.transaction(async (tx) => {
    await readSite(tx, 'alone')
    if (resourceId !== null) await lockResources(tx, [resourceId])
    const row = { id: newId(), startsAt: new Date(from), endsAt: new Date(to), reason, resourceId, createdBy: by }
    const [closure] = await tx.insert(closures).values(row).returning()
    if (!closure) throw new Error('the closure was not returned')
    await placeChanged(tx)
    return { closure, bookings: await readBookings(tx, hitBy(tx, closure, now)) }
  })
}

/** Changes a closure, and lists the bookings that it hits and did not hit before. */
export async function changeClosure(
  database: Database,
  id: string,
  {
    now,
    ...change
  }: { startsAt?: Date | undefined; endsAt?: Date | undefined; reason?: string | undefined; now: number },
): Promise<Hit> {
  return database.transaction(async (tx) => {
    await readSite(tx, 'alone')
    const before = await getClosure(tx, id)
    const { startsAt = before.startsAt, endsAt = before.endsAt, reason = before.reason } = change
    refuseBackwards({ from: startsAt.getTime(), to: endsAt.getTime() })
    const [closure] = await tx.update(closures).set({ startsAt, endsAt, reason }).where(eq(closures.id, id)).returning()
    if (!closure) throw new Error('the closure was not returned')
    await placeChanged(tx)
    const known = await readBookings(tx, hitBy(tx, before, now))
    const hit = await readBookings(tx, hitBy(tx, closure, now))
    return { closure, bookings: hit.filter(({ id: one }) => known.every((other) => other.id !== one)) }
  })
}

export async function reopenPlace(database: Database, id: string): Promise<boolean> {
  return database.transaction(async (tx) => {
    await readSite(tx, 'alone')
    const gone = await tx.delete(closures).where(eq(closures.id, id)).returning({ id: closures.id })
    if (gone.length > 0) await placeChanged(tx)
    return gone.length > 0
  })
}

export function readClosuresWithin(reader: Reader, { from, to }: Span, resourceId: string | null): Promise<Closure[]> {
  return reader
    .select()
    .from(closures)
    .where(
      and(
        gt(closures.endsAt, new Date(from)),
        lt(closures.startsAt, new Date(to)),
        resourceId === null ? undefined : eq(closures.resourceId, resourceId),
      ),
    )
    .orderBy(asc(closures.startsAt), asc(closures.id))
    .limit(500)
}

export async function getClosure(reader: Reader, id: string): Promise<Closure> {
  const [closure] = await reader.select().from(closures).where(eq(closures.id, id))
  if (!closure) throw new AppError('not_found', 'There is no such closure.', { reason: 'closure_not_found' })
  return closure
}

export function refuseBackwards({ from, to }: Span): void {
  if (from >= to)
    throw new AppError('unprocessable', 'ends_at: after starts_at.', {
      reason: 'ends_before_start',
      fields: [{ field: 'body/ends_at', message: 'must be after starts_at' }],
    })
}

function hitBy(tx: Transaction, { startsAt, endsAt, resourceId }: Closure, now: number): SQL | undefined {
  const coming = comingWithin({ from: startsAt.getTime(), to: endsAt.getTime() }, now)
  return resourceId === null ? coming : and(coming, bookingsOf(tx, resourceId))
}
