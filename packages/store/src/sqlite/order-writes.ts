import {
  type Advance,
  advance,
  type Claim,
  type Decision,
  isTerminal,
  liveStatuses,
  maxLogBytes,
  type Order,
  type OrderInsertion,
  type OrderState,
  type Placement,
  type Sweep,
  type SweepResult,
} from '@ikoma/domain'
import { and, asc, desc, eq, inArray, isNotNull, lt, lte, sql } from 'drizzle-orm'
import { placedEntry, stepEntry } from '../order-audit.ts'
import { mutableNames } from '../order-fields.ts'
import type { Trace } from '../trace.ts'
import type { Db } from './database.ts'
import { orderColumns, orderNames, placeholders, stateColumns } from './order-columns.ts'
import { idempotency, orderLogs, orders } from './schema.ts'
import type { SyncWrites } from './writer.ts'

type OrderVerb =
  | 'insertOrders'
  | 'claimOrders'
  | 'advanceOrder'
  | 'sweepOrders'
  | 'releaseOrders'
  | 'appendLog'
  | 'pruneIdempotency'

export function orderWrites(db: Db): Pick<SyncWrites, OrderVerb> {
  const statements = prepareStatements(db)
  return {
    insertOrders: (trace, insertions) => insertions.map((insertion) => insertOne(db, statements, trace, insertion)),
    claimOrders: (trace, claim) => claimOrders(statements, trace, claim),
    advanceOrder: (trace, request) => advanceOne(statements, trace, request),
    sweepOrders: (trace, sweep) => sweepOrders(db, statements, trace, sweep),
    releaseOrders: (trace, now, limit) => releaseOrders(db, statements, trace, { now, limit }),
    appendLog(trace, orderId, chunk, now) {
      if (statements.findChunk.get({ orderId, ...chunk })) return { truncated: false }
      const { used } = statements.logSize.get({ orderId }) as { used: number }
      const bytes = Buffer.byteLength(JSON.stringify(chunk.lines))
      if (used + bytes > maxLogBytes) return { truncated: true }
      db.insert(orderLogs)
        .values({ orderId, ...chunk, at: now, bytes })
        .run()
      trace.signal({ kind: 'orders', ids: [orderId] })
      return { truncated: false }
    },
    pruneIdempotency: (_trace, before) =>
      Number(db.delete(idempotency).where(lt(idempotency.createdAt, before)).run().changes),
  }
}

type Statements = ReturnType<typeof prepareStatements>

/** The hot path's statements, compiled once. */
function prepareStatements(db: Db) {
  const p = sql.placeholder
  const set = placeholders(mutableNames)
  return {
    insert: db.insert(orders).values(placeholders(orderNames)).prepare(),
    find: db
      .select(stateColumns)
      .from(orders)
      .where(eq(orders.id, p('id')))
      .prepare(),
    findWhole: db
      .select(orderColumns)
      .from(orders)
      .where(eq(orders.id, p('id')))
      .prepare(),
    update: db
      .update(orders)
      .set(set)
      .where(eq(orders.id, p('id')))
      .prepare(),
    setReport: db
      .update(orders)
      .set({ report: p('report') })
      .where(eq(orders.id, p('id')))
      .prepare(),
    held: db
      .select({ count: sql<number>`count(*)` })
      .from(orders)
      .where(and(eq(orders.runnerId, p('runnerId')), sql`status in ('CLAIMED', 'RUNNING')`))
      .prepare(),
    claimable: db
      .select({ id: orders.id, seq: orders.seq, priority: orders.priority })
      .from(orders)
      .where(
        and(
          eq(orders.target, p('target')),
          sql`status = 'QUEUED' and wait is null`,
          sql`(expires_at is null or expires_at > ${p('now')})`,
          sql`${orders.type} in (select value from json_each(${p('types')}))`,
        ),
      )
      .orderBy(desc(orders.priority), asc(orders.seq))
      .limit(p('limit'))
      .prepare(),
    // The next order of a resource key takes its turn, unless one has it.
    promote: db
      .update(orders)
      .set({ wait: null })
      .where(
        sql`id = (select id from orders where resource_key = ${p('key')} and status = 'QUEUED' and wait = 'resource'
              order by seq limit 1)
            and not exists (select 1 from orders where resource_key = ${p('key')}
              and (status in ('CLAIMED', 'RUNNING', 'STALE')
                or (status = 'QUEUED' and (wait is null or (wait = 'time' and attempt > 0)))))`,
      )
      .returning({ target: orders.target })
      .prepare(),
    findChunk: db
      .select({ seq: orderLogs.seq })
      .from(orderLogs)
      .where(and(eq(orderLogs.orderId, p('orderId')), eq(orderLogs.attempt, p('attempt')), eq(orderLogs.seq, p('seq'))))
      .prepare(),
    logSize: db
      .select({ used: sql<number>`coalesce(sum(bytes), 0)` })
      .from(orderLogs)
      .where(eq(orderLogs.orderId, p('orderId')))
      .prepare(),
  }
}

