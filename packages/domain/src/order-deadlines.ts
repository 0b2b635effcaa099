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
