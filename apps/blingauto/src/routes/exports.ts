import { Readable } from 'node:stream'
import * as z from 'zod'
import { type BookingStatus, bookingTable } from '../domain/booking.ts'
import { bookingLines } from '../store/booking-export.ts'
import { instant, type Parts, typed } from './parts.ts'

export function exportRoutes({ app: server, database }: Parts): void {
  typed(server).get(
    '/api/v1/bookings/export.csv',
    {
      config: { access: 'managers' },
      schema: {
        tags: ['analytics'],
        summary: 'The bookings as CSV: UTF-8, amounts with a point, separated as `separator` says',
        querystring: z.object({
          status: z.enum(Object.keys(bookingTable) as [BookingStatus]).optional(),
          start_date: instant.optional(),
          end_date: instant.optional(),
          separator: z
            .enum(['comma', 'semicolon'])
            .default('comma')
            .describe('`semicolon` is what spreadsheets open by themselves where the decimal sign is a comma.'),
        }),
        response: { 200: { description: 'RFC 4180', content: { 'text/csv': { schema: z.string() } } } },
      },
    },
    async ({ query }, reply) => {
      const filter = {
        status: query.status,
        from: query.start_date === undefined ? undefined : new Date(query.start_date),
        to: query.end_date === undefined ? undefined : new Date(query.end_date),
      }
      const lines = bookingLines(database, filter, query.separator === 'comma' ? ',' : ';')
      reply
        .header('content-type', 'text/csv; charset=utf-8; header=present')
        .header('content-disposition', 'attachment; filename="bookings.csv"')
        .header('cache-control', 'private, no-store')
      return reply.send(Readable.from(lines) as never)
    },
  )
}
