import { type EndedOrder, type Page, type PageRequest, type Pruning, terminalStatuses } from '@ikoma/domain'
import { asc, gt, inArray, sql } from 'drizzle-orm'
import { endedAmong } from '../ended-orders.ts'
import { prunedEntry } from '../order-audit.ts'
import type { Db } from './connection.ts'
import { orderLogs, orders } from './schema.ts'
import type { Statement } from './statement-batch.ts'
import type { Transaction } from './transaction.ts'

export async function listEndedOrders(
  db: Db,
  endedBefore: number,
  { limit, cursor }: PageRequest,
): Promise<Page<EndedOrder>> {
  const { seq, id, status, createdAt, completedAt } = orders
  const seen = await db
    .select({ seq, id, status, createdAt, completedAt })
    .from(orders)
    .where(gt(seq, Number(cursor ?? 0)))
    .orderBy(asc(seq))
    .limit(limit)
  return endedAmong(seen, { endedBefore, limit }, (ids) => measureLogs(db, ids))
}

function measureLogs(db: Db, ids: string[]) {
  return db
    .select({ id: orderLogs.orderId, used: sql<number>`sum(bytes)`.mapWith(Number) })
    .from(orderLogs)
    .where(inArray(orderLogs.orderId, ids))
    .groupBy(orderLogs.orderId)
}

export async function pruneOrders(tx: Transaction, pruning: Pruning): Promise<number> {
  const pruned = await tx.rows<{ id: string }>(prune, pruning.ids, terminalStatuses, pruning.endedBefore)
  if (pruned.length === 0) return 0
  await tx.rows(
    pruneLogs,
    pruned.map(({ id }) => id),
  )
  tx.trace.audit(prunedEntry(pruned.length, pruning))
  return pruned.length
}

// Locked in the order in which every other transaction locks orders, and found by id: an index leads to the status too.
const prune: Statement = {
  name: 'orders_prune',
  text: `
    with named as materialized (
      select id, status, completed_at from orders where id = any($1::text[]) order by id for update
    )
    delete from orders using named
    where orders.id = named.id and named.status = any($2::text[]) and named.completed_at < $3::bigint
    returning orders.id`,
}

const pruneLogs: Statement = {
  name: 'order_logs_prune',
  text: 'delete from order_logs where order_id = any($1::text[])',
}
