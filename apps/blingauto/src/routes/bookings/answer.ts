import { callerOf, type Principal } from '@ikoma/backend/http'
import { AppError } from '@ikoma/kernel'
import { eq } from 'drizzle-orm'
import type { FastifyRequest } from 'fastify'
import * as z from 'zod'
import { bookingTable } from '../../domain/booking.ts'
import { dueOf } from '../../domain/booking-money.ts'
import { localOf } from '../../domain/zoned-time.ts'
import { type BookingView, readBookings } from '../../store/booking-views.ts'
import type { Reader } from '../../store/calendar.ts'
import { bookings } from '../../store/schema.ts'

export const staff = ['washer', 'manager', 'admin']
export const managers = ['manager', 'admin']
export const statuses = Object.keys(bookingTable) as [keyof typeof bookingTable]

export const location = z.strictObject({
  latitude: z.number().min(-90).max(90).describe('Degrees, north positive.'),
  longitude: z.number().min(-180).max(180).describe('Degrees, east positive.'),
})

export const bookingAnswer = z
  .object({
    id: z.uuid(),
    customer_id: z.uuid(),
    vehicle_id: z.uuid(),
    booking_type: z.string(),
    status: z.enum(statuses),
    wash_bay_id: z.uuid().nullable(),
    mobile_team_id: z.uuid().nullable(),
    staff_id: z.uuid().nullable().describe('Who washes, where somebody was named.'),
    customer_location: location.nullable(),
    services: z.array(
      z.object({ id: z.uuid(), name: z.string(), price: z.number().int(), duration_minutes: z.number().int() }),
    ),
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
    phone_number: z.string().nullable(),
    series_id: z.uuid().nullable(),
    rating: z.number().int().nullable(),
  })
  .meta({ id: 'Booking' })

export function shownBooking(booking: BookingView): z.infer<typeof bookingAnswer> {
  const { startsAt, zone, latitude, longitude, type, placeId } = booking
  const offset = localOf(startsAt.getTime(), zone).offset
  return {
    id: booking.id,
    customer_id: booking.customerId,
    vehicle_id: booking.vehicleId,
    booking_type: type,
    status: booking.status,
    wash_bay_id: type === 'stationary' ? placeId : null,
    mobile_team_id: type === 'mobile' ? placeId : null,
    staff_id: booking.staffId,
    customer_location: latitude === null || longitude === null ? null : { latitude, longitude },
    services: booking.services.map(({ durationMin, ...service }) => ({ ...service, duration_minutes: durationMin })),
    scheduled_at: startsAt.toISOString(),
    ends_at: booking.endsAt.toISOString(),
    local: { date: booking.localDate, time: booking.localTime, zone, utc_offset: offset },
    estimated_duration_minutes: booking.durationMin,
    total_price: booking.price,
    cancellation_fee: booking.fee,
    overtime_fee: booking.overtimeFee,
    final_price: dueOf(booking),
    hold_expires_at: booking.holdExpiresAt?.toISOString() ?? null,
    notes: booking.notes,
    phone_number: booking.phoneNumber,
    series_id: booking.seriesId,
    rating: booking.rating,
  }
}

/** The booking of the path, when it is the caller's to see: of somebody else it is as if there were none. */
export async function bookingOf(reader: Reader, request: FastifyRequest): Promise<BookingView> {
  const { id } = request.params as { id: string }
  const booking = await findBooking(reader, id)
  const caller = callerOf(request)
  if (booking && (booking.customerId === caller.id || isStaff(caller))) return booking
  throw new AppError('not_found', 'There is no such booking.', { reason: 'booking_not_found' })
}

export async function shownAfter(reader: Reader, id: string) {
  const booking = await findBooking(reader, id)
  if (!booking) throw new Error(`booking ${id} is gone`)
  return shownBooking(booking)
}

async function findBooking(reader: Reader, id: string): Promise<BookingView | undefined> {
  const [booking] = await readBookings(reader, eq(bookings.id, id), { limit: 1 })
  return booking
}

export const isStaff = ({ role }: Pick<Principal, 'role'>) => staff.includes(role)
