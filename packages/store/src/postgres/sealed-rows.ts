import { and, asc, eq, getColumns, inArray, type SQL, sql } from 'drizzle-orm'
import type { FormerRows } from '../reseal.ts'
import type { SealedTable } from '../row-seals.ts'
import { keyOf, rowKeys, type SealedRow, type SealedRows } from '../sealed-rows.ts'
import type { Db } from './connection.ts'
import { tables } from './row-seals.ts'
import { audit } from './schema.ts'
import { inTransaction, type Transactions } from './transaction.ts'

export function sealedRows(db: Db): SealedRows {
  return {
    list: (table, after, limit) => listRows(db, table, after, limit),
    async lastEvents(orderIds) {
      const subjects = orderIds.map((id) => `order:${id}`)
      const last = db
        .select({ seq: sql<number>`max(seq)` })
        .from(audit)
        .where(inArray(audit.subject, subjects))
        .groupBy(audit.subject)
      const events = { subject: audit.subject, data: audit.data }
      const latest = await db.select(events).from(audit).where(inArray(audit.seq, last))
      return new Map(latest.map(({ subject, data }) => [subject.slice('order:'.length), { data }]))
    },
  }
}

/** Others may write meanwhile: each batch locks its rows in the order in which everybody locks orders. */
export function formerRows(transactions: Transactions, db: Db): FormerRows {
  return {
    async renew(table, after, limit, work) {
      const { value } = await inTransaction(transactions, async (tx) => {
        await tx.begun
        const rows = await listRows(tx.db, table, after, limit, true)
        for (const row of rows) {
          const renewed = await work(row)
          if (renewed)
            await tx.db
              .update(tables[table])
              .set(renewed)
              .where(isRow(table, keyOf(table, row)))
        }
        return { value: rows }
      })
      return value
    },
    async approverOf(orderId) {
      const approved = and(eq(audit.subject, `order:${orderId}`), eq(audit.action, 'order.approved'))
      const [event] = await db.select({ actor: audit.actor }).from(audit).where(approved)
      return event?.actor ?? null
    },
  }
}

async function listRows(
  db: Db,
  table: SealedTable,
  ...[after, limit, lock = false]: [readonly unknown[] | null, number, boolean?]
): Promise<SealedRow[]> {
  const keys = columnsOf(table)
  const later = after === null ? undefined : sql`(${sql.join(keys, sql`, `)}) > (${valuesOf(after)})`
  const query = db
    .select()
    .from(tables[table])
    .where(later)
    .orderBy(...keys.map((key) => asc(key)))
    .limit(limit)
  return (await (lock ? query.for('update') : query)) as SealedRow[]
}

function isRow(table: SealedTable, key: readonly unknown[]): SQL {
  return sql`(${sql.join(columnsOf(table), sql`, `)}) = (${valuesOf(key)})`
}

function columnsOf(table: SealedTable) {
  const columns: Record<string, SQL.Aliased | SQL> = getColumns(tables[table]) as never
  return rowKeys[table].map((name) => columns[name] as SQL)
}

function valuesOf(key: readonly unknown[]): SQL {
  return sql.join(
    key.map((value) => sql`${value}`),
    sql`, `,
  )
}
