import type { Database, Transaction } from '@ikoma/backend/postgres'
import { AppError } from '@ikoma/kernel'
import { asc, eq } from 'drizzle-orm'
import { type BookingPaymentFault, bookingPaymentFault, bookingRefundFault, dueOf } from '../domain/booking-money.ts'
import { overtimeLine } from '../domain/receipt.ts'
import type { Taken } from '../domain/walk-in.ts'
import type { Booking } from './bookings.ts'
import { changeBooking, isExpired, withBooking } from './held-booking.ts'
import { findReceipt, issueReceipt } from './receipts.ts'
import { bookingServices } from './schema.ts'
import { openDay, type Payment, paymentsOf, readDay, sumOf, writePayment } from './till.ts'

export interface PaidBooking {
  booking: Booking
  payments: Payment[]
}

interface Act {
  now: number
  by: string
  /** In the same transaction; `confirmed` when this payment made the hold a booking. */
  also?: (tx: Transaction, paid: PaidBooking & { confirmed: boolean }) => Promise<void>
}

/** Takes money for a booking. Paid in full, one that was held is confirmed; one that was completed has its receipt. */
export async function payBooking(database: Database, id: string, payment: Taken, act: Act): Promise<PaidBooking> {
  return withBooking(database, id, {}, async (tx, { booking: before }) => {
    await openDay(tx, act.now)
    const paid = await paymentsOf(tx, { bookingId: id })
    const { now } = act
    refuse(bookingPaymentFault({ ...before, expired: isExpired(before, now) }, paid, payment))
    await writePayment(tx, { bookingId: id }, payment, act)
    const confirmed = before.status === 'pending' && sumOf(paid) + payment.amount === dueOf(before)
    const booking = confirmed ? await changeBooking(tx, id, { status: 'confirmed', holdExpiresAt: null }, now) : before
    await receiptWhenPaid(tx, booking, now)
    const after = { booking, payments: await paymentsOf(tx, { bookingId: id }) }
    await act.also?.(tx, { ...after, confirmed })
    return after
  })
}

/** Gives money back, whatever state the booking is in. */
export async function refundBooking(database: Database, id: string, refund: Taken, act: Act): Promise<PaidBooking> {
  return withBooking(database, id, {}, async (tx, { booking }) => {
    await openDay(tx, act.now)
    refuse(bookingRefundFault(await paymentsOf(tx, { bookingId: id }), refund))
    await writePayment(tx, { bookingId: id }, { ...refund, amount: -refund.amount }, act)
    const after = { booking, payments: await paymentsOf(tx, { bookingId: id }) }
    await act.also?.(tx, { ...after, confirmed: false })
    return after
  })
}

/** Whichever comes last writes it: the end of the wash, or the last of the money. */
export async function receiptWhenPaid(tx: Transaction, booking: Booking, now: number): Promise<void> {
  const of = { bookingId: booking.id }
  if (booking.status !== 'completed' || sumOf(await paymentsOf(tx, of)) < dueOf(booking)) return
  if (await findReceipt(tx, of)) return
  const washed = await tx
    .select({ name: bookingServices.name, price: bookingServices.price })
    .from(bookingServices)
    .where(eq(bookingServices.bookingId, booking.id))
    .orderBy(asc(bookingServices.name), asc(bookingServices.serviceId))
  const overtime = booking.overtimeFee > 0 ? [{ name: overtimeLine, price: booking.overtimeFee }] : []
  await issueReceipt(tx, of, { lines: [...washed, ...overtime], discount: 0 }, { day: await readDay(tx, now), now })
}

const messages: Record<BookingPaymentFault, string> = {
  hold_expired: 'Nobody confirmed this booking in time: it is over. Book again.',
  nothing_due: 'Nothing is due for this booking.',
  nothing_to_pay: 'amount: above zero.',
  reference_missing: 'transaction_reference: name it, for all but cash.',
  overpaid: 'More would be paid than what is due.',
  over_refunded: 'amount: more than what was paid.',
}

function refuse(fault: BookingPaymentFault | null): void {
  if (fault === null) return
  const code = fault === 'hold_expired' || fault === 'nothing_due' ? 'conflict' : 'unprocessable'
  throw new AppError(code, messages[fault], { reason: fault })
}
