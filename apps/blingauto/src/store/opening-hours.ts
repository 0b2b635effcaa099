import type { Database, Transaction } from '@ikoma/backend/postgres'
import { AppError } from '@ikoma/kernel'
import { and, eq } from 'drizzle-orm'
import { type Calendar, type Hours, hoursFault, openSpans, type Week } from '../domain/opening-hours.ts'
import { dayAfter, firstInstantOf, type Span } from '../domain/zoned-time.ts'
import { type BookingView, bookingsOf, comingWithin, readBookings } from './booking-views.ts'
import { ownHours, placeChanged, type Reader, readCalendars, readSite, weekOf } from './calendar.ts'
import { lockResources } from './resources.ts'
import { businessHours, exceptionalDays, resourceHours } from './schema.ts'

const weekdays = [1, 2, 3, 4, 5, 6, 7]
const year = 366 * 86_400_000

/** The hours of the place, by weekday. */
export async function readWeek(reader: Reader): Promise<Week> {
  return weekOf(await reader.select().from(businessHours))
}

/** The hours of one resource; null where it has those of the place. */
export async function readOwnWeek(reader: Reader, resourceId: string): Promise<Week | null> {
  const rows = await ownHours(reader, [resourceId])
  return rows.length === 0 ? null : weekOf(rows)
}

/** Changes the week, and lists the bookings that are outside of it now; they stay as they are. */
export async function changeWeek(database: Database, week: Week, now: number): Promise<BookingView[]> {
  refuseHours(week)
  return database.transaction(async (tx) => {
    await readSite(tx, 'alone')
    await tx.delete(businessHours)
    await tx.insert(businessHours).values(weekdays.map((weekday) => ({ weekday, hours: [...(week[weekday] ?? [])] })))
    await placeChanged(tx)
    return outsideHours(tx, { within: { from: now, to: now + year }, now, resourceId: null })
  })
}

/** The same for one resource; without a week it has the hours of the place again. */
export async function changeOwnWeek(
  database: Database,
  resourceId: string,
  { week, now }: { week: Week | null; now: number },
): Promise<BookingView[]> {
  if (week) refuseHours(week)
  return database.transaction(async (tx) => {
    await readSite(tx, 'alone')
    await lockResources(tx, [resourceId])
    await tx.delete(resourceHours).where(eq(resourceHours.resourceId, resourceId))
    // Days without hours too: a week of absence is not the week of the place.
    const rows = weekdays.map((weekday) => ({ resourceId, weekday, hours: [...(week?.[weekday] ?? [])] }))
    if (week) await tx.insert(resourceHours).values(rows)
    await placeChanged(tx)
    return outsideHours(tx, { within: { from: now, to: now + year }, now, resourceId })
  })
}

export interface ExceptionalDay {
  date: string
  hours: Hours[]
  reason: string | null
}

/** Gives a day hours that are not those of its weekday, or takes them away; and lists the bookings outside of what is left. */
export async function changeDay(
  database: Database,
  date: string,
  { day, now }: { day: Omit<ExceptionalDay, 'date'> | null; now: number },
): Promise<BookingView[]> {
  if (day) refuseHours({ 1: day.hours })
  return database.transaction(async (tx) => {
    const { zone } = await readSite(tx, 'alone')
    const gone = await tx.delete(exceptionalDays).where(eq(exceptionalDays.date, date)).returning()
    if (day) await tx.insert(exceptionalDays).values({ date, ...day })
    else if (gone.length === 0)
      throw new AppError('not_found', 'This day is like its weekday.', { reason: 'exceptional_day_not_found' })
    await placeChanged(tx)
    const within = { from: firstInstantOf(date, '00:00', zone), to: firstInstantOf(dayAfter(date), '00:00', zone) }
    return outsideHours(tx, { within, now, resourceId: null })
  })
}

/** Bookings that somebody still comes for outside of the hours, closures left aside. */
async function outsideHours(
  tx: Transaction,
  { within, now, resourceId }: { within: Span; now: number; resourceId: string | null },
): Promise<BookingView[]> {
  const { zone } = await readSite(tx)
  const coming = comingWithin(within, now)
  const found = await readBookings(tx, resourceId === null ? coming : and(coming, bookingsOf(tx, resourceId)), {
    limit: 5_000,
  })
  const last = Math.max(...found.map(({ endsAt }) => endsAt.getTime()), within.from)
  const first = Math.min(...found.map(({ startsAt }) => startsAt.getTime()), last)
  const calendars = await readCalendars(tx, zone, { from: first, to: last }, resourceId === null ? [] : [resourceId])
  const calendar: Calendar = { ...(resourceId === null ? calendars.place : calendars.of(resourceId)), closures: [] }
  const open = openSpans(calendar, { from: first - 86_400_000, to: last + 86_400_000 })
  return found.filter(
    ({ startsAt, endsAt }) => !open.some(({ from, to }) => from <= startsAt.getTime() && endsAt.getTime() <= to),
  )
}

function refuseHours(week: Week): void {
  for (const hours of Object.values(week)) {
    const fault = hoursFault(hours)
    if (fault !== null) throw new AppError('unprocessable', `hours: ${fault}.`, { reason: 'hours_invalid' })
  }
}
