import { and, eq, getColumns, inArray, type SQL, sql } from 'drizzle-orm'
import { alias } from 'drizzle-orm/pg-core'
import type { Span } from '../domain/zoned-time.ts'
import type { Reader } from './calendar.ts'
import { bookings, site, timeSlots } from './schema.ts'

/** A time of a resource that somebody has, buffers included. */
export interface TakenTime extends Span {
  slotId: string
  resourceId: string
  startsAt: number
  /** When it is over by itself, because nobody confirmed the booking; null when it stays. */
  holdUntil: number | null
}

const washed = alias(bookings, 'washed')
const instant = (expression: SQL) => sql<number | null>`(extract(epoch from ${expression}) * 1000)::float8`
const hold = (booking: typeof bookings | typeof washed) =>
  sql`case when ${booking.status} = 'pending' then ${booking.holdExpiresAt} end`
const columns = {
  slotId: timeSlots.id,
  resourceId: timeSlots.resourceId,
  startsAt: timeSlots.startsAt,
  from: instant(sql`lower(${timeSlots.blocked})`),
  to: instant(sql`upper(${timeSlots.blocked})`),
  holdUntil: instant(sql`coalesce(${hold(bookings)}, ${hold(washed)})`),
}
const takenWithin = (resourceIds: readonly string[], within: SQL) =>
  and(
    inArray(timeSlots.resourceId, [...resourceIds]),
    eq(timeSlots.released, false),
    sql`${timeSlots.blocked} && ${within}`,
  )

/** What is taken of them within a time. Holds that are over are among them: what tells is `holdUntil`. */
export async function readTaken(reader: Reader, resourceIds: readonly string[], within: Span): Promise<TakenTime[]> {
  if (resourceIds.length === 0) return []
  const rows = await reader
    .select(columns)
    .from(timeSlots)
    .leftJoin(bookings, eq(bookings.slotId, timeSlots.id))
    .leftJoin(washed, eq(washed.staffSlotId, timeSlots.id))
    .where(takenWithin(resourceIds, rangeOf(within)))
  return rows.map(takenTime)
}

const { noticeMin, horizonDays, zone } = getColumns(site)
const placeColumns = { noticeMin, horizonDays, zone }

/** When the place takes bookings, and what of them is in the way of something then, buffers included: in one query, and without a lock. */
export async function glance(reader: Reader, resourceIds: readonly string[], { from, to }: Span) {
  const edge = (at: number, sign: SQL, buffer: typeof site.bufferBeforeMin | typeof site.bufferAfterMin) =>
    sql`${new Date(at).toISOString()}::timestamptz ${sign} make_interval(mins => ${buffer})`
  const blocked = sql`tstzrange(${edge(from, sql`-`, site.bufferBeforeMin)}, ${edge(to, sql`+`, site.bufferAfterMin)})`
  const rows = await reader
    .select({ site: placeColumns, ...columns })
    .from(site)
    .leftJoin(timeSlots, takenWithin(resourceIds, blocked))
    .leftJoin(bookings, eq(bookings.slotId, timeSlots.id))
    .leftJoin(washed, eq(washed.staffSlotId, timeSlots.id))
  const [first] = rows
  if (!first) throw new Error('The place is not set up: run the seed.')
  return { site: first.site, taken: rows.filter(({ slotId }) => slotId !== null).map(takenTime) }
}

type Row = { [Name in keyof TakenTime]: TakenTime[Name] | null | Date }

function takenTime({ slotId, resourceId, startsAt, from, to, holdUntil }: Row): TakenTime {
  const at = (value: unknown) => (value instanceof Date ? value.getTime() : Number(value))
  return {
    ...{ slotId: String(slotId), resourceId: String(resourceId) },
    ...{ startsAt: at(startsAt), from: at(from), to: at(to) },
    holdUntil: holdUntil === null ? null : at(holdUntil),
  }
}

/** Whether it keeps others away: a hold that is over does not, whether or not the worker came by. */
export function holds({ holdUntil }: { holdUntil: number | null }, now: number): boolean {
  return holdUntil === null || holdUntil > now
}

export function rangeOf({ from, to }: Span): SQL {
  return sql`tstzrange(${new Date(from).toISOString()}::timestamptz, ${new Date(to).toISOString()}::timestamptz)`
}
