import * as z from 'zod'
import type { BookingAct } from '../../domain/booking.ts'
import { actOnBooking } from '../../store/booking-acts.ts'
import { receiptWhenPaid } from '../../store/booking-payments.ts'
import type { Also } from '../../store/held-booking.ts'
import { type Parts, typed } from '../parts.ts'
import { bookingAnswer, bookingOf, instant, shownAfter } from './answer.ts'

const tags = ['bookings']

export function actRoutes({ app: server, database, clock, tell }: Parts): void {
  const app = typed(server)
  const acts: [path: string, act: Exclude<BookingAct, 'expire' | 'complete'>, access: string, summary: string][] = [
    ['confirm', 'confirm', 'staff', 'Confirm a booking that is held'],
    ['start', 'start', 'staff', 'The wash begins'],
    ['no-show', 'no_show', 'staff', 'Nobody came, half an hour after the time'],
  ]
  for (const [path, act, access, summary] of acts) {
    app.post(
      `/api/v1/bookings/:id/${path}`,
      {
        config: { access },
        schema: {
          tags,
          summary,
          params: z.object({ id: z.uuid() }),
          body: z.strictObject({ reason: z.string().max(500).optional() }),
          response: { 200: bookingAnswer },
        },
      },
      async (request) => {
        const { id } = await bookingOf(database.db, request)
        const also: Also = async (tx, booking) => {
          if (act === 'confirm') await tell(tx, 'confirmed', booking)
          if (act === 'no_show') await tell(tx, 'no_show', booking)
        }
        await actOnBooking(database, id, act, { now: clock.now(), reason: request.body.reason ?? null, also })
        return shownAfter(database.db, id)
      },
    )
  }
}

export function completionRoute({ app: server, database, clock }: Parts): void {
  typed(server).post(
    '/api/v1/bookings/:id/complete',
    {
      config: { access: 'staff' },
      schema: {
        tags,
        summary: 'The wash is done; each full minute beyond its time costs',
        params: z.object({ id: z.uuid() }),
        body: z.strictObject({ actual_end_time: instant.optional() }),
        response: { 200: bookingAnswer },
      },
    },
    async ({ params, body }) => {
      const now = clock.now()
      const endedAt = body.actual_end_time === undefined ? now : Date.parse(body.actual_end_time)
      const also: Also = (tx, booking) => receiptWhenPaid(tx, booking, now)
      await actOnBooking(database, params.id, 'complete', { now, endedAt, also })
      return shownAfter(database.db, params.id)
    },
  )
}
