import { getColumns, sql } from 'drizzle-orm'
import type { PgColumn } from 'drizzle-orm/pg-core'
import { mutableNames, type StoredOrder, type StoredState, sealNames, stateNames } from '../order-fields.ts'
import { orders } from './schema.ts'

const { seq: _seq, ...contentAndState } = getColumns(orders)

/** An order without its place in the table. */
export const orderColumns = contentAndState

const { payload: _payload, report: _report, ...listed } = contentAndState

/** What a list shows; big columns stay on disk. */
export const listedColumns = {
  ...listed,
  outcome: sql<string | null>`report ->> 'outcome'`,
  summary: sql<string | null>`report ->> 'summary'`,
}

type Name = keyof typeof orderColumns
const orderNames = Object.keys(orderColumns) as Name[]
const writtenNames = [...mutableNames, 'reportDigest', 'rowSeal'] as const

/** Select lists whose rows are orders and their states; big columns stay on disk for the latter. */
export const orderList = selectList(orderNames)
export const stateList = selectList([...stateNames, ...sealNames])

/** `insert into orders` from rows of `record`, which is declared as `recordFields`. */
export const insertList = orderNames.map((name) => quoted(column(name).name)).join(', ')
export const recordList = orderNames.map((name) => cast(name)).join(', ')
export const recordFields = orderNames.map((name) => field(name)).join(', ')

/** `set` and the record's fields of an update. A report that is null keeps the one that is there. */
export const changeFields = (['id', ...writtenNames, 'report'] as const).map((name) => field(name)).join(', ')
export const changeSet = [
  ...writtenNames.map((name) => `${quoted(column(name).name)} = changed.${quoted(name)}`),
  'report = coalesce(changed.report::json, orders.report)',
].join(', ')

/** A row of `changeFields`. */
export function changeRow(order: StoredState, report: StoredOrder['report'] | undefined): Record<string, unknown> {
  const row: Record<string, unknown> = { id: order.id, report: report && JSON.stringify(report) }
  // A field that is absent is null, and costs nothing to send.
  for (const name of writtenNames) if (order[name] !== null) row[name] = order[name]
  return row
}

/** A row of `recordFields`. */
export function recordRow(order: StoredOrder): Record<string, unknown> {
  const { payload, labels, report, answerable } = order
  return {
    ...order,
    payload: JSON.stringify(payload),
    labels: JSON.stringify(labels),
    report: report && JSON.stringify(report),
    answerable: answerable && JSON.stringify(answerable),
  }
}

function selectList(names: readonly Name[]): string {
  return names.map((name) => `orders.${quoted(column(name).name)} as ${quoted(name)}`).join(', ')
}

// JSON travels as text within the record: PostgreSQL unescapes a record's own strings, and some of ours it cannot.
function field(name: Name): string {
  return `${quoted(name)} ${isJson(name) ? 'text' : column(name).getSQLType()}`
}

function cast(name: Name): string {
  return `record.${quoted(name)}${isJson(name) ? `::${column(name).getSQLType()}` : ''}`
}

function isJson(name: Name): boolean {
  return column(name).getSQLType().startsWith('json')
}

function column(name: Name): PgColumn {
  return orderColumns[name]
}

function quoted(name: string): string {
  return `"${name}"`
}
