import type { ListedOrder, LogChunk, OrderStatus, OrderStore, Page } from '@ikoma/domain'
import { and, asc, count, desc, eq, gte, inArray, lt, sql } from 'drizzle-orm'
import type { StoredOrder } from '../order-fields.ts'
import { pageOf } from '../paging.ts'
import type { RowSeals } from '../row-seals.ts'
import { type LogSearch, type Search, shownChunk, shownOrder } from '../shown-order.ts'
import type { Db } from './database.ts'
import { listedColumns, orderColumns } from './order-columns.ts'
import { listEndedOrders } from './order-pruning.ts'
import { idempotency, orderLogs, orders } from './schema.ts'

type OrderRead =
  | 'listClaimableTargets'
  | 'findOrder'
  | 'findAnswer'
  | 'listOrders'
  | 'countOrders'
  | 'listEndedOrders'
  | 'countSilentRunners'
  | 'listLog'

export function orderReads(db: Db, seals: RowSeals): Pick<OrderStore, OrderRead> {
  const find = db
    .select(orderColumns)
    .from(orders)
    .where(eq(orders.id, sql.placeholder('id')))
    .prepare()
  const claimableTargets = prepareClaimableTargets(db)
  return {
    async listClaimableTargets(after, limit) {
      const rows = claimableTargets.all({ after: after ?? '', limit }) as { target: string }[]
      return rows.map(({ target }) => target)
    },
    async findOrder(id) {
      const found = find.get({ id }) as StoredOrder | undefined
      return found ? shownOrder(seals, found) : null
    },
    async findAnswer(actor, key) {
      const its = and(eq(idempotency.actor, actor), eq(idempotency.key, key))
      const first = db.select().from(idempotency).where(its).get()
      return first ? seals.whole('idempotency', key, first) : null
    },
    async listOrders(filter, page) {
      return listOrders(db, seals, { filter, page })
    },
    async countOrders(statuses) {
      const rows = db
        .select({ status: orders.status, count: count() })
        .from(orders)
        .where(statuses && inArray(orders.status, [...statuses]))
        .groupBy(orders.status)
        .all()
      return Object.fromEntries(rows.map((row): [OrderStatus, number] => [row.status, row.count]))
    },
    async listEndedOrders(endedBefore, page) {
      return listEndedOrders(db, endedBefore, page)
    },
    async countSilentRunners(now) {
      const row = db
        .select({
          running: sql<number>`count(distinct runner_id)`,
          silent: sql<number>`count(distinct case when lease_expires_at <= ${now} then runner_id end)`,
        })
        .from(orders)
        .where(sql`status = 'RUNNING'`)
        .get()
      return row ?? { running: 0, silent: 0 }
    },
    async listLog(orderId, after, limit) {
      return listLog(db, seals, { orderId, after, limit })
    },
  }
}

/** From one target to the next, however many orders each has. */
function prepareClaimableTargets({ $client: client }: Db) {
  const next = (after: string) => `(
    select target from orders indexed by orders_claimable
    where status = 'QUEUED' and wait is null and target > ${after} order by target limit 1)`
  return client.prepare(`
    with recursive found (target) as (
      select ${next(':after')} union all select ${next('found.target')} from found where target is not null limit :limit
    )
    select target from found where target is not null`)
}

function listOrders(db: Db, seals: RowSeals, { filter, page: { limit, cursor } }: Search): Page<ListedOrder> {
  const rows = db
    .select({ seq: orders.seq, ...listedColumns })
    .from(orders)
    .where(
      and(
        filter.status ? inArray(orders.status, filter.status) : undefined,
        filter.type ? eq(orders.type, filter.type) : undefined,
        filter.serverId ? eq(orders.serverId, filter.serverId) : undefined,
        filter.runnerId ? eq(orders.runnerId, filter.runnerId) : undefined,
        filter.label && hasLabel(filter.label),
        filter.since === undefined ? undefined : gte(orders.createdAt, filter.since),
        cursor === null ? undefined : lt(orders.seq, Number(cursor)),
      ),
    )
    .orderBy(desc(orders.seq))
    .limit(limit + 1)
    .all()
  const page = pageOf(rows, limit, ({ seq }) => String(seq))
  return { ...page, items: page.items.map(({ seq: _seq, ...order }) => shownOrder(seals, order)) }
}

/** Not by a JSON path: a key may hold any character. */
function hasLabel({ key, value }: { key: string; value: string }) {
  return sql`exists (select 1 from json_each(labels) as label where label.key = ${key} and label.value = ${value})`
}

function listLog(db: Db, seals: RowSeals, { orderId, after, limit }: LogSearch): LogChunk[] {
  const later = after && sql`(attempt, seq) > (${after.attempt}, ${after.seq})`
  const chunks = db
    .select()
    .from(orderLogs)
    .where(and(eq(orderLogs.orderId, orderId), later ?? undefined))
    .orderBy(asc(orderLogs.attempt), asc(orderLogs.seq))
    .limit(limit)
    .all()
  return chunks.map((chunk) => shownChunk(seals, chunk))
}
