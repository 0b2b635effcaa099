import type { OrderState } from './order.ts'
import { change, type Move, withDueAt } from './order-change.ts'
import { broughtBack, deadlineOf, leaseExpired, overAt } from './order-deadlines.ts'
import type { Circumstance, Decision } from './order-event.ts'
import { resolveUnknown } from './order-retry.ts'

/** What time alone does to an order. */
export function sweep(order: OrderState, at: Circumstance): Decision {
  const { now, timing } = at
  if (order.status === 'PENDING_APPROVAL' || order.status === 'QUEUED') {
    if (order.expiresAt === null || order.expiresAt > now) return { kind: 'kept', order }
    return change(order, [['expire', 'order.expired', 'not_claimed_in_time']], at)
  }
  if (order.status === 'CLAIMED' && leaseExpired(order, now)) {
    const lostClaims = order.lostClaims + 1
    const move: Move =
      lostClaims < timing.maxLostClaims
        ? ['lose', 'order.requeued', 'claim_expired']
        : ['give_up', 'order.failed', 'claim_lost_too_often']
    return change(order, [move], at, { lostClaims })
  }
  if (order.status === 'RUNNING') {
    if (leaseExpired(order, now)) return change(order, [['lose', 'order.went_stale', 'no_heartbeat']], at)
    // Due by an older timing: looked at again when the present one says so, or it would stand in front of the others.
    if (deadlineOf(order, timing) > now) return { kind: 'kept', order: withDueAt(order, at) }
    // Nobody confirmed that it stopped, and its runner may believe in its lease for a while: until then nothing that
    // depends on its end may begin.
    return change(order, [['lose', 'order.went_stale', 'timeout']], at)
  }
  if (order.status === 'STALE' && order.dueAt !== null && order.dueAt <= now) {
    // Due by an older timing: its runner may not have stopped it yet.
    const over = overAt(order, timing)
    if (order.retryClass === 'once' && over > now) return { kind: 'kept', order: { ...order, dueAt: over } }
    return change(order, resolveUnknown(order, order.statusReason ?? 'no_heartbeat'), at)
  }
  return { kind: 'kept', order }
}

export function keptBack(order: OrderState, at: Circumstance): Decision | null {
  const back = broughtBack(order, at)
  return back && { kind: 'kept', order: back }
}
