import { sql } from 'drizzle-orm'
import { check, customType, integer, pgEnum, pgTable, text, timestamp, uniqueIndex } from 'drizzle-orm/pg-core'

const period = customType<{ data: string }>({ dataType: () => 'tstzrange' })

export const size = pgEnum('size', ['SMALL', 'LARGE', 'XL'])
export const bays = pgTable('bays', {
  id: integer().primaryKey().generatedAlwaysAsIdentity(),
  name: text().notNull().unique(),
  size: size().notNull(),
  owner: text(),
  openedAt: timestamp('opened_at', { withTimezone: true }).notNull().default(sql`now()`),
})
export const bookings = pgTable(
  'bookings',
  {
    id: integer().primaryKey(),
    bayId: integer('bay_id')
      .notNull()
      .references(() => bays.id),
    during: period().notNull(),
    cents: integer().notNull().default(0),
  },
  (table) => [
    check('bookings_cents', sql`${table.cents} >= 0`),
    uniqueIndex('bookings_start').on(table.bayId, sql`lower(during)`),
  ],
)
