import { bigint, index, pgTable, text, timestamp, uuid } from 'drizzle-orm/pg-core'

/** Only what is `clean` can be read. */
export type UploadStatus = 'scanning' | 'clean'

export const uploads = pgTable(
  'uploads',
  {
    id: uuid('id').primaryKey(),
    ownerId: text('owner_id').notNull(),
    status: text('status').$type<UploadStatus>().notNull(),
    /** By its first bytes, never by what was declared. */
    type: text('type'),
    /** For people: never a path. */
    name: text('name').notNull(),
    bytes: bigint('bytes', { mode: 'number' }).notNull(),
    sha256: text('sha256'),
    createdAt: timestamp('created_at', { withTimezone: true, mode: 'date' }).notNull(),
  },
  (table) => [index('uploads_owner').on(table.ownerId)],
)
