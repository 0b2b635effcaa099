import { index, pgTable, primaryKey, text, timestamp } from 'drizzle-orm/pg-core'

/** Events whose effect is in this database: each is here in the transaction that had it. */
export const webhookEvents = pgTable(
  'webhook_events',
  {
    provider: text('provider').notNull(),
    eventId: text('event_id').notNull(),
    receivedAt: timestamp('received_at', { withTimezone: true, mode: 'date' }).notNull(),
  },
  (table) => [
    primaryKey({ columns: [table.provider, table.eventId] }),
    index('webhook_events_received').on(table.receivedAt),
  ],
)
