import type { Transaction } from '@ikoma/backend/postgres'
import { and, asc, eq, gte, sql } from 'drizzle-orm'
import type { CalendarEntry } from '../domain/calendar-entries.ts'
import { bookingServices, bookings, site, vehicles } from './schema.ts'

const day = 24 * 3_600_000
const pastDays = 30
const most = 5_000

/** What a calendar shows: what was within the last month, and what is to come, cancelled ones with it. */
export async function calendarEntries(
  reader: Pick<Transaction, 'select'>,
  { customerId, now }: { customerId: string | null; now: number },
): Promise<{ place: string; entries: CalendarEntry[] }> {
  const [place] = await reader.select({ name: site.name }).from(site)
  const names = sql<string>`(select string_agg(${bookingServices.name}, ', ' order by ${bookingServices.name})
    from ${bookingServices} where ${bookingServices.bookingId} = ${bookings.id})`
  const rows = await reader
    .select({ booking: bookings, services: names, vehicle: vehicles })
    .from(bookings)
    .innerJoin(vehicles, eq(vehicles.id, bookings.vehicleId))
    .where(
      and(
        gte(bookings.startsAt, new Date(now - pastDays * day)),
        customerId === null ? undefined : eq(bookings.customerId, customerId),
      ),
    )
    .orderBy(asc(bookings.startsAt), asc(bookings.id))
    .limit(most)
  const entries = rows.map(({ booking, services, vehicle }) => ({
    booking,
    services: services ?? '',
    vehicle: `${vehicle.make} ${vehicle.model}, ${vehicle.licensePlate}`,
  }))
  return { place: place?.name ?? '', entries }
}
