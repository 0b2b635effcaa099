import { fullJitterMs } from '@ikoma/kernel'
import type { OrderState } from './order.ts'
import { dueAt, waitFor } from './order-deadlines.ts'
import type { Circumstance, Decision, RefusalReason, Step } from './order-event.ts'
import { isTerminal, nextStatus, type OrderTrigger } from './order-state.ts'
import { defaultExpiryMs } from './order-timing.ts'
import { boundRunnerId } from './target.ts'

export type Move = [trigger: OrderTrigger, action: string, reason: string | null]

/** Applies the moves one after the other through the table, then `patch`, and derives what follows from the state reached. */
export function change(order: OrderState, moves: Move[], at: Circumstance, patch: Partial<OrderState> = {}): Decision {
  const steps: Step[] = []
  let status = order.status
  let statusReason = order.statusReason
  for (const [trigger, action, reason] of moves) {
    const to = nextStatus(status, trigger)
    if (to === null) return refused(order, 'invalid_status')
    steps.push({ action, from: status, to, reason })
    status = to
    statusReason = reason
  }
  const reached: OrderState = { ...order, ...patch, status, statusReason }
  const last = steps.at(-1)
  const { lease, runnerId } = order
  const isTakenBack = order.status === 'STALE' && status === 'QUEUED' && reached.finishedLease !== lease
  if (last && isTakenBack && lease !== null && runnerId !== null) last.tookBack = { lease, runnerId }
  return { kind: 'changed', order: withDueAt(withForced(order, reached, at), at), steps }
}

/** Fields that a status forces, whatever led to it. */
function withForced(before: OrderState, after: OrderState, at: Circumstance): OrderState {
  if (isTerminal(after.status)) {
    return { ...after, completedAt: at.now, leaseExpiresAt: null, wait: null }
  }
  if (after.status !== 'QUEUED') return after
  if (before.status === 'PENDING_APPROVAL') return { ...after, wait: waitFor(after, at.now) }
  const runAt = before.status === 'CLAIMED' ? at.now : retryAt(before, at)
  const requeued: OrderState = {
    ...after,
    runnerId: boundRunnerId(after.target),
    lease: null,
    leaseExpiresAt: null,
    claimedAt: null,
    startedAt: null,
    heartbeatAt: null,
    runAt,
    // A claim that was lost began nothing, so the old limit holds; what did begin in time gets as long again.
    expiresAt: before.status === 'CLAIMED' ? before.expiresAt : Math.max(runAt, at.now) + defaultExpiryMs,
  }
  // It keeps its turn on its resource key, so only time can hold it back.
  return { ...requeued, wait: runAt > at.now ? 'time' : null }
}

function retryAt(order: OrderState, { now, random, timing }: Circumstance): number {
  return now + fullJitterMs(timing.retry, order.attempt - order.lostClaims, random)
}

export function withDueAt(order: OrderState, at: Circumstance): OrderState {
  return { ...order, dueAt: dueAt(order, at) }
}

export function refused(order: OrderState, refusal: RefusalReason): Decision {
  return { kind: 'refused', order, refusal }
}
