import { and, asc, eq, getColumns, inArray, type SQL, sql } from 'drizzle-orm'
import type { FormerRows } from '../reseal.ts'
import type { SealedTable } from '../row-seals.ts'
import { keyOf, rowKeys, type SealedRow, type SealedRows } from '../sealed-rows.ts'
import type { Db } from './database.ts'
import { tables } from './row-seals.ts'
import { audit } from './schema.ts'

export function sealedRows(db: Db): SealedRows {
  return {
    list: async (table, after, limit) => listRows(db, table, after, limit),
    async lastEvents(orderIds) {
      const latest = db
        .select({ subject: audit.subject, data: audit.data })
        .from(audit)
        .where(
          inArray(
            audit.seq,
            db
              .select({ seq: sql<number>`max(seq)` })
              .from(audit)
              .where(
                inArray(
                  audit.subject,
                  orderIds.map((id) => `order:${id}`),
                ),
              )
              .groupBy(audit.subject),
          ),
        )
        .all()
      return new Map(latest.map(({ subject, data }) => [subject.slice('order:'.length), { data }]))
    },
  }
}

/** Of a database that nobody else has open: each batch is a transaction. */
export function formerRows(db: Db): FormerRows {
  return {
    async renew(table, after, limit, work) {
      db.$client.exec('begin immediate')
      try {
        const rows = listRows(db, table, after, limit)
        for (const row of rows) {
          const renewed = await work(row)
          if (renewed)
            db.update(tables[table])
              .set(renewed)
              .where(isRow(table, keyOf(table, row)))
              .run()
        }
        db.$client.exec('commit')
        return rows
      } catch (error) {
        if (db.$client.isTransaction) db.$client.exec('rollback')
        throw error
      }
    },
    async approverOf(orderId) {
      const approved = and(eq(audit.subject, `order:${orderId}`), eq(audit.action, 'order.approved'))
      return db.select({ actor: audit.actor }).from(audit).where(approved).get()?.actor ?? null
    },
  }
}

function listRows(db: Db, table: SealedTable, after: readonly unknown[] | null, limit: number): SealedRow[] {
  const keys = columnsOf(table)
  const later = after === null ? undefined : sql`(${sql.join(keys, sql`, `)}) > (${valuesOf(after)})`
  const query = db.select().from(tables[table]).where(later)
  return query
    .orderBy(...keys.map((key) => asc(key)))
    .limit(limit)
    .all() as SealedRow[]
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
