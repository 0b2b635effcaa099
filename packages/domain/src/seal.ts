import type { ApiToken } from './access.ts'
import type { Order } from './order.ts'
import type { Schedule } from './schedule.ts'

// Each begins with what it is, so that no seal can stand for another.

/** Everything of an order that must not change between placement and execution. */
export function orderBytes(order: Omit<Order, 'seal'>): Uint8Array {
  const { id, type, target, payload, timeoutSec, retryClass, dryRun, createdAt, createdBy } = order
  return bytes('order', id, type, target, payload, timeoutSec, retryClass, dryRun, createdAt, createdBy)
}

/** That this person approved this order, as it was placed. */
export function approvalBytes({ seal }: Pick<Order, 'seal'>, approver: string): Uint8Array {
  return bytes('approval', seal, approver)
}

/** A token with all that it allows. */
export function tokenBytes(token: Omit<ApiToken, 'seal'>): Uint8Array {
  const { id, name, role, tokenHash, createdBy, createdAt, expiresAt } = token
  return bytes('token', id, name, role, tokenHash, createdBy, createdAt, expiresAt)
}

/** What a schedule places, and who answers for it. */
export function scheduleBytes({ id, order, createdBy }: Pick<Schedule, 'id' | 'order' | 'createdBy'>): Uint8Array {
  return bytes('schedule', id, order, createdBy)
}

function bytes(...parts: unknown[]): Uint8Array {
  return new TextEncoder().encode(JSON.stringify(parts))
}
