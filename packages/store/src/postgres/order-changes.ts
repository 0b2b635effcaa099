import {
  type Advance,
  type Decision,
  isTerminal,
  type OrderState,
  type OrderStatus,
  type RowFault,
} from '@ikoma/domain'
import { stepEntry } from '../order-audit.ts'
import { reportDigest, type StoredState, shownDecision } from '../order-fields.ts'
import type { RowSeals } from '../row-seals.ts'
import { advanceSealed } from '../sealed-advance.ts'
import type { Trace } from '../trace.ts'
import { changeFields, changeRow, changeSet, stateList } from './order-columns.ts'
import type { Statement } from './statement-batch.ts'
import type { Transaction } from './transaction.ts'

/** Orders under a row lock, and what is to become of them. */
export interface Changes {
  before: Map<string, StoredState>
  after: Map<string, OrderState>
  /** Of those that are not as we left them. */
  faults: Map<string, RowFault>
  reports: Map<string, Record<string, unknown>>
  /** Resource keys whose turn passes on. */
  passing: Set<string>
}

export async function lockOrders(tx: Transaction, ids: string[]): Promise<Changes> {
  const locked = ids.length === 0 ? [] : await tx.rows<StoredState>(lock, [...new Set(ids)])
  const changes: Changes = {
    before: new Map(),
    after: new Map(),
    faults: new Map(),
    reports: new Map(),
    passing: new Set(),
  }
  for (const order of locked) takeUnder(tx, changes, order)
  return changes
}

/** Whether an order that was found claimable still is, after the events so far. */
export function isFree({ after }: Changes, { id }: OrderState): boolean {
  const { status, wait } = after.get(id) ?? { status: 'QUEUED', wait: null }
  return status === 'QUEUED' && wait === null
}

/** A locked order joins the changes. */
export function takeUnder({ seals, trace }: Transaction, { before, after, faults }: Changes, order: StoredState): void {
  if (after.has(order.id)) return
  before.set(order.id, order)
  after.set(order.id, order)
  const fault = seals.fault('orders', order)
  if (fault === 'newer') faults.set(order.id, fault)
  if (fault === 'broken') noteBroken(trace, { faults }, order.id)
}

export function noteBroken(trace: Trace, { faults }: Pick<Changes, 'faults'>, id: string): void {
  faults.set(id, 'broken')
  trace.signal({ kind: 'broken', rows: [{ table: 'orders', id }] })
}

/** How many of its live orders each runner no longer holds. */
export function endedBy({ before, after }: Changes): Map<string, number> {
  const ended = new Map<string, number>()
  for (const [id, { runnerId, status }] of before) {
    const then = after.get(id)
    if (runnerId === null || !isHeld(status) || (then && isHeld(then.status))) continue
    ended.set(runnerId, (ended.get(runnerId) ?? 0) + 1)
  }
  return ended
}

function isHeld(status: OrderStatus): boolean {
  return status === 'CLAIMED' || status === 'RUNNING'
}

/** Applies one event to what the events before it left. */
export function applyEvent(changes: Changes, trace: Trace, request: Advance): Decision | null {
  const order = changes.after.get(request.orderId)
  if (!order) return null
  // What is locked has its seals with it, and the rules leave them there.
  const advanced = advanceSealed(order as StoredState, changes.faults.get(order.id), request)
  const { change, report, actor } = advanced
  changes.after.set(order.id, change.order)
  if (change.kind !== 'changed') return shownDecision(advanced.answer)
  if (report !== undefined) changes.reports.set(order.id, report)
  for (const step of change.steps) trace.audit(stepEntry(change.order, step, actor, request.now))
  trace.signal({ kind: 'orders', ids: [order.id] })
  announce(changes.passing, trace, change.order)
  return shownDecision(advanced.answer)
}

/** Wakes whoever may claim it, or notes that its turn on its resource key passes on. */
export function announce(passing: Set<string>, trace: Trace, order: OrderState): void {
  if (order.status === 'QUEUED' && order.wait === null) trace.signal({ kind: 'claimable', targets: [order.target] })
  if (order.resourceKey === null) return
  if (isTerminal(order.status) || order.wait === 'resource') passing.add(order.resourceKey)
}

export async function saveChanges(tx: Transaction, changes: Changes): Promise<void> {
  const { before, after, reports, passing } = changes
  const changed = [...after.values()].filter((order) => order !== before.get(order.id))
  const rows = changed.map((order) => changeRow(sealedAgain(tx.seals, changes, order), reports.get(order.id)))
  const saved = rows.length === 0 ? undefined : tx.rows(save, JSON.stringify(rows))
  await Promise.all([saved, passTurns(tx, passing)])
}

/** What was broken stays so: sealed again, nobody could tell any more. */
function sealedAgain(seals: RowSeals, { before, faults, reports }: Changes, order: OrderState): StoredState {
  const report = reports.get(order.id)
  const first = before.get(order.id) as StoredState
  const next: StoredState = { ...first, ...order, ...(report && { reportDigest: reportDigest(report) }) }
  return faults.has(order.id) ? next : seals.sealed('orders', next)
}

/** The next order of each key takes its turn, unless one has it. Answers the ids of those that did. */
export async function passTurns(tx: Transaction, keys: Set<string>): Promise<Set<string>> {
  if (keys.size === 0) return new Set()
  const next = await tx.rows<{ id: string; target: string }>(pass, [...keys])
  if (next.length > 0) tx.trace.signal({ kind: 'claimable', targets: next.map(({ target }) => target) })
  return new Set(next.map(({ id }) => id))
}

const lock: Statement = {
  name: 'orders_lock',
  text: `select ${stateList} from orders where id = any($1::text[]) order by id for update`,
}

const save: Statement = {
  name: 'orders_save',
  text: `update orders set ${changeSet} from json_to_recordset($1::json) as changed (${changeFields})
    where orders.id = changed.id`,
}

const pass: Statement = {
  name: 'orders_pass_turns',
  text: `
    update orders set wait = null from (
      select next.id from unnest($1::text[]) as key cross join lateral (
        select id from orders where resource_key = key and status = 'QUEUED' and wait = 'resource' order by seq limit 1
      ) as next
      where not exists (select 1 from orders where resource_key = key and (status in ('CLAIMED', 'RUNNING', 'STALE')
        or (status = 'QUEUED' and (wait is null or (wait = 'time' and attempt > 0)))))
    ) as turn
    where orders.id = turn.id returning orders.id, orders.target`,
}
