import { callerOf, keepAnswer } from '@ikoma/backend/http'
import * as z from 'zod'
import { dueOf, refundOf, refundStatuses } from '../domain/booking-money.ts'
import { paymentStatusOf } from '../domain/walk-in.ts'
import { actOnBooking } from '../store/booking-acts.ts'
import { type PaidBooking, payBooking, refundBooking } from '../store/booking-payments.ts'
import type { Also } from '../store/held-booking.ts'
import { paymentsOf } from '../store/till.ts'
import { bookingAnswer, bookingOf, shownAfter } from './bookings/answer.ts'
import { amount, moneyBody, paymentsPart, shownPayments, takenOf } from './money.ts'
import { type Parts, typed } from './parts.ts'

const tags = ['payments']
const params = z.object({ id: z.uuid() })
const refundPart = {
  refund_amount: amount.describe('What is to be given back: what was paid beyond what is due.'),
  refund_status: z.enum(refundStatuses),
}
const shown = z
  .object({ booking_id: z.uuid(), booking_status: z.string(), due: amount, ...paymentsPart, ...refundPart })
  .meta({ id: 'BookingPayments' })

export function paymentRoutes(parts: Parts): void {
  readingRoute(parts)
  movingRoutes(parts)
  cancellationRoute(parts)
}

function readingRoute({ app: server, database: { db } }: Parts): void {
  typed(server).get(
    '/api/v1/bookings/:id/payments',
    {
      config: { access: 'user' },
      schema: { tags, summary: 'What was paid for a booking', params, response: { 200: shown } },
    },
    async (request) => {
      const booking = await bookingOf(db, request)
      return shownPaid({ booking, payments: await paymentsOf(db, { bookingId: booking.id }) })
    },
  )
}

function movingRoutes({ app: server, database, clock, tell }: Parts): void {
  const ways = [
    ['payments', 'staff', 'Take money for a booking; paid in full, one that is held is confirmed', payBooking],
    ['refunds', 'managers', 'Give money back', refundBooking],
  ] as const
  for (const [path, access, summary, move] of ways) {
    typed(server).post(
      `/api/v1/bookings/:id/${path}`,
      {
        config: { access, idempotent: true },
        schema: { tags, summary, params, body: moneyBody, response: { 201: shown } },
      },
      async (request, reply) => {
        const paid = await move(database, request.params.id, takenOf(request.body), {
          now: clock.now(),
          by: callerOf(request).id,
          also: async (tx, after) => {
            if (after.confirmed) await tell(tx, 'confirmed', after.booking)
            await keepAnswer(tx, request, { status: 201, body: shownPaid(after) })
          },
        })
        return reply.code(201).send(shownPaid(paid))
      },
    )
  }
}

function cancellationRoute({ app: server, database, clock, tell }: Parts): void {
  typed(server).post(
    '/api/v1/bookings/:id/cancel',
    {
      config: { access: 'user' },
      schema: {
        tags: ['bookings'],
        summary: 'Cancel a booking; late, it costs a part of its price',
        params,
        body: z.strictObject({ reason: z.string().max(500).optional() }),
        response: { 200: bookingAnswer.extend(refundPart) },
      },
    },
    async (request) => {
      const { id } = await bookingOf(database.db, request)
      const also: Also = (tx, cancelled) => tell(tx, 'cancelled', cancelled)
      const how = { now: clock.now(), reason: request.body.reason ?? null, also }
      const booking = await actOnBooking(database, id, 'cancel', how)
      const payments = await paymentsOf(database.db, { bookingId: id })
      return { ...(await shownAfter(database.db, id)), ...shownRefund({ booking, payments }) }
    },
  )
}

function shownPaid({ booking, payments }: PaidBooking): z.infer<typeof shown> {
  const due = dueOf(booking)
  return {
    booking_id: booking.id,
    booking_status: booking.status,
    due,
    ...shownPayments(payments, due),
    payment_status: paymentStatusOf(due, payments),
    ...shownRefund({ booking, payments }),
  }
}

function shownRefund({ booking, payments }: PaidBooking) {
  const refund = refundOf(booking, payments)
  return { refund_amount: refund.amount, refund_status: refund.status }
}
