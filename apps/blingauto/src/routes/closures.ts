import { callerOf } from '@ikoma/backend/http'
import { AppError } from '@ikoma/kernel'
import * as z from 'zod'
import { dayAfter, firstInstantOf, type Span } from '../domain/zoned-time.ts'
import { readSite } from '../store/calendar.ts'
import {
  type Closure,
  changeClosure,
  closePlace,
  getClosure,
  readClosuresWithin,
  refuseBackwards,
  reopenPlace,
} from '../store/closures.ts'
import { bookingAnswer, shownBooking } from './bookings/answer.ts'
import { day, instant, type Parts, typed } from './parts.ts'

const tags = ['facilities']
const reason = z.string().trim().min(1).max(200)
const closure = z
  .object({
    id: z.uuid(),
    starts_at: z.string(),
    ends_at: z.string(),
    reason: z.string(),
    resource_id: z.uuid().nullable().describe('One bay, team or member of the staff; null is the whole place.'),
  })
  .meta({ id: 'Closure' })
const hit = z.object({ closure, bookings: z.array(bookingAnswer) })
const dayMs = 86_400_000

export function closureRoutes(parts: Parts): void {
  readingRoutes(parts)
  closingRoute(parts)
  changeRoutes(parts)
}

function readingRoutes({ app: server, database, clock }: Parts): void {
  const app = typed(server)

  app.get(
    '/api/v1/facilities/closures',
    {
      config: { access: 'staff' },
      schema: {
        tags,
        summary: 'When the place, or one resource, is closed: a year from now without dates',
        querystring: z.object({
          from: instant.optional(),
          to: instant.optional(),
          resource_id: z.uuid().optional(),
        }),
        response: { 200: z.object({ closures: z.array(closure) }) },
      },
    },
    async ({ query }) => {
      const from = query.from === undefined ? clock.now() : Date.parse(query.from)
      const to = query.to === undefined ? from + 366 * dayMs : Date.parse(query.to)
      const found = await readClosuresWithin(database.db, { from, to }, query.resource_id ?? null)
      return { closures: found.map(shown) }
    },
  )

  app.get(
    '/api/v1/facilities/closures/:id',
    {
      config: { access: 'staff' },
      schema: { tags, summary: 'A closure', params: z.object({ id: z.uuid() }), response: { 200: closure } },
    },
    async ({ params }) => shown(await getClosure(database.db, params.id)),
  )
}

const closing = z.strictObject({
  starts_at: instant.optional(),
  ends_at: instant.optional(),
  date: day.optional().describe('Whole days of the place, instead of instants: the first'),
  until_date: day.optional().describe('and the last of them, the first without it.'),
  reason,
  resource_id: z.uuid().optional(),
})

function closingRoute({ app: server, database, clock }: Parts): void {
  typed(server).post(
    '/api/v1/facilities/closures',
    {
      config: { access: 'managers', idempotent: true, errors: [404] },
      schema: {
        tags,
        summary: 'Close the place, or one resource, for a time; the bookings that it hits are listed, and stay',
        body: closing,
        response: { 201: hit },
      },
    },
    async (request, reply) => {
      const { body } = request
      const { zone } = await readSite(database.db)
      const span = spanOf(body, zone)
      refuseBackwards(span)
      const why = {
        reason: body.reason,
        by: callerOf(request).id,
        now: clock.now(),
        resourceId: body.resource_id ?? null,
      }
      const made = await closePlace(database, span, why)
      return reply.code(201).send({ closure: shown(made.closure), bookings: made.bookings.map(shownBooking) })
    },
  )
}

function spanOf(body: z.infer<typeof closing>, zone: string): Span {
  const { starts_at: starts, ends_at: ends, date, until_date: until = date } = body
  const isDays = date !== undefined && until !== undefined && starts === undefined && ends === undefined
  if (isDays) return { from: firstInstantOf(date, '00:00', zone), to: firstInstantOf(dayAfter(until), '00:00', zone) }
  if (date === undefined && until === undefined && starts !== undefined && ends !== undefined)
    return { from: Date.parse(starts), to: Date.parse(ends) }
  throw new AppError('unprocessable', 'Name starts_at and ends_at, or date with until_date.', {
    reason: 'closure_time_invalid',
    fields: [{ field: 'body/starts_at', message: 'with ends_at, or date with until_date' }],
  })
}

function changeRoutes({ app: server, database, clock }: Parts): void {
  const app = typed(server)
  const path = '/api/v1/facilities/closures/:id'
  const params = z.object({ id: z.uuid() })

  app.patch(
    path,
    {
      config: { access: 'managers' },
      schema: {
        tags,
        summary: 'Change a closure; the bookings that it hits and did not hit before are listed',
        params,
        body: z.strictObject({ starts_at: instant, ends_at: instant, reason }).partial(),
        response: { 200: hit },
      },
    },
    async ({ params: { id }, body }) => {
      const at = (text: string | undefined) => (text === undefined ? undefined : new Date(text))
      const change = { startsAt: at(body.starts_at), endsAt: at(body.ends_at), reason: body.reason, now: clock.now() }
      const changed = await changeClosure(database, id, change)
      return { closure: shown(changed.closure), bookings: changed.bookings.map(shownBooking) }
    },
  )

  app.delete(
    path,
    {
      config: { access: 'managers' },
      schema: { tags, summary: 'Open again', params, response: { 204: z.null() } },
    },
    async ({ params: { id } }, reply) => {
      await getClosure(database.db, id)
      await reopenPlace(database, id)
      return reply.code(204).send(null)
    },
  )
}

function shown({ id, startsAt, endsAt, reason: why, resourceId }: Closure): z.infer<typeof closure> {
  const times = { starts_at: startsAt.toISOString(), ends_at: endsAt.toISOString() }
  return { id, ...times, reason: why, resource_id: resourceId }
}
