import { sql } from 'drizzle-orm'
import {
  bigint,
  boolean,
  check,
  customType,
  date,
  doublePrecision,
  index,
  integer,
  jsonb,
  pgTable,
  text,
  timestamp,
  uniqueIndex,
  uuid,
} from 'drizzle-orm/pg-core'
import type { BookingStatus } from '../domain/booking.ts'
import type { Language } from '../domain/language.ts'
import type { Hours } from '../domain/opening-hours.ts'
import type { DailyTotals, ReceiptContent } from '../domain/receipt.ts'
import type { VehicleSize } from '../domain/vehicle.ts'
import type { PaymentMethod } from '../domain/walk-in.ts'

export { idempotencyKeys } from '@ikoma/backend/http'
export * from '@ikoma/backend/identity/schema'

const at = (name: string) => timestamp(name, { withTimezone: true, mode: 'date' })
/** Minor units. */
const amount = (name: string) => bigint(name, { mode: 'number' })
const instants = customType<{ data: string }>({ dataType: () => 'tstzrange' })
const created = { createdAt: at('created_at').notNull().default(sql`now()`) }

/** The place, of which there is one. Who places a booking holds its row shared, who closes it alone. */
export const site = pgTable(
  'site',
  {
    id: integer('id').primaryKey().default(1),
    name: text('name').notNull(),
    zone: text('zone').notNull(),
    currency: text('currency').notNull(),
    stepMin: integer('step_min').notNull(),
    bufferBeforeMin: integer('buffer_before_min').notNull(),
    bufferAfterMin: integer('buffer_after_min').notNull(),
    noticeMin: integer('notice_min').notNull(),
    horizonDays: integer('horizon_days').notNull(),
    /** How long a booking that nobody confirmed keeps others away. */
    holdMin: integer('hold_min').notNull(),
    /** Of what is in every price: 2000 is 20 %. */
    taxBasisPoints: integer('tax_basis_points').notNull().default(0),
    /** One more at each change of the hours, closures and rules: an answer that was kept under another is asked again. */
    version: bigint('version', { mode: 'number' }).notNull().default(0),
  },
  ({ id }) => [check('site_is_one', sql`${id} = 1`)],
)

export const businessHours = pgTable('business_hours', {
  weekday: integer('weekday').primaryKey(),
  hours: jsonb('hours').$type<Hours[]>().notNull(),
})

export const exceptionalDays = pgTable('exceptional_days', {
  date: date('date', { mode: 'string' }).primaryKey(),
  hours: jsonb('hours').$type<Hours[]>().notNull(),
  reason: text('reason'),
})

export const closures = pgTable(
  'closures',
  {
    id: uuid('id').primaryKey(),
    startsAt: at('starts_at').notNull(),
    endsAt: at('ends_at').notNull(),
    reason: text('reason').notNull(),
    /** Of one bay, team or member of the staff; null is the whole place. */
    resourceId: uuid('resource_id').references(() => resources.id),
    createdBy: uuid('created_by'),
    ...created,
  },
  ({ startsAt, endsAt }) => [
    check('closures_end_later', sql`${startsAt} < ${endsAt}`),
    index('closures_end').on(endsAt),
  ],
)

/** What can be booked: its row is locked by whoever takes a time of it. */
export const resources = pgTable('resources', {
  id: uuid('id').primaryKey(),
  kind: text('kind').$type<'bay' | 'team' | 'staff'>().notNull(),
  status: text('status').$type<'active' | 'inactive' | 'maintenance'>().notNull().default('active'),
  /** One more at each change of what is taken of it, in the transaction that changes it. */
  version: bigint('version', { mode: 'number' }).notNull().default(0),
  ...created,
})

const resourceId = () =>
  uuid('id')
    .primaryKey()
    .references(() => resources.id)

export const washBays = pgTable('wash_bays', {
  id: resourceId(),
  bayNumber: text('bay_number').notNull().unique(),
  maxVehicleSize: text('max_vehicle_size').$type<VehicleSize>().notNull(),
  equipment: jsonb('equipment').$type<string[]>().notNull().default([]),
  latitude: doublePrecision('latitude'),
  longitude: doublePrecision('longitude'),
})

export const mobileTeams = pgTable('mobile_teams', {
  id: resourceId(),
  name: text('name').notNull().unique(),
  baseLatitude: doublePrecision('base_latitude'),
  baseLongitude: doublePrecision('base_longitude'),
  radiusM: integer('radius_m').notNull(),
  dailyCapacity: integer('daily_capacity').notNull(),
})

export const staffMembers = pgTable('staff_members', {
  id: resourceId(),
  /** Who signs in as them, when they do. */
  accountId: uuid('account_id').unique(),
  employeeCode: text('employee_code').notNull().unique(),
  firstName: text('first_name').notNull(),
  lastName: text('last_name').notNull(),
  phoneNumber: text('phone_number'),
  employment: text('employment').$type<'full_time' | 'part_time' | 'contractor' | 'temporary'>().notNull(),
  /** The team that they go out with; who is in none works at the bays. */
  teamId: uuid('team_id').references(() => mobileTeams.id),
})

/** The hours of one bay, team or member of the staff; who has none has those of the place. */
export const resourceHours = pgTable(
  'resource_hours',
  {
    resourceId: uuid('resource_id')
      .notNull()
      .references(() => resources.id),
    weekday: integer('weekday').notNull(),
    hours: jsonb('hours').$type<Hours[]>().notNull(),
  },
  ({ resourceId: resource, weekday }) => [uniqueIndex('resource_hours_day').on(resource, weekday)],
)

export const categories = pgTable('categories', {
  id: uuid('id').primaryKey(),
  name: text('name').notNull().unique(),
  description: text('description'),
  displayOrder: integer('display_order').notNull().default(0),
  active: boolean('active').notNull().default(true),
})

