import type { OrderState } from './order.ts'
import { change, type Move, refused } from './order-change.ts'
import type { Circumstance, Completion, Decision, LeaseHolder, Step } from './order-event.ts'
import { refuseHolder } from './order-lease.ts'
import { resolveUnknown, thenRetry } from './order-retry.ts'
import { isTerminal, type OrderStatus } from './order-state.ts'

export function complete(order: OrderState, by: LeaseHolder, completion: Completion, at: Circumstance): Decision {
  const repeat = repeatedCompletion(order, by, completion)
  if (repeat) return repeat
  const finished = { finishedLease: order.lease, finishedDigest: completion.digest }
  if (isKeptBeside(order, by, completion)) {
    const steps = [reportedLate(order, completion.outcome)]
    return { kind: 'changed', order: { ...order, ...finished }, steps }
  }
  const refusal = refuseHolder(order, by)
  if (refusal) return refused(order, refusal)
  if (!mayEnd.includes(order.status)) return refused(order, 'invalid_status')
  const moves = completionMoves(order, completion)
  return change(order, moves, at, finished)
}

const mayEnd: readonly OrderStatus[] = ['RUNNING', 'STALE', 'NEEDS_ATTENTION']

/**
 * Whether a report comes after the rules or a person have decided without it. What people were told stands, and the report
 * is shown with it. One that does not know the end either decides nothing.
 */
function isKeptBeside(order: OrderState, by: LeaseHolder, { outcome }: Completion): boolean {
  if (order.runnerId !== by.runnerId || by.lease === null || by.lease !== order.lease) return false
  if (order.status === 'NEEDS_ATTENTION') return outcome === 'interrupted'
  return isTerminal(order.status) && order.startedAt !== null
}

export function reportedLate({ status }: OrderState, reason: string): Step {
  return { action: 'order.reported_late', from: status, to: status, reason }
}

/** The moves a report causes, in order: an unknown outcome passes through STALE, as if the runner had gone silent. */
function completionMoves(order: OrderState, { outcome, retryable, reason }: Completion): Move[] {
  switch (outcome) {
    case 'succeeded':
      return [['succeed', 'order.succeeded', null]]
    case 'canceled':
      if (order.cancelRequestedAt !== null) return [['cancel', 'order.canceled', 'canceled_while_running']]
      return [['fail', 'order.failed', 'stopped_by_runner']]
    case 'timed_out':
      return thenRetry(order, ['time_out', 'order.timed_out', 'timeout'], retryable)
    case 'failed':
      return thenRetry(order, ['fail', 'order.failed', reason ?? 'failed'], retryable)
    case 'interrupted': {
      const silent: Move[] = order.status === 'RUNNING' ? [['lose', 'order.went_stale', 'interrupted']] : []
      return [...silent, ...resolveUnknown(order, 'interrupted')]
    }
  }
}

/** The runner cannot know whether its report arrived: the same one again is accepted, another one is not. */
function repeatedCompletion(order: OrderState, by: LeaseHolder, completion: Completion): Decision | null {
  if (order.finishedLease === null) return null
  const sameClaim = by.lease === null ? isTerminal(order.status) : by.lease === order.finishedLease
  if (!sameClaim || (by.lease === null && order.runnerId !== by.runnerId)) return null
  return order.finishedDigest === completion.digest ? { kind: 'kept', order } : refused(order, 'already_completed')
}
