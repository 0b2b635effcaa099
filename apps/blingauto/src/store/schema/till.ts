import { sql } from 'drizzle-orm'
import { check, date, index, integer, jsonb, pgTable, text, uniqueIndex, uuid } from 'drizzle-orm/pg-core'
import type { DailyTotals, ReceiptContent } from '../../domain/receipt.ts'
import type { VehicleSize } from '../../domain/vehicle.ts'
import type { PaymentMethod } from '../../domain/walk-in.ts'
import { bookings, timeSlots } from './bookings.ts'
import { services } from './catalogue.ts'
import { amount, at, created } from './columns.ts'

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

/** A day of the till as it was when it was closed: nothing is taken or given back on it afterwards. */
export const dailyClosings = pgTable('daily_closings', {
  date: date('date', { mode: 'string' }).primaryKey(),
  totals: jsonb('totals').$type<DailyTotals>().notNull(),
  /** What was counted in the drawer. */
  countedCash: amount('counted_cash').notNull(),
  closedBy: uuid('closed_by').notNull(),
  closedAt: at('closed_at').notNull(),
})
