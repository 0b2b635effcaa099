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
    case 'STALE':
      // Its runner stops by itself before the lease ends.
      return Math.max(now, order.leaseExpiresAt ?? now) + timing.staleGraceMs
    default:
      return null
  }
}

/** When a run has taken too long, and its runner has had time to say so itself. */
export function deadlineOf(order: OrderState, timing: OrderTiming): number {
  return (order.startedAt ?? 0) + order.timeoutSec * 1000 + timing.timeoutGraceMs
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
  if (order.status === 'STALE' && (order.dueAt ?? 0) > latest) {
    return { ...order, leaseExpiresAt: earlier(order.leaseExpiresAt), dueAt: now + timing.staleGraceMs }
  }
  if ((order.status !== 'CLAIMED' && order.status !== 'RUNNING') || (order.leaseExpiresAt ?? 0) <= latest) return null
  const leaseMs = order.status === 'CLAIMED' ? timing.claimLeaseMs : timing.runLeaseMs
  const times = { startedAt: earlier(order.startedAt), heartbeatAt: earlier(order.heartbeatAt) }
  const held = { ...order, ...times, leaseExpiresAt: now + leaseMs }
  return { ...held, dueAt: dueAt(held, { now, timing }) }
}
