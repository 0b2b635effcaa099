import type { Database } from '@ikoma/backend/postgres'
import { AppError } from '@ikoma/kernel'
import { mayReschedule } from '../domain/booking.ts'
import type { Place } from '../domain/mobile-area.ts'
import { slotsOf } from './booking-holds.ts'
import { type Booking, firstThatTakes, timesOf } from './bookings.ts'
import { type Also, changeBooking, isExpired, withBooking } from './held-booking.ts'
import { takeTime } from './time-slots.ts'

interface Goal {
  startsAt: number
  resourceId: string
  now: number
  also?: Also
}

/**
 * Moves it to another time, and another resource where one is given: all of it or nothing, with who washes, and what it costs
 * stays.
 */
export async function rescheduleBooking(
  database: Database,
  id: string,
  { startsAt, resourceId, now, also }: Goal,
): Promise<Booking> {
  return withBooking(database, id, { also: [resourceId] }, async (tx, { booking, place, staff }) => {
    refuseLate(booking, now)
    const claims = [{ resourceId, moved: place }, ...(staff ? [{ resourceId: staff.resourceId, moved: staff }] : [])]
    const time = { startsAt, durationMin: booking.durationMin, now, location: locationOf(booking) }
    const { span, site } = await takeTime(tx, claims, time)
    const moved = await changeBooking(tx, id, timesOf(span, site.zone), now)
    await also?.(tx, moved)
    return moved
  })
}

/** The same to the first of these that is free then, each in a transaction of its own. */
export async function rescheduleToAny(
  database: Database,
  booking: Booking,
  { startsAt, resourceIds, ...how }: Omit<Goal, 'resourceId'> & { resourceIds: readonly string[] },
): Promise<Booking> {
  const { now } = how
  refuseLate(booking, now)
  const time = { startsAt, durationMin: booking.durationMin, now, but: slotsOf(booking) }
  return firstThatTakes(database, { resourceIds }, time, (resourceId) =>
    rescheduleBooking(database, booking.id, { startsAt, resourceId, ...how }),
  )
}

function refuseLate(booking: Booking, now: number): void {
  if (isExpired(booking, now) || !mayReschedule({ ...booking, startsAt: booking.startsAt.getTime() }, now))
    throw new AppError('unprocessable', 'It can be moved up to two hours before it begins.', {
      reason: 'too_late_to_reschedule',
    })
}

/** Where a team goes for it; null of one at a bay. */
export function locationOf({ latitude, longitude }: Booking): Place | null {
  return latitude === null || longitude === null ? null : { latitude, longitude }
}
