import type { OrderState } from './order.ts'
import type { Move } from './order-change.ts'

/** What becomes of an order that went silent. That a `once` order may have been done must not be hidden by its timeout. */
export function resolveUnknown(order: OrderState, reason: string): Move[] {
  if (order.retryClass === 'once') return [['doubt', 'order.needs_attention', reason]]
  if (reason === 'timeout') return thenRetry(order, ['time_out', 'order.timed_out', reason], true)
  if (mayRerun(order)) return [['retry', 'order.requeued', reason]]
  return [['give_up', 'order.failed', reason]]
}

export function thenRetry(order: OrderState, ending: Move, retryable: boolean): Move[] {
  return retryable && mayRerun(order) ? [ending, ['retry', 'order.requeued', 'retry']] : [ending]
}

function mayRerun(order: OrderState): boolean {
  return (
    order.status !== 'NEEDS_ATTENTION' &&
    order.retryClass === 'idempotent' &&
    order.cancelRequestedAt === null &&
    runsLeft(order)
  )
}

function runsLeft(order: OrderState): boolean {
  return order.attempt - order.lostClaims < order.maxAttempts
}
