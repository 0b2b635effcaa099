import ical, { ICalCalendarMethod, ICalEventStatus } from 'ical-generator'
import type { BookingStatus } from './booking.ts'
import { localOf } from './zoned-time.ts'

export interface CalendarEntry {
  booking: {
    id: string
    status: BookingStatus
    startsAt: Date
    endsAt: Date
    zone: string
    revision: number
    endReason: string | null
    createdAt: Date
    updatedAt: Date
  }
  services: string
  vehicle: string
}

const statusOf: Record<BookingStatus, ICalEventStatus> = {
  pending: ICalEventStatus.TENTATIVE,
  confirmed: ICalEventStatus.CONFIRMED,
  in_progress: ICalEventStatus.CONFIRMED,
  completed: ICalEventStatus.CONFIRMED,
  cancelled: ICalEventStatus.CANCELLED,
  no_show: ICalEventStatus.CANCELLED,
}

/** RFC 5545. Times are instants in UTC, which each calendar shows by its own clock; that of the place stands beside them. */
export function calendarText(place: string, entries: readonly CalendarEntry[]): string {
  const calendar = ical({ name: place, prodId: { company: 'ikoma', product: 'blingauto' } })
  calendar.method(ICalCalendarMethod.PUBLISH)
  for (const { booking, services, vehicle } of entries) {
    const { date, time, offset } = localOf(booking.startsAt.getTime(), booking.zone)
    calendar.createEvent({
      id: `${booking.id}@blingauto`,
      sequence: sequenceOf(booking),
      status: statusOf[booking.status],
      start: booking.startsAt,
      end: booking.endsAt,
      created: booking.createdAt,
      stamp: booking.updatedAt,
      lastModified: booking.updatedAt,
      summary: `${services} – ${vehicle}`,
      description: `${date} ${time} (${booking.zone}, UTC${offset})`,
      location: place,
    })
  }
  return calendar.toString()
}

/** A hold that was over by itself is one change more than those that people made. */
function sequenceOf({ revision, status, endReason }: CalendarEntry['booking']): number {
  return status === 'cancelled' && endReason === 'hold_expired' ? revision + 1 : revision
}
