import type { Transaction } from '@ikoma/backend/postgres'
import { and, between, gt, lt } from 'drizzle-orm'
import type { BookingRules } from '../domain/availability.ts'
import type { Calendar } from '../domain/opening-hours.ts'
import { localOf, type Span } from '../domain/zoned-time.ts'
import { businessHours, closures, exceptionalDays, site } from './schema.ts'

export interface Site extends BookingRules {
  zone: string
  currency: string
  holdMin: number
}

const day = 24 * 60 * 60_000

/**
 * The place and its hours around a time. `lock`: until the transaction ends nobody closes the place (`share`), or nobody
 * takes a time of it (`alone`).
 */
export async function readCalendar(
  tx: Transaction,
  around: Span,
  lock: 'share' | 'alone' | null,
): Promise<{ site: Site; calendar: Calendar }> {
  const query = tx.select().from(site)
  const [place] = await (lock === null ? query : query.for(lock === 'share' ? 'key share' : 'update'))
  if (!place) throw new Error('The place is not set up: run the seed.')
  const { zone } = place
  const [from, to] = [around.from - 2 * day, around.to + 2 * day]
  const dates = [localOf(from, zone).date, localOf(to, zone).date] as const
  const weekly = await tx.select().from(businessHours)
  const days = await tx
    .select()
    .from(exceptionalDays)
    .where(between(exceptionalDays.date, ...dates))
  const closed = await tx
    .select({ startsAt: closures.startsAt, endsAt: closures.endsAt })
    .from(closures)
    .where(and(gt(closures.endsAt, new Date(from)), lt(closures.startsAt, new Date(to))))
  return {
    site: place,
    calendar: {
      zone,
      weekly: Object.fromEntries(weekly.map(({ weekday, hours }) => [weekday, hours])),
      days: Object.fromEntries(days.map(({ date, hours }) => [date, hours])),
      closures: closed.map(({ startsAt, endsAt }) => ({ from: startsAt.getTime(), to: endsAt.getTime() })),
    },
  }
}
