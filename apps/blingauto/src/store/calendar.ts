import type { Transaction } from '@ikoma/backend/postgres'
import { and, between, eq, getColumns, gt, inArray, isNull, lt, or, sql } from 'drizzle-orm'
import type { BookingRules } from '../domain/availability.ts'
import type { Calendar, Hours, Week } from '../domain/opening-hours.ts'
import { localOf, type Span } from '../domain/zoned-time.ts'
import { businessHours, closures, exceptionalDays, resourceHours, site } from './schema.ts'

export interface Site extends BookingRules {
  zone: string
  currency: string
  holdMin: number
}

export type Reader = Pick<Transaction, 'select'>

const day = 24 * 60 * 60_000

/** Another after each change of the hours, closures and rules, also where the database was restored from a backup. */
const stamp = sql<string>`current_database() || '.' || ${site}.xmin || '.' || ${site.version}`

/**
 * The place. `lock`: until the transaction ends nobody changes its hours or closes it (`share`), or nobody takes a time of
 * it (`alone`). It is the first row that a transaction locks.
 */
export async function readSite(reader: Reader, lock: 'share' | 'alone' | null = null) {
  const query = reader.select({ ...getColumns(site), stamp }).from(site)
  const [place] = await (lock === null ? query : query.for(lock === 'share' ? 'key share' : 'update'))
  if (!place) throw new Error('The place is not set up: run the seed.')
  return place
}

/** What was kept of the hours, closures or rules is asked again. For who holds the place alone. */
export async function placeChanged(tx: Transaction): Promise<void> {
  await tx.update(site).set({ version: sql`${site.version} + 1` })
}

export interface Calendars {
  place: Calendar
  /** Of one bay, team or member of the staff: its own hours and closures within those of the place. */
  of(resourceId: string): Calendar
}

/** The hours around a time: of the place, and of what is named. */
export async function readCalendars(
  reader: Reader,
  zone: string,
  around: Span,
  resourceIds: readonly string[] = [],
): Promise<Calendars> {
  const [from, to] = [around.from - 2 * day, around.to + 2 * day]
  const dates = [localOf(from, zone).date, localOf(to, zone).date] as const
  const weekly = await reader.select().from(businessHours)
  const own = resourceIds.length === 0 ? [] : await ownHours(reader, resourceIds)
  const days = await reader
    .select()
    .from(exceptionalDays)
    .where(between(exceptionalDays.date, ...dates))
  const closed = await readClosures(reader, { from, to }, resourceIds)
  const make = (resourceId: string | null): Calendar => ({
    zone,
    weekly: weekOf(weekly),
    own: ownWeek(own.filter((row) => row.resourceId === resourceId)),
    days: Object.fromEntries(days.map(({ date, hours }) => [date, hours])),
    closures: closed.filter((row) => row.resourceId === null || row.resourceId === resourceId),
  })
  const place = make(null)
  const made = new Map(resourceIds.map((id) => [id, make(id)]))
  return { place, of: (resourceId) => made.get(resourceId) ?? place }
}

export function ownHours(reader: Reader, resourceIds: readonly string[]) {
  return reader
    .select()
    .from(resourceHours)
    .where(inArray(resourceHours.resourceId, [...resourceIds]))
}

export function weekOf(rows: readonly { weekday: number; hours: Hours[] }[]): Week {
  return Object.fromEntries(rows.map(({ weekday, hours }) => [weekday, hours]))
}

const ownWeek = (rows: readonly { weekday: number; hours: Hours[] }[]) => (rows.length === 0 ? null : weekOf(rows))

async function readClosures(reader: Reader, { from, to }: Span, resourceIds: readonly string[]) {
  const ofThese = resourceIds.map((id) => eq(closures.resourceId, id))
  const rows = await reader
    .select({ startsAt: closures.startsAt, endsAt: closures.endsAt, resourceId: closures.resourceId })
    .from(closures)
    .where(
      and(
        gt(closures.endsAt, new Date(from)),
        lt(closures.startsAt, new Date(to)),
        or(isNull(closures.resourceId), ...ofThese),
      ),
    )
  return rows.map(({ startsAt, endsAt, resourceId }) => ({
    from: startsAt.getTime(),
    to: endsAt.getTime(),
    resourceId,
  }))
}
