import { callerOf } from '@ikoma/backend/http'
import { AppError } from '@ikoma/kernel'
import * as z from 'zod'
import { deleteRating, rateBooking } from '../store/ratings.ts'
import { bookingOf } from './bookings/answer.ts'
import { type Parts, typed } from './parts.ts'

const tags = ['bookings']
const params = z.object({ id: z.uuid() })
const shown = z.object({
  booking_id: z.uuid(),
  rating: z.number().int(),
  feedback: z.string().nullable(),
  rated_at: z.string(),
})

export function ratingRoutes({ app: server, database, clock }: Parts): void {
  const app = typed(server)

  app.post(
    '/api/v1/bookings/:id/rate',
    {
      config: { access: 'user', errors: [403] },
      schema: {
        tags,
        summary: 'Rate a wash of mine, once, when it is completed',
        params,
        body: z.strictObject({
          rating: z.number().int().min(1).max(5),
          feedback: z.string().trim().max(1_000).optional(),
        }),
        response: { 200: shown },
      },
    },
    async (request) => {
      const caller = callerOf(request)
      const booking = await bookingOf(database.db, request)
      if (booking.customerId !== caller.id)
        throw new AppError('forbidden', 'Only whose booking it is rates it.', { reason: 'forbidden' })
      const { rating, feedback = null } = request.body
      const rated = await rateBooking(database, booking, { rating, feedback: feedback || null, now: clock.now() })
      return { booking_id: rated.id, rating, feedback: rated.feedback, rated_at: rated.ratedAt?.toISOString() ?? '' }
    },
  )

  app.delete(
    '/api/v1/bookings/:id/rating',
    {
      config: { access: 'admins' },
      schema: { tags, summary: 'Take a rating and its feedback away', params, response: { 204: z.null() } },
    },
    async (request, reply) => {
      await deleteRating(database, request.params.id)
      return reply.code(204).send(null)
    },
  )
}
