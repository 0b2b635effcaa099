import { callerOf, type Principal } from '@ikoma/backend/http'
import type { Transaction } from '@ikoma/backend/postgres'
import { AppError } from '@ikoma/kernel'
import { and, asc, count, eq, gte, inArray, lt, type SQL } from 'drizzle-orm'
import * as z from 'zod'
import { type BookingAct, bookingTable } from '../domain/booking.ts'
import { dueOf } from '../domain/booking-money.ts'
import { localOf } from '../domain/zoned-time.ts'
import { receiptWhenPaid } from '../store/booking-payments.ts'
import { type Also, actOnBooking, type Booking, baysFor, placeBooking, rescheduleBooking } from '../store/bookings.ts'
import { remindAnew } from '../store/due-bookings.ts'
import { bookings, services, timeSlots, vehicles } from '../store/schema.ts'
import { instant, type Parts, typed } from './parts.ts'

const tags = ['bookings']
const staff = ['washer', 'manager', 'admin']
const statuses = Object.keys(bookingTable) as [keyof typeof bookingTable]

export const bookingShape = z
  .object({
    id: z.uuid(),
    customer_id: z.uuid(),
    vehicle_id: z.uuid(),
    booking_type: z.string(),
    status: z.enum(statuses),
    scheduled_at: z.string(),
    ends_at: z.string(),
    local: z.object({ date: z.string(), time: z.string(), zone: z.string(), utc_offset: z.string() }),
    estimated_duration_minutes: z.number().int(),
    total_price: z.number().int().describe('In the smallest unit of the currency.'),
    cancellation_fee: z.number().int(),
    overtime_fee: z.number().int(),
    final_price: z.number().int().describe('What is due as it stands: the price with its overtime, or the fee.'),
    hold_expires_at: z.string().nullable(),
    notes: z.string().nullable(),
    series_id: z.uuid().nullable(),
    rating: z.number().int().nullable(),
  })
  .meta({ id: 'Booking' })

export function bookingRoutes(parts: Parts): void {
  placingRoutes(parts)
  readingRoutes(parts)
  actRoutes(parts)
  completionRoute(parts)
}

function placingRoutes({ app: server, database, clock, tell }: Parts): void {
  const app = typed(server)

  app.post(
    '/api/v1/bookings',
    {
      config: { access: 'user', idempotent: true, errors: [403] },
      schema: {
        tags,
        summary: 'Book a wash: at the bay that is named, or at any that is free',
        body: z.strictObject({
          customer_id: z.uuid().optional().describe('Whom staff books for; else whoever asks.'),
          vehicle_id: z.uuid(),
          service_ids: z.array(z.uuid()).min(1).max(10),
          scheduled_at: instant,
          booking_type: z.enum(['stationary']).default('stationary'),
          wash_bay_id: z.uuid().optional(),
          notes: z.string().max(1_000).optional(),
          phone_number: z.string().max(30).optional(),
        }),
        response: { 201: bookingShape },
      },
    },
    async (request, reply) => {
      const { body } = request
      const customerId = customerOf(callerOf(request), body.customer_id)
      const vehicle = await getVehicle(database.db, body.vehicle_id, customerId)
      const wanted = {
        customerId,
        vehicleId: vehicle.id,
        services: await getServices(database.db, body.service_ids),
        startsAt: Date.parse(body.scheduled_at),
        type: body.booking_type,
        notes: body.notes,
        phoneNumber: body.phone_number,
      }
      const fitting = await baysFor(database.db, vehicle.size)
      const resourceIds = body.wash_bay_id ? fitting.filter((id) => id === body.wash_bay_id) : fitting
      const booking = await placeBooking(database, wanted, { resourceIds, now: clock.now() })
      return reply.code(201).send(shownBooking(booking))
    },
  )

  app.post(
    '/api/v1/bookings/:id/reschedule',
    {
      config: { access: 'user' },
      schema: {
        tags,
        summary: 'Move a booking; what it costs stays',
        params: z.object({ id: z.uuid() }),
        body: z.strictObject({ new_scheduled_at: instant, reason: z.string().max(500).optional() }),
        response: { 200: bookingShape },
      },
    },
    async (request) => {
      const booking = await getBooking(database.db, request.params.id, callerOf(request))
      const [slot] = await database.db.select().from(timeSlots).where(eq(timeSlots.id, booking.slotId))
      const startsAt = Date.parse(request.body.new_scheduled_at)
      const now = clock.now()
      const also: Also = async (tx, moved) => {
        await remindAnew(tx, moved, now)
        await tell(tx, 'moved', moved)
      }
      const to = { startsAt, resourceId: slot?.resourceId ?? '', now, also }
      return shownBooking(await rescheduleBooking(database, booking.id, to))
    },
  )
}