function insertOne(db: Db, statements: Statements, trace: Trace, insertion: OrderInsertion): Placement {
  const { order, actor } = insertion
  const repeated = repeatedPlacement(db, insertion)
  if (repeated) return repeated
  if (order.dedupeKey !== null) {
    const live = db
      .select({ id: orders.id })
      .from(orders)
      .where(and(eq(orders.dedupeKey, order.dedupeKey), inArray(orders.status, [...liveStatuses])))
      .get()
    if (live) return { kind: 'duplicate', orderId: live.id }
  }
  statements.insert.run({ ...order })
  trace.audit(placedEntry(order, actor))
  announce(statements, trace, order)
  const stored = order.wait === 'resource' ? (statements.findWhole.get({ id: order.id }) as Order) : order
  if (insertion.idempotency) {
    db.insert(idempotency)
      .values({ actor, ...insertion.idempotency, answer: stored, createdAt: order.createdAt })
      .run()
  }
  return { kind: 'inserted', order: stored }
}

function repeatedPlacement(db: Db, { idempotency: given, actor }: OrderInsertion): Placement | null {
  if (!given) return null
  const first = db
    .select()
    .from(idempotency)
    .where(and(eq(idempotency.actor, actor), eq(idempotency.key, given.key)))
    .get()
  if (!first) return null
  return first.digest === given.digest ? { kind: 'repeated', order: first.answer } : { kind: 'key_reused' }
}

function claimOrders(statements: Statements, trace: Trace, claim: Claim): Order[] {
  const { count } = statements.held.get({ runnerId: claim.runnerId }) as { count: number }
  const limit = Math.min(claim.max, claim.concurrency - count, claim.leases.length)
  if (limit <= 0) return []
  const types = JSON.stringify(claim.types)
  const candidates = [...new Set(claim.targets)]
    .flatMap((target) => statements.claimable.all({ target, types, limit, now: claim.now }))
    .sort((a, b) => b.priority - a.priority || a.seq - b.seq)
    .slice(0, limit)
  const claimed: Order[] = []
  for (const { id } of candidates) {
    const lease = claim.leases[claimed.length]
    if (lease === undefined) break
    const event = { kind: 'claim', runnerId: claim.runnerId, lease } as const
    const { now, timing } = claim
    const request: Advance = { orderId: id, event, actor: `runner:${claim.runnerId}`, now, timing, random: 0 }
    const decision = advanceOne(statements, trace, request)
    const content = statements.findWhole.get({ id }) as Order
    if (decision?.kind === 'changed') claimed.push(content)
  }
  return claimed
}

function advanceOne(statements: Statements, trace: Trace, request: Advance): Decision | null {
  const order = statements.find.get({ id: request.orderId }) as OrderState | undefined
  if (!order) return null
  const decision = advance(order, request.event, request)
  record(statements, trace, order, { ...request, decision })
  return decision
}

/** Writes what a decision changed, its audit, and what it sets free. */
function record(
  statements: Statements,
  trace: Trace,
  before: OrderState,
  { decision, actor, now, report }: Pick<Advance, 'actor' | 'now' | 'report'> & { decision: Decision },
): void {
  const { order } = decision
  if (order !== before) statements.update.run({ ...order })
  if (decision.kind !== 'changed') return
  if (report !== undefined) statements.setReport.run({ id: order.id, report })
  for (const step of decision.steps) trace.audit(stepEntry(order, step, actor, now))
  trace.signal({ kind: 'orders', ids: [order.id] })
  announce(statements, trace, order)
}

/** Wakes whoever may claim it, or, when it gave up its turn on its resource key, whoever may claim the next. */
function announce(statements: Statements, trace: Trace, order: OrderState): void {
  if (order.status === 'QUEUED' && order.wait === null) trace.signal({ kind: 'claimable', targets: [order.target] })
  if (order.resourceKey === null) return
  if (isTerminal(order.status) || order.wait === 'resource') promote(statements, trace, order.resourceKey)
}

function promote(statements: Statements, trace: Trace, key: string): void {
  const next = statements.promote.get({ key })
  if (next) trace.signal({ kind: 'claimable', targets: [next.target] })
}

function sweepOrders(db: Db, statements: Statements, trace: Trace, sweep: Sweep): SweepResult {
  const { now, limit, random, timing } = sweep
  const due = db
    .select(stateColumns)
    .from(orders)
    .where(
      and(
        isNotNull(orders.dueAt),
        lte(orders.dueAt, now),
        sweep.holdLeases ? sql`status not in ('CLAIMED', 'RUNNING')` : undefined,
      ),
    )
    .orderBy(asc(orders.dueAt))
    .limit(limit)
    .all() as OrderState[]
  const actions: Record<string, number> = {}
  due.forEach((order, index) => {
    // Spread one number over many orders, so that a mass failure does not retry all at the same instant.
    const spread = (random + index * 0.618_033_988_75) % 1
    const decision = advance(order, { kind: 'sweep' }, { now, random: spread, timing })
    record(statements, trace, order, { decision, actor: 'control-plane', now })
    if (decision.kind !== 'changed') return
    for (const { action } of decision.steps) actions[action] = (actions[action] ?? 0) + 1
  })
  return { seen: due.length, actions }
}

function releaseOrders(db: Db, statements: Statements, trace: Trace, at: { now: number; limit: number }): number {
  const ready = db
    .select(stateColumns)
    .from(orders)
    .where(and(eq(orders.status, 'QUEUED'), eq(orders.wait, 'time'), lte(orders.runAt, at.now)))
    .orderBy(asc(orders.runAt))
    .limit(at.limit)
    .all() as OrderState[]
  const released = ready.map((order): OrderState => {
    return { ...order, wait: order.resourceKey !== null && order.attempt === 0 ? 'resource' : null }
  })
  for (const order of released) statements.update.run({ ...order })
  // Only then turns are given: of those released together the first placed goes first.
  for (const order of released) announce(statements, trace, order)
  return released.length
}
