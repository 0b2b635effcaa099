import {
  type Advance,
  advance,
  type ClaimRequest,
  type Decision,
  isTerminal,
  maxLogBytes,
  type Order,
  type OrderInsertion,
  type OrderState,
  type Placement,
  type Sweep,
  type SweepResult,
} from '@ikoma/domain'
import { and, asc, eq, isNotNull, lt, lte, sql } from 'drizzle-orm'
import { placedEntry, stepEntry } from '../order-audit.ts'
import type { Trace } from '../trace.ts'
import type { WriteArgs } from '../writes.ts'
import type { Db } from './database.ts'
import { placeholders, stateColumns } from './order-columns.ts'
import { type OrderStatements, prepareOrderStatements } from './order-statements.ts'
import { idempotency, orderLogs, orders } from './schema.ts'
import type { SyncWrites } from './sync-writes.ts'

type OrderVerb =
  | 'insertOrders'
  | 'claimOrders'
  | 'advanceOrder'
  | 'sweepOrders'
  | 'releaseOrders'
  | 'appendLog'
  | 'pruneIdempotency'

export function orderWrites(db: Db): Pick<SyncWrites, OrderVerb> {
  const statements = prepareOrderStatements(db)
  const logs = prepareLogStatements(db)
  return {
    insertOrders: (trace, insertions) => insertions.map((insertion) => insertOne(statements, trace, insertion)),
    claimOrders: (trace, claim) => claimOrders(statements, trace, claim),
    advanceOrder: (trace, request) => advanceOne(statements, trace, request),
    sweepOrders: (trace, sweep) => sweepOrders(db, statements, trace, sweep),
    releaseOrders: (trace, now, limit) => releaseOrders(statements, trace, { now, limit }),
    appendLog: (trace, ...args) => appendLog(logs, trace, ...args),
    pruneIdempotency: (_trace, before) =>
      Number(db.delete(idempotency).where(lt(idempotency.createdAt, before)).run().changes),
  }
}

type LogStatements = ReturnType<typeof prepareLogStatements>

function prepareLogStatements(db: Db) {
  const p = sql.placeholder
  return {
    findChunk: db
      .select({ seq: orderLogs.seq })
      .from(orderLogs)
      .where(and(eq(orderLogs.orderId, p('orderId')), eq(orderLogs.attempt, p('attempt')), eq(orderLogs.seq, p('seq'))))
      .prepare(),
    size: db
      .select({ used: sql<number>`coalesce(sum(bytes), 0)` })
      .from(orderLogs)
      .where(eq(orderLogs.orderId, p('orderId')))
      .prepare(),
    append: db
      .insert(orderLogs)
      .values(placeholders(['orderId', 'attempt', 'seq', 'lines', 'at', 'bytes']))
      .prepare(),
  }
}

function appendLog(logs: LogStatements, trace: Trace, ...args: WriteArgs<'appendLog'>): { truncated: boolean } {
  const [orderId, chunk, at] = args
  if (logs.findChunk.get({ orderId, ...chunk })) return { truncated: false }
  const { used } = logs.size.get({ orderId }) as { used: number }
  const bytes = Buffer.byteLength(JSON.stringify(chunk.lines))
  if (used + bytes > maxLogBytes) return { truncated: true }
  logs.append.run({ orderId, ...chunk, at, bytes })
  trace.signal({ kind: 'orders', ids: [orderId] })
  return { truncated: false }
}

function insertOne(statements: OrderStatements, trace: Trace, insertion: OrderInsertion): Placement {
  const { order, actor, idempotency: given } = insertion
  const first = given && statements.findAnswer(actor, given.key)
  if (first) return first.digest === given.digest ? { kind: 'repeated', order: first.answer } : { kind: 'key_reused' }
  const live = order.dedupeKey === null ? undefined : statements.findLive(order.dedupeKey)
  if (live) return { kind: 'duplicate', orderId: live.id }
  statements.insert(order)
  trace.audit(placedEntry(order, actor))
  announce(statements, trace, order)
  const stored = order.wait === 'resource' ? (statements.findWhole(order.id) ?? order) : order
  if (given) statements.remember(actor, given, stored)
  return { kind: 'inserted', order: stored }
}

function claimOrders(statements: OrderStatements, trace: Trace, claim: ClaimRequest): Order[] {
  const { runnerId, now, timing, leases } = claim
  const limit = Math.min(claim.max, claim.concurrency - statements.held(runnerId), leases.length)
  if (limit <= 0) return []
  const types = JSON.stringify(claim.types)
  const candidates = [...new Set(claim.targets)]
    .flatMap((target) => statements.claimable({ target, types, limit, now }))
    .sort((a, b) => b.priority - a.priority || a.seq - b.seq)
    .slice(0, limit)
  return candidates.flatMap(({ seq: _seq, ...order }, index) => {
    const event = { kind: 'claim', runnerId, lease: leases[index] ?? '' } as const
    const decision = advance(order, event, { now, timing, random: 0 })
    record(statements, trace, order, { decision, actor: `runner:${runnerId}`, now })
    return decision.kind === 'changed' ? [{ ...order, ...decision.order }] : []
  })
}

function advanceOne(statements: OrderStatements, trace: Trace, request: Advance): Decision | null {
  const order = statements.find(request.orderId)
  if (!order) return null
  const decision = advance(order, request.event, request)
  record(statements, trace, order, { ...request, decision })
  return decision
}

/** Writes what a decision changed, its audit, and what it sets free. */
function record(
  statements: OrderStatements,
  trace: Trace,
  before: OrderState,
  { decision, actor, now, report }: Pick<Advance, 'actor' | 'now' | 'report'> & { decision: Decision },
): void {
  const { order } = decision
  if (order !== before) statements.update(order)
  if (decision.kind !== 'changed') return
  if (report !== undefined) statements.setReport(order.id, report)
  for (const step of decision.steps) trace.audit(stepEntry(order, step, actor, now))
  trace.signal({ kind: 'orders', ids: [order.id] })
  announce(statements, trace, order)
}

/** Wakes whoever may claim it, or, when it gave up its turn on its resource key, whoever may claim the next. */
function announce(statements: OrderStatements, trace: Trace, order: OrderState): void {
  if (order.status === 'QUEUED' && order.wait === null) trace.signal({ kind: 'claimable', targets: [order.target] })
  if (order.resourceKey === null) return
  if (isTerminal(order.status) || order.wait === 'resource') promote(statements, trace, order.resourceKey)
}

function promote(statements: OrderStatements, trace: Trace, key: string): void {
  const next = statements.promote(key)
  if (next) trace.signal({ kind: 'claimable', targets: [next.target] })
}

function sweepOrders(db: Db, statements: OrderStatements, trace: Trace, sweep: Sweep): SweepResult {
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

function releaseOrders(statements: OrderStatements, trace: Trace, at: { now: number; limit: number }): number {
  const ready = statements.ready(at.now, at.limit)
  const released = ready.map((order): OrderState => {
    return { ...order, wait: order.resourceKey !== null && order.attempt === 0 ? 'resource' : null }
  })
  for (const order of released) statements.update(order)
  // Only then turns are given: of those released together the first placed goes first.
  for (const order of released) announce(statements, trace, order)
  return released.length
}
