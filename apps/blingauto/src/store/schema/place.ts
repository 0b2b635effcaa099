import { sql } from 'drizzle-orm'
import { bigint, check, date, index, integer, jsonb, pgTable, text, uuid } from 'drizzle-orm/pg-core'
import type { Hours } from '../../domain/opening-hours.ts'
import { at, created } from './columns.ts'
import { resources } from './resources.ts'

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
