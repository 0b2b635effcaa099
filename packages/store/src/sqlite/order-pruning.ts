import { type EndedOrder, type Page, type PageRequest, type Pruning, terminalStatuses } from '@ikoma/domain'
import { and, asc, gt, inArray, lt, sql } from 'drizzle-orm'
import { endedAmong } from '../ended-orders.ts'
import { prunedEntry } from '../order-audit.ts'
import type { Trace } from '../trace.ts'
import type { Db } from './database.ts'
import { orderLogs, orders } from './schema.ts'

export async function listEndedOrders(
  db: Db,
  endedBefore: number,
  { limit, cursor }: PageRequest,
): Promise<Page<EndedOrder>> {
  const { seq, id, status, createdAt, completedAt } = orders
  const seen = db
    .select({ seq, id, status, createdAt, completedAt })
    .from(orders)
    .where(gt(seq, Number(cursor ?? 0)))
    .orderBy(asc(seq))
    .limit(limit)
    .all()
  return endedAmong(seen, { endedBefore, limit }, (ids) => measureLogs(db, ids))
}

function measureLogs(db: Db, ids: string[]) {
  return db
    .select({ id: orderLogs.orderId, used: sql<number>`sum(bytes)` })
    .from(orderLogs)
    .where(inArray(orderLogs.orderId, ids))
    .groupBy(orderLogs.orderId)
    .all()
}

// The plus keeps SQLite from the index on the status, which leads to every ended order there is.
export function pruneOrders(db: Db, trace: Trace, pruning: Pruning): number {
  const { ids, endedBefore } = pruning
  const pruned = db
    .delete(orders)
    .where(
      and(
        inArray(orders.id, ids),
        sql`+${orders.status} in ${[...terminalStatuses]}`,
        lt(orders.completedAt, endedBefore),
      ),
    )
    .returning({ id: orders.id })
    .all()
  if (pruned.length === 0) return 0
  db.delete(orderLogs)
    .where(
      inArray(
        orderLogs.orderId,
        pruned.map(({ id }) => id),
      ),
    )
    .run()
  trace.audit(prunedEntry(pruned.length, pruning))
  return pruned.length
}
