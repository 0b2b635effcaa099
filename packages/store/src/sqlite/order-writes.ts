import {
  type Advance,
  type AuditEntry,
  type ClaimRequest,
  type Decision,
  isTerminal,
  logBound,
  type Order,
  type OrderInsertion,
  type OrderState,
  type Placement,
  type RowFault,
  type Sweep,
  type SweepResult,
} from '@ikoma/domain'
import { and, eq, lt, sql } from 'drizzle-orm'
import { isLatest, latestOf } from '../last-event.ts'
import { placedEntry, stepEntry } from '../order-audit.ts'
import { reportDigest, type StoredState, shownDecision, withoutSeals } from '../order-fields.ts'
import type { RowSeals } from '../row-seals.ts'
import { type Advanced, advanceSealed } from '../sealed-advance.ts'
import type { Trace } from '../trace.ts'
import type { WriteArgs } from '../writes.ts'
import type { Db } from './database.ts'
import { placeholders } from './order-columns.ts'
import { type OrderStatements, prepareOrderStatements } from './order-statements.ts'
import { idempotency, orderLogs } from './schema.ts'
import type { SyncWrites } from './sync-writes.ts'

type OrderVerb =
  | 'insertOrders'
  | 'claimOrders'
  | 'advanceOrder'
  | 'sweepOrders'
  | 'releaseOrders'
  | 'appendLog'
  | 'pruneIdempotency'

/** What the writes of orders work with. */
interface Desk {
  statements: OrderStatements
  seals: RowSeals
  /** What this batch will add to the audit, so far. */
  pending: () => readonly AuditEntry[]
}

export function orderWrites(db: Db, seals: RowSeals, pending: Desk['pending']): Pick<SyncWrites, OrderVerb> {
  const desk: Desk = { statements: prepareOrderStatements(db), seals, pending }
  const logs = prepareLogStatements(db)
  return {
    insertOrders: (trace, insertions) => insertions.map((insertion) => insertOne(desk, trace, insertion)),
    claimOrders: (trace, claim) => claimOrders(desk, trace, claim),
    advanceOrder: (trace, request) => advanceOne(desk, trace, request),
    sweepOrders: (trace, sweep) => sweepOrders(desk, trace, sweep),
    releaseOrders: (trace, now, limit) => releaseOrders(desk, trace, { now, limit }),
    appendLog: (trace, ...args) => appendLog({ logs, seals }, trace, ...args),
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
      .values(placeholders(['orderId', 'attempt', 'seq', 'lines', 'at', 'bytes', 'rowSeal']))
      .prepare(),
  }
}

function appendLog(
  { logs, seals }: { logs: LogStatements; seals: RowSeals },
  trace: Trace,
  ...args: WriteArgs<'appendLog'>
): { truncated: boolean } {
  const [orderId, chunk, at] = args
  if (logs.findChunk.get({ orderId, ...chunk })) return { truncated: false }
  const { used } = logs.size.get({ orderId }) as { used: number }
  const bytes = Buffer.byteLength(JSON.stringify(chunk.lines))
  if (used + bytes > logBound(chunk)) return { truncated: true }
  logs.append.run({ ...seals.sealed('order_logs', { orderId, ...chunk, at, bytes }) })
  trace.signal({ kind: 'orders', ids: [orderId] })
  return { truncated: false }
}

function insertOne({ statements, seals }: Desk, trace: Trace, insertion: OrderInsertion): Placement {
  const { order, actor, idempotency: given } = insertion
  const first = given && statements.findAnswer(actor, given.key)
  if (first) {
    seals.whole('idempotency', given.key, first)
    return first.digest === given.digest ? { kind: 'repeated', order: first.answer } : { kind: 'key_reused' }
  }
  const live = order.dedupeKey === null ? undefined : statements.findLive(order.dedupeKey)
  if (live) return { kind: 'duplicate', orderId: live.id }
  statements.insert(seals.sealed('orders', { ...order, reportDigest: null }))
  trace.audit(placedEntry(order, actor))
  announce(statements, trace, order)
  const stored = order.wait === 'resource' ? { ...order, wait: statements.waitOf(order.id) } : order
  if (given) {
    const answer = { actor, ...given, answer: stored, createdAt: order.createdAt }
    statements.remember(seals.sealed('idempotency', answer))
  }
  return { kind: 'inserted', order: stored }
}

