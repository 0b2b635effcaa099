import { bigint, integer, pgTable, primaryKey, text } from 'drizzle-orm/pg-core'

/** What was answered to a request that carried an `Idempotency-Key`; an app's schema re-exports it. */
export const idempotencyKeys = pgTable(
  'idempotency_keys',
  {
    /** Who sent it: keys of different callers, and of different routes, never meet. */
    caller: text('caller').notNull(),
    route: text('route').notNull(),
    key: text('key').notNull(),
    /** Of the request line and the body. */
    fingerprint: text('fingerprint').notNull(),
    /** The request that has it. */
    owner: text('owner').notNull(),
    /** While nothing is answered: when its owner is believed dead. */
    lockedUntil: bigint('locked_until', { mode: 'number' }).notNull(),
    expiresAt: bigint('expires_at', { mode: 'number' }).notNull(),
    /** Null until it is answered. */
    status: integer('status'),
    contentType: text('content_type'),
    location: text('location'),
    body: text('body'),
  },
  (table) => [primaryKey({ columns: [table.caller, table.route, table.key] })],
)
