import type { Amount } from '@ikoma/backend'
import type { BookingStatus } from './booking.ts'
import { moneyFault, type Taken } from './walk-in.ts'

export interface Owing {
  status: BookingStatus
  price: Amount
  /** For who cancelled late or did not come. */
  fee: Amount
  overtimeFee: Amount
}

/** What a booking costs as it stands: one that ended without a wash costs its fee. */
export function dueOf({ status, price, fee, overtimeFee }: Owing): Amount {
  return status === 'cancelled' || status === 'no_show' ? fee : price + overtimeFee
}

export const refundStatuses = ['none', 'due', 'refunded'] as const

export interface Refund {
  /** What is still to be given back: never below zero. */
  amount: Amount
  status: (typeof refundStatuses)[number]
}

/** What was paid beyond what is due goes back. */
export function refundOf(booking: Owing, payments: readonly { amount: Amount }[]): Refund {
  const amount = Math.max(0, paidOf(payments) - dueOf(booking))
  if (amount > 0) return { amount, status: 'due' }
  return { amount, status: payments.some((payment) => payment.amount < 0) ? 'refunded' : 'none' }
}

export type BookingPaymentFault =
  | 'hold_expired'
  | 'nothing_due'
  | 'nothing_to_pay'
  | 'reference_missing'
  | 'overpaid'
  | 'over_refunded'

/** A hold that is over takes no money: it would be paid for a time that somebody else may have. */
export function bookingPaymentFault(
  booking: Owing & { expired: boolean },
  payments: readonly { amount: Amount }[],
  payment: Taken,
): BookingPaymentFault | null {
  if (booking.expired) return 'hold_expired'
  const fault = moneyFault(payment)
  if (fault) return fault
  if (dueOf(booking) === 0) return 'nothing_due'
  return payment.amount > dueOf(booking) - paidOf(payments) ? 'overpaid' : null
}

/** Never more than was paid; a fee may be waived. */
export function bookingRefundFault(payments: readonly { amount: Amount }[], refund: Taken): BookingPaymentFault | null {
  return moneyFault(refund) ?? (refund.amount > paidOf(payments) ? 'over_refunded' : null)
}

function paidOf(payments: readonly { amount: Amount }[]): Amount {
  return payments.reduce((sum, { amount }) => sum + amount, 0)
}
