import { isTerminal, type OrderState, type Sweep, type SweepResult } from '@ikoma/domain'
import { and, asc, isNotNull, lt, lte, sql } from 'drizzle-orm'
import { ours } from '../order-fields.ts'
import { takeLocks } from './locks.ts'
import { announce, applyEvent, lockOrders, saveChanges } from './order-changes.ts'
import { idempotency, orders } from './schema.ts'
import type { Transaction } from './transaction.ts'

export async function sweepOrders(tx: Transaction, sweep: Sweep): Promise<SweepResult> {
  const { now, limit, random, timing, holdLeases } = sweep
  const due = await tx.db
    .select({ id: orders.id })
    .from(orders)
    .where(
      and(
        isNotNull(orders.dueAt),
        lte(orders.dueAt, now),
        sql.raw(ours),
        holdLeases ? sql`status not in ('CLAIMED', 'RUNNING')` : undefined,
      ),
    )
    .orderBy(asc(orders.dueAt))
    .limit(limit)
  const ids = due.map(({ id }) => id)
  await takeLocks(tx, { orderIds: ids })
  const changes = await lockOrders(tx, ids)
  const actions: Record<string, number> = {}
  ids.forEach((id, index) => {
    const order = changes.after.get(id)
    // Between the search and the lock its runner may have come back.
    if (!order || !stillDue(order, sweep)) return
    // Spread one number over many orders, so that a mass failure does not retry all at the same instant.
    const spread = (random + index * 0.618_033_988_75) % 1
    const request = {
      orderId: id,
      event: { kind: 'sweep' },
      actor: 'control-plane',
      now,
      timing,
      random: spread,
    } as const
    const decision = applyEvent(changes, tx.trace, request)
    if (decision?.kind !== 'changed') return
    for (const { action } of decision.steps) actions[action] = (actions[action] ?? 0) + 1
  })
  await saveChanges(tx, changes)
  return { seen: ids.length, actions }
}

function stillDue({ status, dueAt }: OrderState, { now, holdLeases }: Sweep): boolean {
  if (holdLeases && (status === 'CLAIMED' || status === 'RUNNING')) return false
  return !isTerminal(status) && dueAt !== null && dueAt <= now
}

export async function releaseOrders(tx: Transaction, now: number, limit: number): Promise<number> {
  const ready = await tx.db
    .select({ id: orders.id })
    .from(orders)
    .where(and(sql`status = 'QUEUED' and wait = 'time'`, lte(orders.runAt, now), sql.raw(ours)))
    .orderBy(asc(orders.runAt))
    .limit(limit)
  const ids = ready.map(({ id }) => id)
  await takeLocks(tx, { orderIds: ids })
  const changes = await lockOrders(tx, ids)
  let released = 0
  for (const id of ids) {
    const order = changes.after.get(id)
    if (order?.status !== 'QUEUED' || order.wait !== 'time' || order.runAt > now) continue
    const next: OrderState = { ...order, wait: order.resourceKey !== null && order.attempt === 0 ? 'resource' : null }
    changes.after.set(id, next)
    announce(changes.passing, tx.trace, next)
    released += 1
  }
  await saveChanges(tx, changes)
  return released
}

export async function pruneIdempotency(tx: Transaction, before: number): Promise<number> {
  const { rowCount } = await tx.db.delete(idempotency).where(lt(idempotency.createdAt, before))
  return rowCount ?? 0
}
