import { callerOf } from '@ikoma/backend/http'
import { AppError } from '@ikoma/kernel'
import type { FastifyReply } from 'fastify'
import * as z from 'zod'
import { calendarText } from '../domain/calendar-entries.ts'
import { calendarEntries } from '../store/calendar-feed.ts'
import { ownerOfLink, renewCalendarLink, revokeCalendarLink } from '../store/calendar-links.ts'
import { isStaff } from './bookings/answer.ts'
import { type Parts, typed } from './parts.ts'

const tags = ['calendar']
const response = {
  200: { description: 'iCalendar (RFC 5545)', content: { 'text/calendar': { schema: z.string() } } },
}

export function calendarFeedRoutes(parts: Parts): void {
  linkRoutes(parts)
  feedRoutes(parts)
}

function linkRoutes({ app: server, database, clock }: Parts): void {
  const app = typed(server)

  app.post(
    '/api/v1/bookings/calendar-link',
    {
      config: { access: 'user' },
      schema: {
        tags,
        summary: 'A new secret address of my bookings for a calendar; the one before it is over',
        body: z.strictObject({}).optional(),
        response: { 201: z.object({ path: z.string().describe('Shown this once.') }) },
      },
    },
    async (request, reply) => {
      const token = await renewCalendarLink(database, callerOf(request).id, clock.now())
      return reply.code(201).send({ path: `/api/v1/bookings/calendar/${token}.ics` })
    },
  )

  app.delete(
    '/api/v1/bookings/calendar-link',
    {
      config: { access: 'user', errors: [404] },
      schema: { tags, summary: 'End the address of my bookings', response: { 204: z.null() } },
    },
    async (request, reply) => {
      await revokeCalendarLink(database, callerOf(request).id)
      return reply.code(204).send(null)
    },
  )
}

function feedRoutes({ app: server, database, clock }: Parts): void {
  const app = typed(server)
  const send = async (reply: FastifyReply, reader: { id: string; role: string }) => {
    const customerId = isStaff(reader) ? null : reader.id
    const { place, entries } = await calendarEntries(database.db, { customerId, now: clock.now() })
    reply.header('content-type', 'text/calendar; charset=utf-8').header('cache-control', 'private, no-store')
    return reply.send(calendarText(place, entries))
  }

  app.get(
    '/api/v1/bookings/calendar.ics',
    {
      config: { access: 'user' },
      schema: { tags, summary: 'The bookings for a calendar: all of them for staff, their own for clients', response },
    },
    async (request, reply) => send(reply, callerOf(request)),
  )

  app.get(
    '/api/v1/bookings/calendar/:file',
    {
      config: { access: 'anyone' },
      schema: {
        tags,
        summary: 'The bookings of whom the secret address belongs to',
        params: z.object({ file: z.string().max(100) }),
        response,
      },
    },
    async (request, reply) => {
      const owner = await ownerOfLink(database, request.params.file.replace(/\.ics$/, ''))
      if (!owner) throw new AppError('not_found', 'There is no such calendar.', { reason: 'calendar_not_found' })
      return send(reply, owner)
    },
  )
}
