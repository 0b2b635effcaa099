import * as z from 'zod'
import type { BookingAct } from '../../domain/booking.ts'
import { actOnBooking } from '../../store/booking-acts.ts'
import { type Parts, typed } from '../parts.ts'
import { bookingAnswer, bookingOf, instant, shownAfter } from './answer.ts'

const tags = ['bookings']

export function actRoutes({ app: server, database, clock }: Parts): void {
  const app = typed(server)
  const acts: [path: string, act: Exclude<BookingAct, 'expire' | 'complete'>, access: string, summary: string][] = [
    ['confirm', 'confirm', 'staff', 'Confirm a booking that is held'],
    ['start', 'start', 'staff', 'The wash begins'],
    ['no-show', 'no_show', 'staff', 'Nobody came, half an hour after the time'],
    ['cancel', 'cancel', 'user', 'Cancel a booking; late, it costs a part of its price'],
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
        await actOnBooking(database, id, act, { now: clock.now(), reason: request.body.reason ?? null })
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
      await actOnBooking(database, params.id, 'complete', { now, endedAt })
      return shownAfter(database.db, params.id)
    },
  )
}
