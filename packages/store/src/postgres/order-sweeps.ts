import {
  broughtBack,
  isTerminal,
  latestDueAt,
  latestRetryAt,
  type OrderState,
  overGraceMs,
  type Sweep,
  type SweepResult,
} from '@ikoma/domain'
import { and, asc, gt, isNotNull, lt, lte, notInArray, or, sql } from 'drizzle-orm'
import { heldIn, isSilentByRight } from '../held-sweep.ts'
import { ours } from '../order-fields.ts'
import { takeLocks } from './locks.ts'
import { announce, applyEvent, lockOrders, saveChanges } from './order-changes.ts'
import { idempotency, orders } from './schema.ts'
import type { Transaction } from './transaction.ts'

export async function sweepOrders(tx: Transaction, sweep: Sweep): Promise<SweepResult> {
  const { now, limit, random, timing } = sweep
  const held = heldIn(sweep)
  const due = await tx.db
    .select({ id: orders.id })
    .from(orders)
    .where(
      and(
        isNotNull(orders.dueAt),
        lte(orders.dueAt, now),
        sql.raw(ours),
        held.length > 0 ? notInArray(orders.status, held) : undefined,
      ),
    )
    .orderBy(asc(orders.dueAt))
    .limit(limit)
  const ahead = sweep.wentBack ? await listAhead(tx, sweep) : []
  const ids = [...due, ...ahead].map(({ id }) => id).slice(0, limit)
  await takeLocks(tx, { orderIds: ids })
  const changes = await lockOrders(tx, ids)
  const actions: Record<string, number> = {}
  ids.forEach((id, index) => {
    const order = changes.after.get(id)
    // Between the search and the lock its runner may have come back.
    if (!order || (!stillDue(order, sweep) && !(sweep.wentBack && broughtBack(order, sweep) !== null))) return
    // Spread one number over many orders, so that a mass failure does not retry all at the same instant.
    const spread = (random + index * 0.618_033_988_75) % 1
    const request = {
      orderId: id,
      event: { kind: 'sweep', wentBack: sweep.wentBack },
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

async function listAhead(tx: Transaction, { now, limit, timing }: Sweep): Promise<{ id: string }[]> {
  const leased = and(
    gt(orders.dueAt, latestDueAt(now, timing)),
    sql`status in ('CLAIMED', 'RUNNING', 'STALE')`,
    sql.raw(`not (${isSilentByRight(String(now), String(overGraceMs(timing)))})`),
  )
  const retried = and(
    sql`status = 'QUEUED' and wait = 'time' and attempt > 0`,
    gt(orders.runAt, latestRetryAt(now, timing)),
  )
  return tx.db
    .select({ id: orders.id })
    .from(orders)
    .where(and(or(leased, retried), sql.raw(ours)))
    .limit(limit)
}

function stillDue({ status, dueAt }: OrderState, sweep: Sweep): boolean {
  const { now } = sweep
  if (heldIn(sweep).includes(status)) return false
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
