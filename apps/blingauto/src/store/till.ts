import type { Amount } from '@ikoma/backend'
import type { Transaction } from '@ikoma/backend/postgres'
import { AppError, newId } from '@ikoma/kernel'
import { asc, eq } from 'drizzle-orm'
import type { Taken } from '../domain/walk-in.ts'
import { firstInstantOf, localOf, type Span } from '../domain/zoned-time.ts'
import { dailyClosings, payments, site } from './schema.ts'

export type Payment = typeof payments.$inferSelect

/** What a payment is for. */
export type PaidFor = { walkInId: string } | { bookingId: string }

/** The place on a day whose till is open. */
export interface OpenDay {
  name: string
  zone: string
  currency: string
  taxBasisPoints: number
  date: string
  time: string
}

/** The place and its day; until the transaction ends nobody closes that. */
export async function readDay(tx: Transaction, now: number): Promise<OpenDay> {
  const [place] = await tx.select().from(site).for('key share')
  if (!place) throw new Error('The place is not set up: run the seed.')
  return { ...place, ...localOf(now, place.zone) }
}

/** The first that every act at the till asks for. */
export async function openDay(tx: Transaction, now: number): Promise<OpenDay> {
  const day = await readDay(tx, now)
  const { date } = day
  const closed = await tx.select({ date: dailyClosings.date }).from(dailyClosings).where(eq(dailyClosings.date, date))
  if (closed.length > 0)
    throw new AppError('conflict', `The till of ${date} is closed. Go on tomorrow.`, { reason: 'day_closed' })
  return day
}

/** A day of the place, which is 23 or 25 hours where the clock changes. */
export async function dayOf(
  reader: Pick<Transaction, 'select'>,
  date: string,
): Promise<{ site: typeof site.$inferSelect; span: Span }> {
  const [place] = await reader.select().from(site)
  if (!place) throw new Error('The place is not set up: run the seed.')
  const { zone } = place
  return {
    site: place,
    span: { from: firstInstantOf(date, '00:00', zone), to: firstInstantOf(date, '24:00', zone) },
  }
}

/** In the order in which they were made. */
export async function paymentsOf(reader: Pick<Transaction, 'select'>, of: PaidFor): Promise<Payment[]> {
  const wanted = 'walkInId' in of ? eq(payments.walkInId, of.walkInId) : eq(payments.bookingId, of.bookingId)
  return reader.select().from(payments).where(wanted).orderBy(asc(payments.createdAt), asc(payments.id))
}

/** Whoever calls it holds the row of what it is for, and has asked the rules. */
export async function writePayment(
  tx: Transaction,
  of: PaidFor,
  { amount, method, reference }: Taken,
  { by, now }: { by: string; now: number },
): Promise<void> {
  const when = new Date(now)
  await tx.insert(payments).values({ id: newId(), ...of, amount, method, reference, takenBy: by, createdAt: when })
}

export function sumOf(rows: readonly { amount: Amount }[]): Amount {
  return rows.reduce((sum, { amount }) => sum + amount, 0)
}
