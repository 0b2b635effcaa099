import { sql } from 'drizzle-orm'
import { bigint, customType, timestamp } from 'drizzle-orm/pg-core'

export const at = (name: string) => timestamp(name, { withTimezone: true, mode: 'date' })
/** Minor units. */
export const amount = (name: string) => bigint(name, { mode: 'number' })
export const instants = customType<{ data: string }>({ dataType: () => 'tstzrange' })
export const created = { createdAt: at('created_at').notNull().default(sql`now()`) }
