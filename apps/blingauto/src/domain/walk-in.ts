import { type Amount, percentOf } from '@ikoma/backend'

/** A car that came without a booking: the till's side of it. */
export interface WalkIn {
  status: 'in_progress' | 'completed' | 'cancelled'
  services: readonly { price: Amount }[]
  /** Of the services' price. */
  discountPercent: number
  payments: readonly { amount: Amount }[]
}

export const walkInLimits = {
  maxDiscountPercent: 50,
  services: 20,
  /** 5.00, the least that a walk-in costs after its discount. */
  minPrice: 5_00,
} as const

export const paymentMethods = ['cash', 'card', 'transfer', 'cheque'] as const
export type PaymentMethod = (typeof paymentMethods)[number]

export interface Till {
  price: Amount
  discount: Amount
  total: Amount
  paid: Amount
  left: Amount
  paymentStatus: PaymentStatus
}

export const paymentStatuses = ['pending', 'partially_paid', 'paid', 'refunded'] as const
export type PaymentStatus = (typeof paymentStatuses)[number]

/** Of what is due and each payment; money that went back is below zero. */
export function paymentStatusOf(due: Amount, payments: readonly { amount: Amount }[]): PaymentStatus {
  const paid = payments.reduce((sum, payment) => sum + payment.amount, 0)
  if (paid === 0) return payments.length > 0 ? 'refunded' : 'pending'
  return paid < due ? 'partially_paid' : 'paid'
}

export function tillOf({ services, discountPercent, payments }: WalkIn): Till {
  const price = services.reduce((sum, service) => sum + service.price, 0)
  const discount = percentOf(price, discountPercent)
  const total = price - discount
  const paid = payments.reduce((sum, payment) => sum + payment.amount, 0)
  return { price, discount, total, paid, left: total - paid, paymentStatus: paymentStatusOf(total, payments) }
}

export type WalkInFault =
  | 'closed'
  | 'discount_too_large'
  | 'too_cheap'
  | 'nothing_to_pay'
  | 'overpaid'
  | 'reference_missing'
  | 'no_services'
  | 'not_paid'
  | 'already_paid'
  | 'too_many_services'
  | 'over_refunded'

/** Why this discount may not be given; null when it may. What was paid already is never more than what is then due. */
export function discountFault(walkIn: WalkIn, discountPercent: number): WalkInFault | null {
  if (walkIn.status !== 'in_progress') return 'closed'
  if (discountPercent < 0 || discountPercent > walkInLimits.maxDiscountPercent) return 'discount_too_large'
  const { total, left } = tillOf({ ...walkIn, discountPercent })
  if (total < walkInLimits.minPrice) return 'too_cheap'
  return left < 0 ? 'overpaid' : null
}

/** Money over the counter, in either direction. */
export interface Taken {
  amount: Amount
  method: PaymentMethod
  reference: string | null
}

/** What is wrong with money that is taken, or given back, whatever it is for. */
export function moneyFault({ amount, method, reference }: Taken): 'nothing_to_pay' | 'reference_missing' | null {
  if (amount <= 0) return 'nothing_to_pay'
  return method !== 'cash' && !reference ? 'reference_missing' : null
}

export function paymentFault(walkIn: WalkIn, payment: Taken): WalkInFault | null {
  if (walkIn.status !== 'in_progress') return 'closed'
  const fault = moneyFault(payment)
  if (fault) return fault
  return payment.amount > tillOf(walkIn).left ? 'overpaid' : null
}

/** Never more than what was paid. One that was completed may be given money back: its receipt stays as it was. */
export function refundFault(walkIn: WalkIn, refund: Taken): WalkInFault | null {
  if (walkIn.status === 'cancelled') return 'closed'
  const fault = moneyFault(refund)
  if (fault) return fault
  return refund.amount > tillOf(walkIn).paid ? 'over_refunded' : null
}

/** Why it may not have these services instead. What was paid already is never more than what is then due. */
export function servicesChangeFault(walkIn: WalkIn, services: readonly { price: Amount }[]): WalkInFault | null {
  if (walkIn.status !== 'in_progress') return 'closed'
  if (services.length > walkInLimits.services) return 'too_many_services'
  return tillOf({ ...walkIn, services }).left < 0 ? 'overpaid' : null
}

export function completionFault(walkIn: WalkIn): WalkInFault | null {
  if (walkIn.status !== 'in_progress') return 'closed'
  if (walkIn.services.length === 0) return 'no_services'
  const { total, left } = tillOf(walkIn)
  if (total < walkInLimits.minPrice) return 'too_cheap'
  return left > 0 ? 'not_paid' : null
}

/** Money that was taken is given back before a walk-in is cancelled. */
export function cancelFault(walkIn: WalkIn): WalkInFault | null {
  if (walkIn.status !== 'in_progress') return 'closed'
  return tillOf(walkIn).paid > 0 ? 'already_paid' : null
}
