import * as z from 'zod'
import { limits } from '../domain/booking.ts'
import { paymentMethods, paymentStatuses, type Taken } from '../domain/walk-in.ts'
import { type Payment, sumOf } from '../store/till.ts'

export const amount = z.number().int().describe('In the smallest unit of the currency.')

/** Of what is taken, and of what is given back: both above zero. */
export const moneyBody = z.strictObject({
  amount: z
    .number()
    .int()
    .min(1)
    .max(limits.maxPrice * 10)
    .describe('In the smallest unit of the currency.'),
  payment_method: z.enum(paymentMethods),
  transaction_reference: z.string().trim().max(100).optional().describe('For all but cash.'),
})

export function takenOf(body: z.infer<typeof moneyBody>): Taken {
  return { amount: body.amount, method: body.payment_method, reference: body.transaction_reference || null }
}

const payment = z
  .object({
    id: z.uuid(),
    amount: amount.describe('Below zero where it was given back.'),
    payment_method: z.enum(paymentMethods),
    transaction_reference: z.string().nullable(),
    taken_by: z.uuid(),
    paid_at: z.string(),
  })
  .meta({ id: 'Payment' })

export const paymentsPart = {
  paid: amount,
  left_to_pay: amount,
  payment_status: z.enum(paymentStatuses),
  payments: z.array(payment),
}

export function shownPayments(rows: readonly Payment[], due: number) {
  return {
    paid: sumOf(rows),
    left_to_pay: due - sumOf(rows),
    payments: rows.map((row) => ({
      id: row.id,
      amount: row.amount,
      payment_method: row.method,
      transaction_reference: row.reference,
      taken_by: row.takenBy,
      paid_at: row.createdAt.toISOString(),
    })),
  }
}
