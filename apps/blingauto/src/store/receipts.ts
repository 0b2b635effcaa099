import type { Transaction } from '@ikoma/backend/postgres'
import { newId } from '@ikoma/kernel'
import { eq, sql } from 'drizzle-orm'
import { type ReceiptContent, receiptOf, type Sold } from '../domain/receipt.ts'
import { receiptCounters, receipts } from './schema.ts'
import { type OpenDay, type PaidFor, paymentsOf } from './till.ts'

export type Receipt = typeof receipts.$inferSelect

/**
 * Writes down what was sold under the next number of the local year. The year's row is held until the transaction ends: one
 * that is undone gives its number back, so that there is no gap.
 */
export async function issueReceipt(
  tx: Transaction,
  of: PaidFor,
  sold: Pick<Sold, 'lines' | 'discount'>,
  { day, now }: { day: OpenDay; now: number },
): Promise<Receipt> {
  const year = Number(day.date.slice(0, 4))
  const [counter] = await tx
    .insert(receiptCounters)
    .values({ year, last: 1 })
    .onConflictDoUpdate({ target: receiptCounters.year, set: { last: sql`${receiptCounters.last} + 1` } })
    .returning()
  const { currency, taxBasisPoints, date, time } = day
  const paid = (await paymentsOf(tx, of)).map(({ method, amount }) => ({ method, amount }))
  const content: ReceiptContent = receiptOf({
    ...{ ...sold, place: day.name, date, time, currency, taxBasisPoints, payments: paid },
  })
  const row = { id: newId(), year, number: counter?.last ?? 0, ...of, content, issuedAt: new Date(now) }
  const [receipt] = await tx.insert(receipts).values(row).returning()
  if (!receipt) throw new Error('the receipt was not returned')
  return receipt
}

export async function findReceipt(reader: Pick<Transaction, 'select'>, of: PaidFor): Promise<Receipt | null> {
  const wanted = 'walkInId' in of ? eq(receipts.walkInId, of.walkInId) : eq(receipts.bookingId, of.bookingId)
  const [receipt] = await reader.select().from(receipts).where(wanted)
  return receipt ?? null
}