export const services = pgTable(
  'services',
  {
    id: uuid('id').primaryKey(),
    categoryId: uuid('category_id')
      .notNull()
      .references(() => categories.id),
    name: text('name').notNull(),
    description: text('description'),
    price: amount('price').notNull(),
    durationMin: integer('duration_min').notNull(),
    popular: boolean('popular').notNull().default(false),
    status: text('status').$type<'active' | 'inactive' | 'archived'>().notNull().default('active'),
  },
  ({ categoryId, name }) => [uniqueIndex('services_name').on(categoryId, name)],
)

/** What an account is called. */
export const profiles = pgTable('profiles', {
  accountId: uuid('account_id').primaryKey(),
  firstName: text('first_name').notNull(),
  lastName: text('last_name').notNull(),
  phoneNumber: text('phone_number'),
  /** Of the letters to them: what their browser asked for when they registered. */
  locale: text('locale').$type<Language>(),
})

export const vehicles = pgTable(
  'vehicles',
  {
    id: uuid('id').primaryKey(),
    customerId: uuid('customer_id').notNull(),
    make: text('make').notNull(),
    model: text('model').notNull(),
    year: integer('year').notNull(),
    color: text('color'),
    licensePlate: text('license_plate').notNull(),
    size: text('size').$type<VehicleSize>().notNull(),
    isDefault: boolean('is_default').notNull().default(false),
    deletedAt: at('deleted_at'),
    ...created,
  },
  ({ customerId, licensePlate, isDefault, deletedAt }) => [
    uniqueIndex('vehicles_plate').on(customerId, licensePlate).where(sql`${deletedAt} is null`),
    uniqueIndex('vehicles_default').on(customerId).where(sql`${isDefault} and ${deletedAt} is null`),
  ],
)

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

export const walkIns = pgTable(
  'walk_ins',
  {
    id: uuid('id').primaryKey(),
    status: text('status').$type<'in_progress' | 'completed' | 'cancelled'>().notNull(),
    /** Where it stands, when it takes a bay that can be booked. */
    slotId: uuid('slot_id')
      .unique()
      .references(() => timeSlots.id),
    vehicle: jsonb('vehicle')
      .$type<{ make: string; model: string; color: string; size: VehicleSize; licensePlate?: string }>()
      .notNull(),
    customerName: text('customer_name'),
    customerPhone: text('customer_phone'),
    discountPercent: integer('discount_percent').notNull().default(0),
    takenBy: uuid('taken_by').notNull(),
    completedAt: at('completed_at'),
    cancelReason: text('cancel_reason'),
    ...created,
  },
  ({ createdAt }) => [index('walk_ins_created').on(createdAt)],
)

export const walkInServices = pgTable('walk_in_services', {
  id: uuid('id').primaryKey(),
  walkInId: uuid('walk_in_id')
    .notNull()
    .references(() => walkIns.id),
  serviceId: uuid('service_id').references(() => services.id),
  name: text('name').notNull(),
  price: amount('price').notNull(),
  durationMin: integer('duration_min').notNull(),
})

/** Money that was taken, or given back (below zero), for a walk-in or for a booking. */
export const payments = pgTable(
  'payments',
  {
    id: uuid('id').primaryKey(),
    walkInId: uuid('walk_in_id').references(() => walkIns.id),
    bookingId: uuid('booking_id').references(() => bookings.id),
    amount: amount('amount').notNull(),
    method: text('method').$type<PaymentMethod>().notNull(),
    reference: text('reference'),
    takenBy: uuid('taken_by').notNull(),
    ...created,
  },
  ({ walkInId, bookingId, amount: paid, createdAt }) => [
    check('payments_of_one', sql`num_nonnulls(${walkInId}, ${bookingId}) = 1`),
    check('payments_of_something', sql`${paid} <> 0`),
    index('payments_walk_in').on(walkInId),
    index('payments_booking').on(bookingId),
    index('payments_day').on(createdAt),
  ],
)

/** Numbered without a gap within a year: what was sold, as it was sold. */
export const receipts = pgTable(
  'receipts',
  {
    id: uuid('id').primaryKey(),
    year: integer('year').notNull(),
    number: integer('number').notNull(),
    walkInId: uuid('walk_in_id')
      .unique()
      .references(() => walkIns.id),
    bookingId: uuid('booking_id')
      .unique()
      .references(() => bookings.id),
    content: jsonb('content').$type<ReceiptContent>().notNull(),
    issuedAt: at('issued_at').notNull(),
  },
  ({ year, number, walkInId, bookingId }) => [
    uniqueIndex('receipts_number').on(year, number),
    check('receipts_of_one', sql`num_nonnulls(${walkInId}, ${bookingId}) = 1`),
  ],
)

/** The last number of each local year: whoever issues a receipt holds its row. */
export const receiptCounters = pgTable('receipt_counters', {
  year: integer('year').primaryKey(),
  last: integer('last').notNull(),
})

/** Where a calendar fetches the bookings of an account, which has one such address at a time. */
export const calendarLinks = pgTable('calendar_links', {
  accountId: uuid('account_id').primaryKey(),
  /** SHA-256 of the token in the address, which is shown once. */
  hash: text('hash').notNull().unique(),
  ...created,
})

/** A day of the till as it was when it was closed: nothing is taken or given back on it afterwards. */
export const dailyClosings = pgTable('daily_closings', {
  date: date('date', { mode: 'string' }).primaryKey(),
  totals: jsonb('totals').$type<DailyTotals>().notNull(),
  /** What was counted in the drawer. */
  countedCash: amount('counted_cash').notNull(),
  closedBy: uuid('closed_by').notNull(),
  closedAt: at('closed_at').notNull(),
})
