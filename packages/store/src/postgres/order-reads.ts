import type { ListedOrder, LogChunk, OrderStatus, OrderStore, Page } from '@ikoma/domain'
import { and, asc, count, desc, eq, gte, inArray, lt, type SQL, sql } from 'drizzle-orm'
import { pageOf } from '../paging.ts'
import type { RowSeals } from '../row-seals.ts'
import { type LogSearch, type Search, shownChunk, shownOrder } from '../shown-order.ts'
import type { Db, Named } from './connection.ts'
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

export function orderReads(db: Db, seals: RowSeals, named: Named): Pick<OrderStore, OrderRead> {
  const find = db
    .select(orderColumns)
    .from(orders)
    .where(eq(orders.id, sql.placeholder('id')))
    .prepare(named('find_order'))
  return {
    async listClaimableTargets(after, limit) {
      const { rows } = await db.execute<{ target: string }>(claimableTargets(after ?? '', limit))
      return rows.map(({ target }) => target)
    },
    async findOrder(id) {
      const [order] = await find.execute({ id })
      return order ? shownOrder(seals, order) : null
    },
    async findAnswer(actor, key) {
      const its = and(eq(idempotency.actor, actor), eq(idempotency.key, key))
      const [first] = await db.select().from(idempotency).where(its)
      return first ? seals.whole('idempotency', key, first) : null
    },
    listOrders: (filter, page) => listOrders(db, seals, { filter, page }),
    async countOrders(statuses) {
      const rows = await db
        .select({ status: orders.status, count: count() })
        .from(orders)
        .where(statuses && inArray(orders.status, [...statuses]))
        .groupBy(orders.status)
      return Object.fromEntries(rows.map((row): [OrderStatus, number] => [row.status, row.count]))
    },
    listEndedOrders: (endedBefore, page) => listEndedOrders(db, endedBefore, page),
    async countSilentRunners(now) {
      const [row] = await db
        .select({
          running: sql<number>`count(distinct runner_id)::int`,
          silent: sql<number>`count(distinct runner_id) filter (where lease_expires_at <= ${now})::int`,
        })
        .from(orders)
        .where(sql`status = 'RUNNING'`)
      return row ?? { running: 0, silent: 0 }
    },
    listLog: (orderId, after, limit) => listLog(db, seals, { orderId, after, limit }),
  }
}

/** Steps from one target to the next, however many orders each has. */
function claimableTargets(after: string, limit: number) {
  const next = (from: SQL) => sql`(
    select target from orders
    where status = 'QUEUED' and wait is null and target > ${from} order by target limit 1)`
  return sql`
    with recursive found (target) as (
      select ${next(sql`${after}`)} union all select ${next(sql`found.target`)} from found where target is not null
    )
    select target from found where target is not null limit ${limit}`
}

async function listOrders(
  db: Db,
  seals: RowSeals,
  { filter, page: { limit, cursor } }: Search,
): Promise<Page<ListedOrder>> {
  const rows = await db
    .select({ seq: orders.seq, ...listedColumns })
    .from(orders)
    .where(
      and(
        filter.status ? inArray(orders.status, filter.status) : undefined,
        filter.type ? eq(orders.type, filter.type) : undefined,
        filter.serverId ? eq(orders.serverId, filter.serverId) : undefined,
        filter.runnerId ? eq(orders.runnerId, filter.runnerId) : undefined,
        filter.label ? sql`labels ->> ${filter.label.key} = ${filter.label.value}` : undefined,
        filter.since === undefined ? undefined : gte(orders.createdAt, filter.since),
        cursor === null ? undefined : lt(orders.seq, Number(cursor)),
      ),
    )
    .orderBy(desc(orders.seq))
    .limit(limit + 1)
  const page = pageOf(rows, limit, ({ seq }) => String(seq))
  return { ...page, items: page.items.map(({ seq: _seq, ...order }) => shownOrder(seals, order)) }
}

async function listLog(db: Db, seals: RowSeals, { orderId, after, limit }: LogSearch): Promise<LogChunk[]> {
  const later = after && sql`(attempt, seq) > (${after.attempt}, ${after.seq})`
  const chunks = await db
    .select()
    .from(orderLogs)
    .where(and(eq(orderLogs.orderId, orderId), later ?? undefined))
    .orderBy(asc(orderLogs.attempt), asc(orderLogs.seq))
    .limit(limit)
  return chunks.map((chunk) => shownChunk(seals, chunk))
}
