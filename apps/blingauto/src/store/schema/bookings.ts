import { sql } from 'drizzle-orm'
import {
  boolean,
  check,
  date,
  doublePrecision,
  index,
  integer,
  pgTable,
  text,
  uniqueIndex,
  uuid,
} from 'drizzle-orm/pg-core'
import type { BookingStatus } from '../../domain/booking.ts'
import { services } from './catalogue.ts'
import { amount, at, created, instants } from './columns.ts'
import { vehicles } from './customers.ts'
import { resources } from './resources.ts'

/**
 * A time of a resource that somebody has. A constraint, written into the migration by hand, keeps those that are not
 * released apart with their buffers, whoever writes them.
 */
export const timeSlots = pgTable(
  'time_slots',
  {
    id: uuid('id').primaryKey(),
    resourceId: uuid('resource_id')
      .notNull()
      .references(() => resources.id),
    startsAt: at('starts_at').notNull(),
    endsAt: at('ends_at').notNull(),
    /** With the buffers. */
    blocked: instants('blocked').notNull(),
    released: boolean('released').notNull().default(false),
  },
  ({ startsAt, endsAt, blocked }) => [
    check('time_slots_end_later', sql`${startsAt} < ${endsAt}`),
    check('time_slots_blocked', sql`${blocked} @> tstzrange(${startsAt}, ${endsAt})`),
  ],
)

/** The same hour of the clock every so many weeks. */
export const series = pgTable('series', {
  id: uuid('id').primaryKey(),
  customerId: uuid('customer_id').notNull(),
  date: date('date', { mode: 'string' }).notNull(),
  time: text('time').notNull(),
  zone: text('zone').notNull(),
  everyWeeks: integer('every_weeks').notNull(),
  count: integer('count').notNull(),
  ...created,
})

export const bookings = pgTable(
  'bookings',
  {
    id: uuid('id').primaryKey(),
    customerId: uuid('customer_id').notNull(),
    vehicleId: uuid('vehicle_id')
      .notNull()
      .references(() => vehicles.id),
    type: text('type').$type<'stationary' | 'mobile'>().notNull(),
    status: text('status').$type<BookingStatus>().notNull(),
    slotId: uuid('slot_id')
      .notNull()
      .unique()
      .references(() => timeSlots.id),
    /** The time of who washes, when the booking names somebody. */
    staffSlotId: uuid('staff_slot_id')
      .unique()
      .references(() => timeSlots.id),
    startsAt: at('starts_at').notNull(),
    endsAt: at('ends_at').notNull(),
    /** What the clock of the place showed when it was booked: zones change their rules. */
    localDate: date('local_date', { mode: 'string' }).notNull(),
    localTime: text('local_time').notNull(),
    zone: text('zone').notNull(),
    durationMin: integer('duration_min').notNull(),
    /** Fixed when it is confirmed. */
    price: amount('price').notNull(),
    fee: amount('fee').notNull().default(0),
    overtimeFee: amount('overtime_fee').notNull().default(0),
    holdExpiresAt: at('hold_expires_at'),
    actualStartAt: at('actual_start_at'),
    actualEndAt: at('actual_end_at'),
    endReason: text('end_reason'),
    notes: text('notes'),
    phoneNumber: text('phone_number'),
    latitude: doublePrecision('latitude'),
    longitude: doublePrecision('longitude'),
    rating: integer('rating'),
    feedback: text('feedback'),
    ratedAt: at('rated_at'),
    seriesId: uuid('series_id').references(() => series.id),
    remindedAt: at('reminded_at'),
    /** Of its entry in calendars: one more at each change that they have to know of. */
    revision: integer('revision').notNull().default(0),
    updatedAt: at('updated_at').notNull().default(sql`now()`),
    ...created,
  },
  ({ customerId, startsAt, status, holdExpiresAt, rating, seriesId }) => [
    check('bookings_rating', sql`${rating} between 1 and 5`),
    index('bookings_customer').on(customerId, startsAt),
    index('bookings_start').on(startsAt),
    index('bookings_series').on(seriesId).where(sql`${seriesId} is not null`),
    index('bookings_holds').on(holdExpiresAt).where(sql`${status} = 'pending'`),
  ],
)

export const bookingServices = pgTable(
  'booking_services',
  {
    bookingId: uuid('booking_id')
      .notNull()
      .references(() => bookings.id),
    serviceId: uuid('service_id')
      .notNull()
      .references(() => services.id),
    name: text('name').notNull(),
    price: amount('price').notNull(),
    durationMin: integer('duration_min').notNull(),
  },
  ({ bookingId, serviceId }) => [
    uniqueIndex('booking_services_once').on(bookingId, serviceId),
    index('booking_services_service').on(serviceId),
  ],
)
