import { type Amount, percentOf } from '@ikoma/backend'

/** Each state of a booking, and what each act makes of it. What is not there may not be done. */
export const bookingTable = {
  pending: { confirm: 'confirmed', cancel: 'cancelled', expire: 'cancelled' },
  confirmed: { start: 'in_progress', cancel: 'cancelled', no_show: 'no_show' },
  in_progress: { complete: 'completed' },
  completed: {},
  cancelled: {},
  no_show: {},
} as const

export type BookingStatus = keyof typeof bookingTable
export type BookingAct = 'confirm' | 'cancel' | 'expire' | 'start' | 'no_show' | 'complete'

/** What of the states keeps others from the resource. */
export const holdingStatuses = ['pending', 'confirmed', 'in_progress'] as const satisfies BookingStatus[]

/** The state after the act; null when the booking is not in one that allows it. */
export function afterAct(status: BookingStatus, act: BookingAct): BookingStatus | null {
  return (bookingTable[status] as Partial<Record<BookingAct, BookingStatus>>)[act] ?? null
}

const minute = 60_000
const hour = 60 * minute

export const limits = {
  services: 10,
  minDurationMin: 30,
  maxDurationMin: 240,
  /** 10,000.00 */
  maxPrice: 10_000_00,
  graceMin: 30,
  /** 1.00 a minute */
  overtimePerMin: 1_00,
  rescheduleNoticeMin: 120,
} as const

export interface BookedService {
  serviceId: string
  price: Amount
  durationMin: number
}

export type ServicesFault = 'none' | 'too_many' | 'twice' | 'too_short' | 'too_long' | 'too_dear'

/** What is wrong with the services of a booking; null when nothing. */
export function servicesFault(services: readonly BookedService[]): ServicesFault | null {
  const { durationMin, price } = totalOf(services)
  if (services.length === 0) return 'none'
  if (services.length > limits.services) return 'too_many'
  if (new Set(services.map(({ serviceId }) => serviceId)).size < services.length) return 'twice'
  if (durationMin < limits.minDurationMin) return 'too_short'
  if (durationMin > limits.maxDurationMin) return 'too_long'
  return price > limits.maxPrice ? 'too_dear' : null
}

export function totalOf(services: readonly BookedService[]): { durationMin: number; price: Amount } {
  const sum = (part: 'durationMin' | 'price') => services.reduce((total, service) => total + service[part], 0)
  return { durationMin: sum('durationMin'), price: sum('price') }
}

/** How much of the price is kept of who cancels: nothing up to 24 hours before, all within the last two. */
export function cancellationPercent(startsAt: number, now: number): 0 | 25 | 50 | 100 {
  const left = startsAt - now
  if (left >= 24 * hour) return 0
  if (left >= 6 * hour) return 25
  return left >= 2 * hour ? 50 : 100
}

/** Of a booking that was never confirmed nothing is kept. */
export function cancellationFee(
  booking: { status: BookingStatus; startsAt: number; price: Amount },
  now: number,
): Amount {
  return booking.status === 'confirmed' ? percentOf(booking.price, cancellationPercent(booking.startsAt, now)) : 0
}

/** From when on who did not come may be told so. */
export function noShowFrom(startsAt: number): number {
  return startsAt + limits.graceMin * minute
}

/** For each full minute that it took longer than it was booked for. */
export function overtimeFee(endsAt: number, endedAt: number): Amount {
  return Math.max(0, Math.floor((endedAt - endsAt) / minute)) * limits.overtimePerMin
}

export function mayReschedule(booking: { status: BookingStatus; startsAt: number }, now: number): boolean {
  const open = booking.status === 'pending' || booking.status === 'confirmed'
  return open && booking.startsAt - now >= limits.rescheduleNoticeMin * minute
}
