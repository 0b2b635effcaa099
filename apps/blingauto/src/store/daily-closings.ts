import type { Database, Transaction } from '@ikoma/backend/postgres'
import { AppError } from '@ikoma/kernel'
import { and, eq, gte, lt, sql } from 'drizzle-orm'
import { type DailyTotals, taxWithin } from '../domain/receipt.ts'
import { paymentMethods } from '../domain/walk-in.ts'
import { localOf, type Span } from '../domain/zoned-time.ts'
import { bookings, dailyClosings, payments, site, walkIns } from './schema.ts'
import { dayOf } from './till.ts'

type Reader = Pick<Transaction, 'select'>

export interface DailyReport {
  date: string
  zone: string
  currency: string
  span: Span
  totals: DailyTotals
  closing: typeof dailyClosings.$inferSelect | null
}

/** A day of the till: as it is, or as it was when it was closed. */
export async function readDailyReport(reader: Reader, date: string): Promise<DailyReport> {
  const { site: place, span } = await dayOf(reader, date)
  const [closing] = await reader.select().from(dailyClosings).where(eq(dailyClosings.date, date))
  const totals = closing?.totals ?? (await totalsOf(reader, span, place.taxBasisPoints))
  return { date, span, totals, zone: place.zone, currency: place.currency, closing: closing ?? null }
}

/** Nobody takes money meanwhile, since each who does holds the place; nor afterwards, since each looks whether it is closed. */
export async function closeDay(
  database: Database,
  date: string,
  { countedCash, by, now }: { countedCash: number; by: string; now: number },
): Promise<DailyReport> {
  return database.transaction(async (tx) => {
    const [place] = await tx.select().from(site).for('update')
    if (!place || date > localOf(now, place.zone).date)
      throw new AppError('unprocessable', 'date: this day has not begun.', { reason: 'day_ahead' })
    const { totals, closing } = await readDailyReport(tx, date)
    if (closing) throw new AppError('conflict', 'This day is closed already.', { reason: 'day_closed' })
    await tx.insert(dailyClosings).values({ date, totals, countedCash, closedBy: by, closedAt: new Date(now) })
    return readDailyReport(tx, date)
  })
}

async function totalsOf(reader: Reader, span: Span, taxBasisPoints: number): Promise<DailyTotals> {
  const money = await moneyOf(reader, span)
  const byMethod = Object.fromEntries(
    paymentMethods.map((method) => [method, money.find((row) => row.method === method)?.net ?? 0]),
  ) as DailyTotals['byMethod']
  const sum = (part: 'taken' | 'givenBack') => money.reduce((all, row) => all + row[part], 0)
  const [taken, givenBack] = [sum('taken'), sum('givenBack')]
  return {
    walkIns: await walkInsOf(reader, span),
    bookings: await bookingsOf(reader, span),
    ...{ byMethod, taken, givenBack, tax: taxWithin(taken - givenBack, taxBasisPoints) },
  }
}

function moneyOf(reader: Reader, { from, to }: Span) {
  const sum = (condition: ReturnType<typeof sql>) =>
    sql<number>`coalesce(sum(${payments.amount}) filter (where ${condition}), 0)::float8`
  return reader
    .select({
      method: payments.method,
      net: sum(sql`true`),
      taken: sum(sql`${payments.amount} > 0`),
      givenBack: sql<number>`coalesce(-sum(${payments.amount}) filter (where ${payments.amount} < 0), 0)::float8`,
    })
    .from(payments)
    .where(and(gte(payments.createdAt, new Date(from)), lt(payments.createdAt, new Date(to))))
    .groupBy(payments.method)
}

/** Completed on that day; cancelled, or not ended yet, of those that came on it. */
async function walkInsOf(reader: Reader, { from, to }: Span): Promise<DailyTotals['walkIns']> {
  const within = (column: typeof walkIns.createdAt | typeof walkIns.completedAt) =>
    sql`${column} >= ${new Date(from).toISOString()}::timestamptz and ${column} < ${new Date(to).toISOString()}::timestamptz`
  const count = (condition: ReturnType<typeof sql>) => sql<number>`(count(*) filter (where ${condition}))::integer`
  const [row] = await reader
    .select({
      completed: count(sql`${walkIns.status} = 'completed' and ${within(walkIns.completedAt)}`),
      cancelled: count(sql`${walkIns.status} = 'cancelled' and ${within(walkIns.createdAt)}`),
      open: count(sql`${walkIns.status} = 'in_progress' and ${within(walkIns.createdAt)}`),
    })
    .from(walkIns)
    .where(sql`(${within(walkIns.createdAt)}) or (${within(walkIns.completedAt)})`)
  return row ?? { completed: 0, cancelled: 0, open: 0 }
}

/** Of those whose time was on that day. What nobody confirmed was none. */
async function bookingsOf(reader: Reader, { from, to }: Span): Promise<DailyTotals['bookings']> {
  const count = (condition: ReturnType<typeof sql>) => sql<number>`(count(*) filter (where ${condition}))::integer`
  const [row] = await reader
    .select({
      completed: count(sql`${bookings.status} = 'completed'`),
      cancelled: count(sql`${bookings.status} = 'cancelled' and ${bookings.endReason} is distinct from 'hold_expired'`),
      noShow: count(sql`${bookings.status} = 'no_show'`),
    })
    .from(bookings)
    .where(and(gte(bookings.startsAt, new Date(from)), lt(bookings.startsAt, new Date(to))))
  return row ?? { completed: 0, cancelled: 0, noShow: 0 }
}
