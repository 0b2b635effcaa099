import type { Database } from '@ikoma/backend/postgres'
import { AppError } from '@ikoma/kernel'
import { afterAct, type BookingAct, cancellationFee, noShowFrom, overtimeFee } from '../domain/booking.ts'
import { slotsOf } from './booking-holds.ts'
import type { Booking } from './bookings.ts'
import { type Also, changeBooking, isExpired, withBooking } from './held-booking.ts'
import { releaseSlots } from './time-slots.ts'

interface How {
  now: number
  reason?: string | null
  endedAt?: number
  also?: Also
}

/** Does one act of the state table. Rejects with a conflict where the booking is in no state for it. */
export async function actOnBooking(
  database: Database,
  id: string,
  act: Exclude<BookingAct, 'expire'>,
  how: How,
): Promise<Booking> {
  return withBooking(database, id, {}, async (tx, { booking }) => {
    const changes = changesOf(booking, act, how)
    if (act === 'cancel' || act === 'no_show') await releaseSlots(tx, slotsOf(booking))
    const after = await changeBooking(tx, id, changes, how.now)
    await how.also?.(tx, after)
    return after
  })
}

function changesOf(
  booking: Booking,
  act: Exclude<BookingAct, 'expire'>,
  { now, reason = null, endedAt = now }: How,
): Partial<Booking> {
  const status = afterAct(booking.status, act)
  if (status === null || isExpired(booking, now))
    throw new AppError('conflict', `A booking that is ${booking.status} cannot do this: ${act}.`, {
      reason: 'wrong_status',
    })
  const [startsAt, endsAt] = [booking.startsAt.getTime(), booking.endsAt.getTime()]
  if (act === 'no_show' && now < noShowFrom(startsAt))
    throw new AppError('unprocessable', 'Wait until half an hour after the time.', { reason: 'too_early_for_no_show' })
  if (act === 'complete' && (endedAt > now || endedAt < (booking.actualStartAt?.getTime() ?? startsAt)))
    throw new AppError('unprocessable', 'actual_end_time: between its start and now.', { reason: 'end_time_invalid' })
  const ofAct = {
    confirm: { holdExpiresAt: null },
    cancel: { fee: cancellationFee({ ...booking, startsAt }, now), endReason: reason },
    no_show: { fee: booking.price },
    start: { actualStartAt: new Date(now) },
    complete: { actualEndAt: new Date(endedAt), overtimeFee: overtimeFee(endsAt, endedAt) },
  }
  return { status, ...ofAct[act] }
}
