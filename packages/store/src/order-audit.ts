import { hash } from 'node:crypto'
import type { AuditEntry, Order, OrderState, Pruning, Step } from '@ikoma/domain'

/** The audit entry of one step of an order; also what GET /v1/orders/:id/events shows. */
export function stepEntry(order: OrderState, step: Step, actor: string, at: number): AuditEntry {
  return {
    at,
    actor,
    action: step.action,
    subject: `order:${order.id}`,
    data: {
      from: step.from,
      to: step.to,
      ...(step.reason === null ? {} : { reason: step.reason }),
      attempt: order.attempt,
      ...(order.runnerId === null ? {} : { runnerId: order.runnerId }),
      ...(step.tookBack && { formerRunnerId: step.tookBack.runnerId, formerLease: leaseDigest(step.tookBack.lease) }),
    },
  }
}

/** By this a report that comes late is known; the lease itself is nobody's to read. */
function leaseDigest(lease: string): string {
  return hash('sha256', lease, 'base64url')
}

export function placedEntry(order: Order, actor: string): AuditEntry {
  return {
    at: order.createdAt,
    actor,
    action: 'order.placed',
    subject: `order:${order.id}`,
    data: { to: order.status, type: order.type, target: order.target },
  }
}

export function prunedEntry(count: number, { endedBefore, archive, now }: Pruning): AuditEntry {
  return {
    at: now,
    actor: 'control-plane',
    action: 'orders.pruned',
    subject: 'orders:ended',
    data: { count, endedBefore: new Date(endedBefore).toISOString(), archive },
  }
}
