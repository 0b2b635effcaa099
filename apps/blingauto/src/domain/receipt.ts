import type { Amount } from '@ikoma/backend'
import type { PaymentMethod } from './walk-in.ts'

/** What was sold, as it was sold. */
export interface ReceiptContent {
  lines: { name: string; price: Amount }[]
  discount: Amount
  total: Amount
  /** In the total. */
  tax: Amount
  taxBasisPoints: number
  currency: string
  payments: { method: PaymentMethod; amount: Amount }[]
}

/** A day of the till. */
export interface DailyTotals {
  walkIns: { completed: number; cancelled: number; open: number }
  bookings: { completed: number; cancelled: number; noShow: number }
  byMethod: Record<PaymentMethod, Amount>
  taken: Amount
  givenBack: Amount
  tax: Amount
}
