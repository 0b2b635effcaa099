import { decimalOf } from '@ikoma/backend'
import type { Database } from '@ikoma/backend/postgres'
import { and, asc, eq, gt, gte, lt, sql } from 'drizzle-orm'
import type { BookingStatus } from '../domain/booking.ts'
import { dueOf } from '../domain/booking-money.ts'
import { type Cell, csvLine } from '../domain/csv.ts'
import { bookingServices, bookings, payments, profiles, site, vehicles } from './schema.ts'

export interface ExportFilter {
  status?: BookingStatus | undefined
  from?: Date | undefined
  to?: Date | undefined
}

const pageSize = 500

const columns = [
  ...['id', 'status', 'type', 'scheduled_at', 'ends_at', 'local_date', 'local_time', 'zone'],
  ...['customer_id', 'customer', 'vehicle', 'license_plate', 'services'],
  ...['price', 'fee', 'overtime_fee', 'due', 'paid', 'currency', 'rating', 'notes'],
]

/** A page at a time, in the order in which they were placed: what is moved meanwhile is neither left out nor there twice. */
export async function* bookingLines(
  database: Database,
  filter: ExportFilter,
  separator: ',' | ';',
): AsyncGenerator<string> {
  const [place] = await database.db.select({ currency: site.currency }).from(site)
  const currency = place?.currency ?? 'EUR'
  yield csvLine(columns, separator)
  for (let after: string | null = null; ; ) {
    const rows = await readPage(database, filter, after)
    if (rows.length > 0) yield rows.map((row) => csvLine(cellsOf(row, currency), separator)).join('')
    if (rows.length < pageSize) return
    after = rows.at(-1)?.booking.id ?? null
  }
}

type Row = Awaited<ReturnType<typeof readPage>>[number]

function readPage(database: Database, { status, from, to }: ExportFilter, after: string | null) {
  return database.db
    .select({
      booking: bookings,
      vehicle: vehicles,
      profile: profiles,
      services: sql<string | null>`(select string_agg(${bookingServices.name}, ' + ' order by ${bookingServices.name})
        from ${bookingServices} where ${bookingServices.bookingId} = ${bookings.id})`,
      paid: sql<number>`(select coalesce(sum(${payments.amount}), 0)::float8
        from ${payments} where ${payments.bookingId} = ${bookings.id})`,
    })
    .from(bookings)
    .innerJoin(vehicles, eq(vehicles.id, bookings.vehicleId))
    .leftJoin(profiles, eq(profiles.accountId, bookings.customerId))
    .where(
      and(
        after === null ? undefined : gt(bookings.id, after),
        status && eq(bookings.status, status),
        from && gte(bookings.startsAt, from),
        to && lt(bookings.startsAt, to),
      ),
    )
    .orderBy(asc(bookings.id))
    .limit(pageSize)
}

function cellsOf({ booking, vehicle, profile, services, paid }: Row, currency: string): Cell[] {
  const digits = new Intl.NumberFormat('en', { style: 'currency', currency }).resolvedOptions().maximumFractionDigits
  // A number of ours, which no sign in front makes a formula.
  const money = (amount: number) => Number(decimalOf(amount, digits))
  return [
    ...[booking.id, booking.status, booking.type, booking.startsAt.toISOString(), booking.endsAt.toISOString()],
    ...[booking.localDate, booking.localTime, booking.zone, booking.customerId],
    profile ? `${profile.firstName} ${profile.lastName}` : '',
    ...[`${vehicle.make} ${vehicle.model}`, vehicle.licensePlate, services ?? ''],
    ...[money(booking.price), money(booking.fee), money(booking.overtimeFee), money(dueOf(booking)), money(paid)],
    ...[currency, booking.rating, booking.notes],
  ]
}