function readingRoutes({ app: server, database }: Parts): void {
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
            bookings: z.array(bookingShape),
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
      const customer = staff.includes(caller.role) ? filters.customer_id : caller.id
      const conditions: (SQL | undefined)[] = [
        customer === undefined ? undefined : eq(bookings.customerId, customer),
        filters.status === undefined ? undefined : eq(bookings.status, filters.status),
        filters.start_date === undefined ? undefined : gte(bookings.startsAt, new Date(filters.start_date)),
        filters.end_date === undefined ? undefined : lt(bookings.startsAt, new Date(filters.end_date)),
      ]
      const wanted = and(...conditions)
      const found = await db
        .select()
        .from(bookings)
        .where(wanted)
        .orderBy(asc(bookings.startsAt), asc(bookings.id))
        .offset((page - 1) * limit)
        .limit(limit)
      const [total] = await db.select({ n: count() }).from(bookings).where(wanted)
      const all = total?.n ?? 0
      return { bookings: found.map(shownBooking), total_count: all, page, limit, has_next: page * limit < all }
    },
  )

  app.get(
    '/api/v1/bookings/:id',
    {
      config: { access: 'user' },
      schema: { tags, summary: 'A booking', params: z.object({ id: z.uuid() }), response: { 200: bookingShape } },
    },
    async (request) => shownBooking(await getBooking(db, request.params.id, callerOf(request))),
  )
}

function actRoutes({ app: server, database, clock, tell }: Parts): void {
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
          response: { 200: bookingShape },
        },
      },
      async (request) => {
        const { id } = await getBooking(database.db, request.params.id, callerOf(request))
        const also: Also = async (tx, booking) => {
          if (act === 'confirm') await tell(tx, 'confirmed', booking)
          if (act === 'no_show') await tell(tx, 'no_show', booking)
        }
        const how = { now: clock.now(), reason: request.body.reason ?? null, also }
        return shownBooking(await actOnBooking(database, id, act, how))
      },
    )
  }
}

function completionRoute({ app: server, database, clock }: Parts): void {
  typed(server).post(
    '/api/v1/bookings/:id/complete',
    {
      config: { access: 'staff' },
      schema: {
        tags,
        summary: 'The wash is done; each full minute beyond its time costs',
        params: z.object({ id: z.uuid() }),
        body: z.strictObject({ actual_end_time: instant.optional() }),
        response: { 200: bookingShape },
      },
    },
    async ({ params, body }) => {
      const now = clock.now()
      const endedAt = body.actual_end_time === undefined ? now : Date.parse(body.actual_end_time)
      const also: Also = (tx, booking) => receiptWhenPaid(tx, booking, now)
      return shownBooking(await actOnBooking(database, params.id, 'complete', { now, endedAt, also }))
    },
  )
}

export function isStaff({ role }: Pick<Principal, 'role'>): boolean {
  return staff.includes(role)
}

export function customerOf(caller: Principal, named: string | undefined): string {
  if (named === undefined || named === caller.id) return caller.id
  if (staff.includes(caller.role)) return named
  throw new AppError('forbidden', 'You book for yourself alone.', { reason: 'forbidden' })
}

type Reader = Pick<Transaction, 'select'>

/** Of somebody else it is as if there were none. */
export async function getBooking(reader: Reader, id: string, caller: Principal): Promise<Booking> {
  const [booking] = await reader.select().from(bookings).where(eq(bookings.id, id))
  if (booking && (booking.customerId === caller.id || staff.includes(caller.role))) return booking
  throw new AppError('not_found', 'There is no such booking.', { reason: 'booking_not_found' })
}

export async function getVehicle(reader: Reader, id: string, customerId: string) {
  const [vehicle] = await reader
    .select()
    .from(vehicles)
    .where(and(eq(vehicles.id, id), eq(vehicles.customerId, customerId)))
  if (vehicle && vehicle.deletedAt === null) return vehicle
  throw new AppError('unprocessable', 'vehicle_id: the customer has no such vehicle.', { reason: 'vehicle_not_found' })
}

export async function getServices(reader: Reader, ids: readonly string[]) {
  const found = await reader
    .select()
    .from(services)
    .where(and(inArray(services.id, [...ids]), eq(services.status, 'active')))
  const missing = ids.filter((id) => found.every((service) => service.id !== id))
  if (missing.length > 0)
    throw new AppError('unprocessable', 'service_ids: some are not offered.', {
      reason: 'service_not_found',
      details: { missing },
    })
  // As they were named: the same twice is refused by its rule.
  return ids.flatMap((id) => {
    const { name, price, durationMin } = found.find((service) => service.id === id) ?? found[0] ?? ({} as never)
    return [{ serviceId: id, name, price, durationMin }]
  })
}

export function shownBooking(booking: Booking): z.infer<typeof bookingShape> {
  const { startsAt, zone } = booking
  return {
    id: booking.id,
    customer_id: booking.customerId,
    vehicle_id: booking.vehicleId,
    booking_type: booking.type,
    status: booking.status,
    scheduled_at: startsAt.toISOString(),
    ends_at: booking.endsAt.toISOString(),
    local: {
      date: booking.localDate,
      time: booking.localTime,
      zone,
      utc_offset: localOf(startsAt.getTime(), zone).offset,
    },
    estimated_duration_minutes: booking.durationMin,
    total_price: booking.price,
    cancellation_fee: booking.fee,
    overtime_fee: booking.overtimeFee,
    final_price: dueOf(booking),
    hold_expires_at: booking.holdExpiresAt?.toISOString() ?? null,
    notes: booking.notes,
    series_id: booking.seriesId,
    rating: booking.rating,
  }
}
