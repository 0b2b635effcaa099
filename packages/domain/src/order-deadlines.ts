import type { OrderState } from './order.ts'
import type { OrderTiming } from './order-timing.ts'

/** Whether a new or approved order can be claimed at once. Its turn on its resource key is the store's to grant. */
export function waitFor(order: Pick<OrderState, 'runAt' | 'resourceKey'>, now: number): OrderState['wait'] {
  if (order.runAt > now) return 'time'
  return order.resourceKey === null ? null : 'resource'
}

/** When time alone may next change this order. */
export function dueAt(order: OrderState, { now, timing }: { now: number; timing: OrderTiming }): number | null {
  switch (order.status) {
    case 'PENDING_APPROVAL':
    case 'QUEUED':
      return order.expiresAt
    case 'CLAIMED':
      return order.leaseExpiresAt
    case 'RUNNING':
      return Math.min(order.leaseExpiresAt ?? now, deadlineOf(order, timing))
    case 'STALE': {
      const decided = Math.max(now, order.leaseExpiresAt ?? now) + timing.staleGraceMs
      // The runner of an idempotent order stops it by itself before the lease ends; what is done once goes on without one.
      return order.retryClass === 'once' ? Math.max(decided, overAt(order, timing)) : decided
    }
    default:
      return null
  }
}

/** When a run has taken too long, and its runner has had time to say so itself. */
export function deadlineOf(order: OrderState, timing: OrderTiming): number {
  return (order.startedAt ?? 0) + order.timeoutSec * 1000 + timing.timeoutGraceMs
}

/**
 * From when on nobody can be at it any more, whatever became of the word of its runner. That counts the order's time from
 * the answer to its start, which may have come as late as the claim could still be started, and then has to stop it.
 */
export function overAt(order: OrderState, timing: OrderTiming): number {
  return (order.startedAt ?? 0) + order.timeoutSec * 1000 + overGraceMs(timing)
}

/** Until when an order that may still run keeps its resource key though nobody hears of it; null for any other. */
export function heldUntil({ status, retryClass, dueAt }: OrderState): number | null {
  return status === 'STALE' && retryClass === 'once' ? dueAt : null
}

/** What `overAt` adds to the time that an order may take. */
export function overGraceMs({ timeoutGraceMs, claimLeaseMs, stopGraceMs }: OrderTiming): number {
  return timeoutGraceMs + claimLeaseMs + stopGraceMs
}

export function leaseExpired(order: OrderState, now: number): boolean {
  return order.leaseExpiresAt === null || order.leaseExpiresAt <= now
}

/** Later than anything that was decided by the time `now` can be due. */
export function latestDueAt(now: number, { claimLeaseMs, runLeaseMs, staleGraceMs }: OrderTiming): number {
  return now + Math.max(claimLeaseMs, runLeaseMs) + staleGraceMs + aLittleMs
}

/** Later than any retry that was decided by the time `now`. */
export function latestRetryAt(now: number, { retry }: OrderTiming): number {
  return now + retry.capMs + aLittleMs
}

/** Clocks of processes that share a database differ a little. */
const aLittleMs = 60_000

/** The order by the time `now`, when what it waits for was decided by a clock that was ahead; null when it was not. */
export function broughtBack(
  order: OrderState,
  { now, timing }: { now: number; timing: OrderTiming },
): OrderState | null {
  const earlier = (time: number | null) => (time === null ? null : Math.min(time, now))
  if (order.status === 'QUEUED') {
    const isRetry = order.attempt > 0 && order.wait === 'time' && order.runAt > latestRetryAt(now, timing)
    return isRetry ? { ...order, runAt: now } : null
  }
  const latest = latestDueAt(now, timing)
  if (order.status === 'STALE') {
    const back = { ...order, startedAt: earlier(order.startedAt), leaseExpiresAt: earlier(order.leaseExpiresAt) }
    const due = dueAt(back, { now, timing })
    // What is done once may be due much later by right.
    return (order.dueAt ?? 0) > Math.max(latest, due ?? 0) ? { ...back, dueAt: due } : null
  }
  if ((order.status !== 'CLAIMED' && order.status !== 'RUNNING') || (order.leaseExpiresAt ?? 0) <= latest) return null
  const leaseMs = order.status === 'CLAIMED' ? timing.claimLeaseMs : timing.runLeaseMs
  const times = { startedAt: earlier(order.startedAt), heartbeatAt: earlier(order.heartbeatAt) }
  const held = { ...order, ...times, leaseExpiresAt: now + leaseMs }
  return { ...held, dueAt: dueAt(held, { now, timing }) }
}
