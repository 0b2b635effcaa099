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
  paymentStatus: 'pending' | 'partially_paid' | 'paid'
}

export function tillOf({ services, discountPercent, payments }: WalkIn): Till {
  const price = services.reduce((sum, service) => sum + service.price, 0)
  const discount = percentOf(price, discountPercent)
  const total = price - discount
  const paid = payments.reduce((sum, payment) => sum + payment.amount, 0)
  const paymentStatus = paid === 0 ? 'pending' : paid < total ? 'partially_paid' : 'paid'
  return { price, discount, total, paid, left: total - paid, paymentStatus }
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

/** Why this discount may not be given; null when it may. What was paid already is never more than what is then due. */
export function discountFault(walkIn: WalkIn, discountPercent: number): WalkInFault | null {
  if (walkIn.status !== 'in_progress') return 'closed'
  if (discountPercent < 0 || discountPercent > walkInLimits.maxDiscountPercent) return 'discount_too_large'
  const { total, left } = tillOf({ ...walkIn, discountPercent })
  if (total < walkInLimits.minPrice) return 'too_cheap'
  return left < 0 ? 'overpaid' : null
}

export function paymentFault(
  walkIn: WalkIn,
  payment: { amount: Amount; method: PaymentMethod; reference: string | null },
): WalkInFault | null {
  if (walkIn.status !== 'in_progress') return 'closed'
  if (payment.amount <= 0) return 'nothing_to_pay'
  if (payment.method !== 'cash' && !payment.reference) return 'reference_missing'
  return payment.amount > tillOf(walkIn).left ? 'overpaid' : null
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
