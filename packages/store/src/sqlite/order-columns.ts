import { getColumns, sql } from 'drizzle-orm'
import type { StoredOrder } from '../order-fields.ts'
import { orders } from './schema.ts'

const { seq: _seq, ...contentAndState } = getColumns(orders)

/** An order without its place in the table. */
export const orderColumns = contentAndState

const { payload: _large, report: _larger, ...listed } = contentAndState

/** What a list shows. */
export const listedColumns = {
  ...listed,
  outcome: sql<string | null>`report ->> '$.outcome'`,
  summary: sql<string | null>`report ->> '$.summary'`,
}

/** `{a: placeholder('a'), …}` for a prepared statement over these columns. */
export function placeholders<K extends string>(names: readonly K[]) {
  const values = {} as { [N in K]: ReturnType<typeof sql.placeholder> }
  for (const name of names) values[name] = sql.placeholder(name)
  return values
}

export const orderNames = Object.keys(orderColumns) as (keyof StoredOrder & keyof typeof orderColumns)[]
