import type { Transaction } from '@ikoma/backend/postgres'
import { and, asc, eq, gt, lt, type SQL, sql } from 'drizzle-orm'
import { type BookingStatus, bookingTable } from '../domain/booking.ts'
import { openSpans } from '../domain/opening-hours.ts'
import { firstInstantOf, type Span } from '../domain/zoned-time.ts'
import { readCalendars, readSite } from './calendar.ts'
import { bookings, timeSlots, walkIns, washBays } from './schema.ts'

/** Days of the place, the last one included. */
export interface Days {
  from: string
  to: string
}

export interface DayOfRevenue {
  date: string
  taken: number
  given_back: number
  net: number
}

const within = (column: SQL | unknown, { from, to }: Span) =>
  sql`${column} >= ${new Date(from).toISOString()}::timestamptz and ${column} < ${new Date(to).toISOString()}::timestamptz`

export function spanOf({ from, to }: Days, zone: string): Span {
  return { from: firstInstantOf(from, '00:00', zone), to: firstInstantOf(to, '24:00', zone) }
}

/** Money by the day of the place on which it changed hands; days without any are there with none. */
export async function revenueByDay(tx: Transaction, days: Days, zone: string): Promise<DayOfRevenue[]> {
  const span = spanOf(days, zone)
  const { rows } = (await tx.execute(sql`
    with money as (
      select (created_at at time zone ${zone})::date as date,
        sum(amount) filter (where amount > 0) as taken, -sum(amount) filter (where amount < 0) as given_back
      from payments where ${within(sql`created_at`, span)} group by 1)
    select to_char(day, 'YYYY-MM-DD') as date, coalesce(taken, 0)::float8 as taken,
      coalesce(given_back, 0)::float8 as given_back, (coalesce(taken, 0) - coalesce(given_back, 0))::float8 as net
    from generate_series(${days.from}::date::timestamp, ${days.to}::date::timestamp, interval '1 day') as day
    left join money on money.date = day::date order by day`)) as unknown as { rows: DayOfRevenue[] }
  return rows
}

/** Of those whose time is on these days; a status that none has is there with none. */
export async function bookingsByStatus(tx: Pick<Transaction, 'select'>, span: Span | null) {
  const rows = await tx
    .select({ status: bookings.status, n: sql<number>`count(*)::integer` })
    .from(bookings)
    .where(span === null ? undefined : within(bookings.startsAt, span))
    .groupBy(bookings.status)
  const statuses = Object.keys(bookingTable) as BookingStatus[]
  return Object.fromEntries(
    statuses.map((status) => [status, rows.find((row) => row.status === status)?.n ?? 0]),
  ) as Record<BookingStatus, number>
}

export async function walkInsByStatus(tx: Transaction, span: Span): Promise<Record<string, number>> {
  const rows = await tx
    .select({ status: walkIns.status, n: sql<number>`count(*)::integer` })
    .from(walkIns)
    .where(within(walkIns.createdAt, span))
    .groupBy(walkIns.status)
  const none = { in_progress: 0, completed: 0, cancelled: 0 }
  return { ...none, ...Object.fromEntries(rows.map(({ status, n }) => [status, n])) }
}

export interface PopularService {
  service_id: string
  name: string
  count: number
  revenue: number
}

/** How often each was part of what was not called off, and the price of it there: no payment is joined to it. */
export async function popularServices(tx: Transaction, span: Span, limit = 10): Promise<PopularService[]> {
  const { rows } = (await tx.execute(sql`
    with sold as (
      select line.service_id, line.price from booking_services line join bookings on bookings.id = line.booking_id
      where bookings.status in ('confirmed', 'in_progress', 'completed') and ${within(sql`bookings.starts_at`, span)}
      union all
      select line.service_id, line.price from walk_in_services line join walk_ins on walk_ins.id = line.walk_in_id
      where walk_ins.status <> 'cancelled' and ${within(sql`walk_ins.created_at`, span)})
    select services.id as service_id, services.name, count(*)::integer as count, sum(sold.price)::float8 as revenue
    from sold join services on services.id = sold.service_id
    group by services.id, services.name order by 3 desc, 4 desc, 2 limit ${limit}`)) as unknown as {
    rows: PopularService[]
  }
  return rows
}

export interface Occupancy {
  wash_bay_id: string
  bay_number: string
  open_minutes: number
  taken_minutes: number
  percent: number
}

/** Of the time that each bay is open, how much somebody had it. What is outside of its hours counts for nothing. */
export async function occupancyOf(tx: Transaction, span: Span): Promise<Occupancy[]> {
  const { zone } = await readSite(tx)
  const bays = await tx
    .select({ id: washBays.id, bayNumber: washBays.bayNumber })
    .from(washBays)
    .orderBy(asc(washBays.bayNumber))
    .limit(1_000)
  const ids = bays.map(({ id }) => id)
  const calendars = await readCalendars(tx, zone, span, ids)
  const slots = Object.groupBy(await takenSlots(tx, span), ({ id }) => id)
  return bays.map(({ id, bayNumber }) => {
    const open = openSpans(calendars.of(id), span).flatMap(({ from, to }) => {
      const part = { from: Math.max(from, span.from), to: Math.min(to, span.to) }
      return part.from < part.to ? [part] : []
    })
    const openMs = open.reduce((sum, { from, to }) => sum + to - from, 0)
    const ms = takenMs(slots[id] ?? [], open)
    return {
      wash_bay_id: id,
      bay_number: bayNumber,
      open_minutes: Math.round(openMs / 60_000),
      taken_minutes: Math.round(ms / 60_000),
      percent: openMs === 0 ? 0 : Math.round((ms / openMs) * 1000) / 10,
    }
  })
}

interface TakenSlot {
  id: string
  startsAt: Date
  endsAt: Date
}

/** By their start. A hold that nobody confirmed is no work. */
function takenSlots(tx: Transaction, span: Span): Promise<TakenSlot[]> {
  return tx
    .select({ id: timeSlots.resourceId, startsAt: timeSlots.startsAt, endsAt: timeSlots.endsAt })
    .from(timeSlots)
    .leftJoin(bookings, eq(bookings.slotId, timeSlots.id))
    .where(
      and(
        eq(timeSlots.released, false),
        lt(timeSlots.startsAt, new Date(span.to)),
        gt(timeSlots.endsAt, new Date(span.from)),
        sql`${bookings.status} is distinct from 'pending'`,
      ),
    )
    .orderBy(asc(timeSlots.startsAt))
}

function takenMs(slots: readonly TakenSlot[], open: readonly Span[]): number {
  let [first, taken] = [0, 0]
  for (const { startsAt, endsAt } of slots) {
    const [from, to] = [startsAt.getTime(), endsAt.getTime()]
    // Slots come by their start: hours that ended before this one are over for all that follow.
    while ((open[first]?.to ?? Number.POSITIVE_INFINITY) <= from) first += 1
    for (let n = first; n < open.length && (open[n]?.from ?? to) < to; n += 1) {
      const hours = open[n] as Span
      taken += Math.min(to, hours.to) - Math.max(from, hours.from)
    }
  }
  return taken
}