function claimOrders(desk: Desk, trace: Trace, claim: ClaimRequest): Order[] {
  const { statements } = desk
  const { runnerId, now, timing, leases } = claim
  const limit = Math.min(claim.max, claim.concurrency - statements.held(runnerId), leases.length)
  if (limit <= 0) return []
  const types = JSON.stringify(claim.types)
  const latest = latestOf(desk.pending())
  const candidates = [...new Set(claim.targets)]
    .flatMap((target) => statements.claimable({ target, types, limit, now }))
    .sort((a, b) => b.priority - a.priority || a.seq - b.seq)
    .slice(0, limit)
  return candidates.flatMap(({ seq: _seq, lastEvent, ...order }, index) => {
    const event = { kind: 'claim', runnerId, lease: leases[index] ?? '' } as const
    const asked = { event, actor: `runner:${runnerId}`, now, timing, random: 0 } as const
    // An older copy of the row has a good seal: the audit knows that more has happened.
    const outdated = !isLatest(order, latest.get(`order:${order.id}`) ?? lastEvent)
    const decision = apply(desk, trace, order, asked, outdated)
    return decision.kind === 'changed' ? [withoutSeals({ ...order, ...decision.order })] : []
  })
}

function advanceOne(desk: Desk, trace: Trace, request: Advance): Decision | null {
  const order = desk.statements.find(request.orderId)
  return order ? apply(desk, trace, order, request) : null
}

/** Does to an order what an event does, and answers what whoever asked for it hears. */
function apply(
  desk: Desk,
  trace: Trace,
  ...[order, asked, outdated = false]: [StoredState, Omit<Advance, 'orderId'>, boolean?]
): Decision {
  const fault = desk.seals.fault('orders', order) ?? (outdated ? 'broken' : undefined)
  const advanced = advanceSealed(order, fault, asked)
  if (fault === 'broken') trace.signal({ kind: 'broken', rows: [{ table: 'orders', id: order.id }] })
  record(desk, trace, { order, fault }, { ...advanced, now: asked.now })
  return shownDecision(advanced.answer)
}

/** Writes what a decision changed, its audit, and what it sets free. */
function record(
  { statements, seals }: Desk,
  trace: Trace,
  before: { order: StoredState; fault: RowFault | undefined },
  { change, actor, now, report }: Advanced & { now: number },
): void {
  const { order } = change
  if (order === before.order) return
  const written = change.kind === 'changed' ? report : undefined
  const next: StoredState = { ...before.order, ...order, ...(written && { reportDigest: reportDigest(written) }) }
  // What was broken stays so: sealed again, nobody could tell any more.
  if (before.fault === undefined) next.rowSeal = seals.of('orders', next)
  statements.update(next)
  if (change.kind !== 'changed') return
  if (written !== undefined) statements.setReport(order.id, written)
  for (const step of change.steps) trace.audit(stepEntry(order, step, actor, now))
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

function sweepOrders(desk: Desk, trace: Trace, sweep: Sweep): SweepResult {
  const { now, random, timing } = sweep
  const due = desk.statements.due(sweep)
  const actions: Record<string, number> = {}
  due.forEach((order, index) => {
    // Spread one number over many orders, so that a mass failure does not retry all at the same instant.
    const spread = (random + index * 0.618_033_988_75) % 1
    const asked = {
      event: { kind: 'sweep', wentBack: sweep.wentBack },
      actor: 'control-plane',
      now,
      random: spread,
      timing,
    } as const
    const fault = desk.seals.fault('orders', order)
    const { change } = advanceSealed(order, fault, asked)
    if (fault === 'broken') trace.signal({ kind: 'broken', rows: [{ table: 'orders', id: order.id }] })
    record(desk, trace, { order, fault }, { change, answer: change, actor: 'control-plane', report: undefined, now })
    if (change.kind !== 'changed') return
    for (const { action } of change.steps) actions[action] = (actions[action] ?? 0) + 1
  })
  return { seen: due.length, actions }
}

function releaseOrders({ statements, seals }: Desk, trace: Trace, at: { now: number; limit: number }): number {
  const ready = statements.ready(at.now, at.limit)
  const released = ready.map((order): StoredState => {
    const next = { ...order, wait: order.resourceKey !== null && order.attempt === 0 ? 'resource' : null } as const
    return { ...next, rowSeal: seals.again('orders', order, next) }
  })
  for (const order of released) statements.update(order)
  // Only then turns are given: of those released together the first placed goes first.
  for (const order of released) announce(statements, trace, order)
  return released.length
}
