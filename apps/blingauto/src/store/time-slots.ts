import { DatabaseError, databaseError, type Transaction } from '@ikoma/backend/postgres'
import { AppError, newId } from '@ikoma/kernel'
import { and, eq, inArray, lte, sql } from 'drizzle-orm'
import { blockedBy, type Refusal, refusal } from '../domain/availability.ts'
import { localOf, type Span } from '../domain/zoned-time.ts'
import { readCalendar, type Site } from './calendar.ts'
import { bookings, resources, timeSlots } from './schema.ts'

export interface WantedSlot {
  resourceId: string
  startsAt: number
  durationMin: number
  now: number
  /** Who stands at the gate: neither notice nor hours are asked for, only that nobody else has the place. */
  walkIn?: boolean
}

export interface TakenSlot {
  slotId: string
  span: Span
  site: Site
}

/**
 * Takes a time of a resource, or moves the slot that is given there. The place is held open and the resource's row locked
 * until the transaction ends: of many who want one time, one gets it and the others a conflict. Whatever others write, a
 * constraint of the table keeps slots apart.
 */
export async function takeSlot(tx: Transaction, wanted: WantedSlot, moved: string | null = null): Promise<TakenSlot> {
  const span = { from: wanted.startsAt, to: wanted.startsAt + wanted.durationMin * 60_000 }
  const { site, calendar } = await readCalendar(tx, span, 'share')
  await lockResource(tx, wanted.resourceId)
  await releaseExpired(tx, wanted.resourceId, wanted.now)
  const blocked = await blockedNear(tx, wanted.resourceId, blockedBy(span, site), moved)
  const { durationMin, now } = wanted
  const why = wanted.walkIn
    ? blocked.length > 0 && 'taken'
    : refusal({ calendar, rules: site, durationMin, blocked, now }, wanted.startsAt)
  if (why) throw refused(why, site, wanted.startsAt)
  const slotId = moved ?? newId()
  await writeSlot(tx, { slotId, resourceId: wanted.resourceId, span, blocked: blockedBy(span, site) }, moved !== null)
  return { slotId, span, site }
}

export async function lockResource(tx: Transaction, id: string): Promise<void> {
  const [resource] = await tx
    .select({ status: resources.status })
    .from(resources)
    .where(eq(resources.id, id))
    .for('update')
  if (!resource) throw new AppError('not_found', 'There is no such bay or team.', { reason: 'resource_not_found' })
  if (resource.status !== 'active')
    throw new AppError('unprocessable', 'This bay or team takes no bookings now.', { reason: 'resource_unavailable' })
}

/** Holds of the resource that nobody confirmed in time are over, whether or not the worker came by. */
async function releaseExpired(tx: Transaction, resourceId: string, now: number): Promise<void> {
  const ofResource = tx.select({ id: timeSlots.id }).from(timeSlots).where(eq(timeSlots.resourceId, resourceId))
  const expired = await tx
    .update(bookings)
    .set({ status: 'cancelled', endReason: 'hold_expired' })
    .where(
      and(
        eq(bookings.status, 'pending'),
        lte(bookings.holdExpiresAt, new Date(now)),
        inArray(bookings.slotId, ofResource),
      ),
    )
    .returning({ slotId: bookings.slotId })
  await releaseSlots(
    tx,
    expired.map(({ slotId }) => slotId),
  )
}

export async function releaseSlots(tx: Transaction, ids: readonly string[]): Promise<void> {
  if (ids.length > 0)
    await tx
      .update(timeSlots)
      .set({ released: true })
      .where(inArray(timeSlots.id, [...ids]))
}

async function blockedNear(
  tx: Transaction,
  resourceId: string,
  { from, to }: Span,
  but: string | null,
): Promise<Span[]> {
  const rows = await tx
    .select({
      id: timeSlots.id,
      from: sql<number>`(extract(epoch from lower(${timeSlots.blocked})) * 1000)::float8`,
      to: sql<number>`(extract(epoch from upper(${timeSlots.blocked})) * 1000)::float8`,
    })
    .from(timeSlots)
    .where(
      and(
        eq(timeSlots.resourceId, resourceId),
        eq(timeSlots.released, false),
        sql`${timeSlots.blocked} && ${rangeOf({ from, to })}`,
      ),
    )
  return rows.filter(({ id }) => id !== but).map((row) => ({ from: row.from, to: row.to }))
}

interface Slot {
  slotId: string
  resourceId: string
  span: Span
  blocked: Span
}

async function writeSlot(tx: Transaction, { slotId, resourceId, span, blocked }: Slot, exists: boolean): Promise<void> {
  const row = {
    resourceId,
    startsAt: new Date(span.from),
    endsAt: new Date(span.to),
    blocked: rangeOf(blocked),
    released: false,
  }
  try {
    if (exists) await tx.update(timeSlots).set(row).where(eq(timeSlots.id, slotId))
    else await tx.insert(timeSlots).values({ id: slotId, ...row })
  } catch (error) {
    const told = databaseError(error)
    throw told instanceof DatabaseError && told.constraint === 'time_slots_apart' ? taken() : told
  }
}

function rangeOf({ from, to }: Span) {
  return sql`tstzrange(${new Date(from).toISOString()}::timestamptz, ${new Date(to).toISOString()}::timestamptz)`
}

export function taken(): AppError {
  return new AppError('conflict', 'This time is taken. Choose another.', { reason: 'slot_taken' })
}

function refused(why: Refusal, site: Site, startsAt: number): AppError {
  if (why === 'taken') return taken()
  const { date, time, offset } = localOf(startsAt, site.zone)
  const messages = {
    too_soon: `Book at least ${site.noticeMin} minutes ahead.`,
    too_far: `Book at most ${site.horizonDays} days ahead.`,
    closed: `The place is closed at some time of what begins on ${date} at ${time} (${offset}).`,
  }
  return new AppError('unprocessable', messages[why], { reason: why })
}
