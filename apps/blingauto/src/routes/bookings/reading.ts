import { callerOf } from '@ikoma/backend/http'
import { and, eq, gte, lt, type SQL } from 'drizzle-orm'
import * as z from 'zod'
import { countBookings, readBookings } from '../../store/booking-views.ts'
import { bookings } from '../../store/schema.ts'
import { type Parts, typed } from '../parts.ts'
import { bookingAnswer, bookingOf, instant, isStaff, shownBooking, statuses } from './answer.ts'

const tags = ['bookings']

export function readingRoutes({ app: server, database }: Parts): void {
  const app = typed(server)
  const { db } = database

  app.get(
    '/api/v1/bookings',
    {
      config: { access: 'user' },
      schema: {
        tags,
        summary: 'The bookings: all of them for staff, their own for clients',
        querystring: z.object({
          customer_id: z.uuid().optional(),
          status: z.enum(statuses).optional(),
          start_date: instant.optional(),
          end_date: instant.optional(),
          page: z.coerce.number().int().min(1).max(100_000).default(1),
          limit: z.coerce.number().int().min(1).max(100).default(20),
        }),
        response: {
          200: z.object({
            bookings: z.array(bookingAnswer),
            total_count: z.number().int(),
            page: z.number().int(),
            limit: z.number().int(),
            has_next: z.boolean(),
          }),
        },
      },
    },
    async (request) => {
      const { page, limit, ...filters } = request.query
      const caller = callerOf(request)
      const customer = isStaff(caller) ? filters.customer_id : caller.id
      const conditions: (SQL | undefined)[] = [
        customer === undefined ? undefined : eq(bookings.customerId, customer),
        filters.status === undefined ? undefined : eq(bookings.status, filters.status),
        filters.start_date === undefined ? undefined : gte(bookings.startsAt, new Date(filters.start_date)),
        filters.end_date === undefined ? undefined : lt(bookings.startsAt, new Date(filters.end_date)),
      ]
      const wanted = and(...conditions)
      const found = await readBookings(db, wanted, { offset: (page - 1) * limit, limit })
      const all = await countBookings(db, wanted)
      return { bookings: found.map(shownBooking), total_count: all, page, limit, has_next: page * limit < all }
    },
  )

  app.get(
    '/api/v1/bookings/:id',
    {
      config: { access: 'user' },
      schema: { tags, summary: 'A booking', params: z.object({ id: z.uuid() }), response: { 200: bookingAnswer } },
    },
    async (request) => shownBooking(await bookingOf(db, request)),
  )
}
