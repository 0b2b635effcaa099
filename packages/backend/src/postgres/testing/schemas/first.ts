import { sql } from 'drizzle-orm'
import { index, integer, pgEnum, pgPolicy, pgTable, text, timestamp } from 'drizzle-orm/pg-core'

export const size = pgEnum('size', ['SMALL', 'LARGE'])
export const bays = pgTable.withRLS(
  'bays',
  {
    id: integer().primaryKey().generatedAlwaysAsIdentity(),
    label: text().notNull().unique(),
    size: size().notNull(),
    owner: text().notNull(),
    openedAt: timestamp('opened_at', { withTimezone: true }).notNull().default(sql`now()`),
  },
  (table) => [
    index('bays_of_size').on(table.size),
    pgPolicy('own', { using: sql`owner = nullif(current_setting('app.user_id', true), '')` }),
  ],
)
