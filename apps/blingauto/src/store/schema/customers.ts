import { sql } from 'drizzle-orm'
import { boolean, integer, pgTable, text, uniqueIndex, uuid } from 'drizzle-orm/pg-core'
import type { Language } from '../../domain/language.ts'
import type { VehicleSize } from '../../domain/vehicle.ts'
import { at, created } from './columns.ts'

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

/** Where a calendar fetches the bookings of an account, which has one such address at a time. */
export const calendarLinks = pgTable('calendar_links', {
  accountId: uuid('account_id').primaryKey(),
  /** SHA-256 of the token in the address, which is shown once. */
  hash: text('hash').notNull().unique(),
  ...created,
})
