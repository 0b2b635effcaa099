import { callerOf, keepAnswer } from '@ikoma/backend/http'
import { AppError } from '@ikoma/kernel'
import type { FastifyRequest } from 'fastify'
import * as z from 'zod'
import { servicesFault } from '../domain/booking.ts'
import { baysFor, refuseServices } from '../store/bookings.ts'
import { offeredServices } from '../store/catalogue.ts'
import type { Also } from '../store/held-booking.ts'
import { cancelRest, type PlacedSeries, placeSeries, readSeries } from '../store/series.ts'
import { bookingAnswer, isStaff, shownBooking } from './bookings/answer.ts'
import { customerOf, getVehicle } from './bookings/placing.ts'
import { instant, type Parts, typed } from './parts.ts'

const tags = ['bookings']
const params = z.object({ id: z.uuid() })
const conflict = z.object({ date: z.string(), time: z.string(), reason: z.string() })
const shown = z
  .object({
    id: z.uuid(),
    customer_id: z.uuid(),
    date: z.string().describe('Of the first, as the clock of the place shows it.'),
    time: z.string(),
    zone: z.string(),
    every_weeks: z.number().int(),
    count: z.number().int(),
    bookings: z.array(bookingAnswer),
    conflicts: z.array(conflict).describe('Times that could not be had and were left out.'),
  })
  .meta({ id: 'Series' })

export function seriesRoutes(parts: Parts): void {
  placingRoute(parts)
  readingRoute(parts)
  cancellingRoute(parts)
}

function placingRoute({ app: server, database, clock }: Parts): void {
  typed(server).post(
    '/api/v1/bookings/series',
    {
      config: { access: 'user', idempotent: true, errors: [403] },
      schema: {
        tags,
        summary: 'Book the same hour of the clock every so many weeks: all, or none and what is in the way',
        body: z.strictObject({
          customer_id: z.uuid().optional().describe('Whom staff books for; else whoever asks.'),
          vehicle_id: z.uuid(),
          service_ids: z.array(z.uuid()).min(1).max(10),
          scheduled_at: instant,
          booking_type: z.enum(['stationary']).default('stationary'),
          wash_bay_id: z.uuid().optional(),
          notes: z.string().max(1_000).optional(),
          phone_number: z.string().max(30).optional(),
          every_weeks: z.number().int().min(1).max(52),
          count: z.number().int().min(2).max(52),
          on_conflict: z.enum(['refuse', 'skip']).default('refuse'),
        }),
        response: { 201: shown },
      },
    },
    async (request, reply) => {
      const { body } = request
      const customerId = customerOf(callerOf(request), body.customer_id)
      const vehicle = await getVehicle(database.db, body.vehicle_id, customerId)
      const services = await offeredServices(database.db, body.service_ids)
      refuseServices(servicesFault(services))
      const wanted = {
        ...{ customerId, vehicleId: vehicle.id, services, startsAt: Date.parse(body.scheduled_at) },
        ...{ type: body.booking_type, notes: body.notes, phoneNumber: body.phone_number },
      }
      const fitting = await baysFor(database.db, vehicle.size)
      const resourceIds = body.wash_bay_id ? fitting.filter((id) => id === body.wash_bay_id) : fitting
      const plan = { everyWeeks: body.every_weeks, count: body.count, onConflict: body.on_conflict }
      const placed = await placeSeries(database, wanted, plan, {
        ...{ resourceIds, now: clock.now() },
        also: (tx, after) => keepAnswer(tx, request, { status: 201, body: shownSeries(after) }),
      })
      return reply.code(201).send(shownSeries(placed))
    },
  )
}

function readingRoute({ app: server, database }: Parts): void {
  typed(server).get(
    '/api/v1/bookings/series/:id',
    {
      config: { access: 'user' },
      schema: {
        tags,
        summary: 'A series and its bookings',
        params,
        response: { 200: shown.omit({ conflicts: true }) },
      },
    },
    async (request) => {
      const { conflicts: _, ...found } = shownSeries(await getSeries({ database }, request, request.params.id))
      return found
    },
  )
}

function cancellingRoute({ app: server, database, clock, tell }: Parts): void {
  typed(server).post(
    '/api/v1/bookings/series/:id/cancel',
    {
      config: { access: 'user' },
      schema: {
        tags,
        summary: 'Cancel what is still to come of a series, each for the fee that it costs by then',
        params,
        body: z.strictObject({ reason: z.string().max(500).optional() }),
        response: { 200: z.object({ cancelled: z.array(bookingAnswer) }) },
      },
    },
    async (request) => {
      const { series } = await getSeries({ database }, request, request.params.id)
      const also: Also = (tx, cancelled) => tell(tx, 'cancelled', cancelled)
      const how = { now: clock.now(), reason: request.body.reason ?? null, also }
      return { cancelled: (await cancelRest(database, series.id, how)).map(shownBooking) }
    },
  )
}

/** Of somebody else it is as if there were none. */
async function getSeries({ database }: Pick<Parts, 'database'>, request: FastifyRequest, id: string) {
  const found = await readSeries(database.db, id)
  const caller = callerOf(request)
  if (found && (found.series.customerId === caller.id || isStaff(caller))) return { ...found, conflicts: [] }
  throw new AppError('not_found', 'There is no such series.', { reason: 'series_not_found' })
}

function shownSeries({ series, bookings, conflicts }: PlacedSeries): z.infer<typeof shown> {
  const { id, customerId, date, time, zone, everyWeeks, count } = series
  return {
    ...{ id, customer_id: customerId, date, time, zone, every_weeks: everyWeeks, count },
    bookings: bookings.map(shownBooking),
    conflicts,
  }
}
