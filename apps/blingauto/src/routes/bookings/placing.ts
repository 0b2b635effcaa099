import { callerOf, keepAnswer, type Principal } from '@ikoma/backend/http'
import { AppError } from '@ikoma/kernel'
import { and, eq } from 'drizzle-orm'
import * as z from 'zod'
import type { Place } from '../../domain/mobile-area.ts'
import { locationOf, rescheduleToAny } from '../../store/booking-moves.ts'
import type { BookingView } from '../../store/booking-views.ts'
import { baysFor, placeBooking } from '../../store/bookings.ts'
import type { Reader } from '../../store/calendar.ts'
import { offeredServices } from '../../store/catalogue.ts'
import { remindAnew } from '../../store/due-bookings.ts'
import type { Also } from '../../store/held-booking.ts'
import { outOfReach, teamsFor } from '../../store/mobile-teams.ts'
import { vehicles } from '../../store/schema.ts'
import { instant, type Parts, typed } from '../parts.ts'
import { bookingAnswer, bookingOf, isStaff, location, shownAfter, shownBooking } from './answer.ts'

const tags = ['bookings']
const wherever = {
  wash_bay_id: z.uuid().optional(),
  mobile_team_id: z.uuid().optional(),
}

export function placingRoute({ app: server, database, clock }: Parts): void {
  typed(server).post(
    '/api/v1/bookings',
    {
      config: { access: 'user', idempotent: true, errors: [403] },
      schema: {
        tags,
        summary: 'Book a wash: at the bay that is named, at any that is free, or where a team comes',
        body: z.strictObject({
          customer_id: z.uuid().optional().describe('Whom staff books for; else whoever asks.'),
          vehicle_id: z.uuid(),
          service_ids: z.array(z.uuid()).min(1).max(10),
          scheduled_at: instant,
          booking_type: z.enum(['stationary', 'mobile']).default('stationary'),
          customer_location: location.optional().describe('Where a mobile team comes.'),
          ...wherever,
          staff_id: z.uuid().optional().describe('Who shall wash.'),
          notes: z.string().max(1_000).optional(),
          phone_number: z.string().max(30).optional(),
        }),
        response: { 201: bookingAnswer },
      },
    },
    async (request, reply) => {
      const { body } = request
      refuseMixed(body)
      const customerId = customerOf(callerOf(request), body.customer_id)
      const vehicle = await getVehicle(database.db, body.vehicle_id, customerId)
      const wanted = {
        customerId,
        vehicleId: vehicle.id,
        services: await offeredServices(database.db, body.service_ids),
        startsAt: Date.parse(body.scheduled_at),
        type: body.booking_type,
        location: body.customer_location,
        notes: body.notes,
        phoneNumber: body.phone_number,
      }
      const named = body.wash_bay_id ?? body.mobile_team_id
      const fitting = await placesFor(database.db, vehicle.size, { where: body.customer_location ?? null, named })
      const resourceIds = fitting.filter((id) => id === (named ?? id))
      const placed = await placeBooking(database, wanted, {
        ...{ resourceIds, staffId: body.staff_id, now: clock.now() },
        also: (tx, booking) => keepAnswer(tx, request, { status: 201, body: shownBooking(booking) }),
      })
      return reply.code(201).send(shownBooking(placed))
    },
  )
}

export function reschedulingRoute({ app: server, database, clock, tell }: Parts): void {
  typed(server).post(
    '/api/v1/bookings/:id/reschedule',
    {
      config: { access: 'user' },
      schema: {
        tags,
        summary: 'Move a booking, to where it is or to any other that fits; what it costs stays',
        params: z.object({ id: z.uuid() }),
        body: z.strictObject({ new_scheduled_at: instant, reason: z.string().max(500).optional(), ...wherever }),
        response: { 200: bookingAnswer },
      },
    },
    async (request) => {
      const { body } = request
      const booking = await bookingOf(database.db, request)
      const startsAt = Date.parse(body.new_scheduled_at)
      const resourceIds = await othersFor(database.db, booking, body.wash_bay_id ?? body.mobile_team_id)
      const now = clock.now()
      const also: Also = async (tx, moved) => {
        await remindAnew(tx, moved, now)
        await tell(tx, 'moved', moved)
      }
      await rescheduleToAny(database, booking, { startsAt, resourceIds, now, also })
      return shownAfter(database.db, booking.id)
    },
  )
}

interface Asked {
  booking_type: 'stationary' | 'mobile'
  customer_location?: Place | undefined
  wash_bay_id?: string | undefined
  mobile_team_id?: string | undefined
}

function refuseMixed({ booking_type: type, customer_location: where, wash_bay_id: bay, mobile_team_id: team }: Asked) {
  const isMobile = type === 'mobile'
  const [field, message] =
    isMobile && !where
      ? ['customer_location', 'needed for a mobile booking']
      : !isMobile && where
        ? ['customer_location', 'of mobile bookings alone']
        : isMobile && bay !== undefined
          ? ['wash_bay_id', 'of stationary bookings alone']
          : !isMobile && team !== undefined
            ? ['mobile_team_id', 'of mobile bookings alone']
            : []
  if (field === undefined || message === undefined) return
  const fields = [{ field: `body/${field}`, message }]
  throw new AppError('unprocessable', `${field}: ${message}.`, { reason: `${field}_invalid`, fields })
}

/** Bays, or teams that come there, in the order in which they are tried. */
async function placesFor(
  reader: Reader,
  size: Parameters<typeof baysFor>[1],
  { where, named }: { where: Place | null; named: string | undefined },
): Promise<string[]> {
  if (where === null) return baysFor(reader, size, named)
  const teams = await teamsFor(reader, where)
  if (teams.length === 0) throw outOfReach()
  return teams
}

/** Where it is, then wherever else it fits; or the one that is named. */
async function othersFor(reader: Reader, booking: BookingView, named: string | undefined): Promise<string[]> {
  const [vehicle] = await reader.select().from(vehicles).where(eq(vehicles.id, booking.vehicleId))
  const where = booking.type === 'mobile' ? locationOf(booking) : null
  const fitting = where ? await teamsFor(reader, where) : await baysFor(reader, vehicle?.size ?? 'oversized')
  if (named !== undefined) return fitting.filter((id) => id === named)
  return [booking.placeId, ...fitting.filter((id) => id !== booking.placeId)]
}

export function customerOf(caller: Principal, named: string | undefined): string {
  if (named === undefined || named === caller.id) return caller.id
  if (isStaff(caller)) return named
  throw new AppError('forbidden', 'You book for yourself alone.', { reason: 'forbidden' })
}

export async function getVehicle(reader: Reader, id: string, customerId: string) {
  const [vehicle] = await reader
    .select()
    .from(vehicles)
    .where(and(eq(vehicles.id, id), eq(vehicles.customerId, customerId)))
  if (vehicle && vehicle.deletedAt === null) return vehicle
  throw new AppError('unprocessable', 'vehicle_id: the customer has no such vehicle.', { reason: 'vehicle_not_found' })
}
