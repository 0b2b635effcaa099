import { pgTable, text, timestamp, uuid } from 'drizzle-orm/pg-core'

export { idempotencyKeys } from '@ikoma/backend/http'

export const notes = pgTable('notes', {
  id: uuid('id').primaryKey(),
  text: text('text').notNull(),
  createdAt: timestamp('created_at', { withTimezone: true }).notNull().defaultNow(),
})
