import type { OrderState } from './order.ts'
import { change, refused, withDueAt } from './order-change.ts'
import { deadlineOf } from './order-deadlines.ts'
import type { Circumstance, Decision, LeaseHolder, RefusalReason } from './order-event.ts'
import { isTerminal } from './order-state.ts'

export function claim(order: OrderState, runnerId: string, lease: string, at: Circumstance): Decision {
  if (order.status !== 'QUEUED') return refused(order, 'invalid_status')
  // The sweep has yet to say so, but it must not run late.
  if (order.expiresAt !== null && order.expiresAt <= at.now) return refused(order, 'already_ended')
  if (order.wait !== null) return refused(order, 'not_yet')
  const leaseExpiresAt = at.now + at.timing.claimLeaseMs
  return change(order, [['claim', 'order.claimed', null]], at, {
    runnerId,
    lease,
    leaseExpiresAt,
    attempt: order.attempt + 1,
    claimedAt: at.now,
    startedAt: null,
    heartbeatAt: null,
  })
}

export function start(order: OrderState, by: LeaseHolder, at: Circumstance): Decision {
  const refusal = refuseHolder(order, by)
  if (refusal) return refused(order, refusal)
  // The reply to a first start may have been lost: the same lease may ask again.
  if (order.status === 'RUNNING' && by.lease !== null) return heartbeat(order, by, at)
  if (order.status !== 'CLAIMED') return refused(order, 'invalid_status')
  return change(order, [['start', 'order.started', null]], at, {
    startedAt: at.now,
    heartbeatAt: at.now,
    leaseExpiresAt: at.now + at.timing.runLeaseMs,
  })
}

export function heartbeat(order: OrderState, by: LeaseHolder, at: Circumstance): Decision {
  const refusal = refuseHolder(order, by)
  if (refusal) return refused(order, refusal)
  if (order.status === 'NEEDS_ATTENTION') {
    // It is given to nobody else, but its key is: then whoever does it still must stop.
    return order.retryClass === 'once' && order.resourceKey === null
      ? { kind: 'kept', order }
      : refused(order, 'lease_lost')
  }
  const renewed = { heartbeatAt: at.now, leaseExpiresAt: at.now + at.timing.runLeaseMs }
  if (order.status === 'STALE') {
    if (order.retryClass !== 'once') return refused(order, 'lease_lost')
    // Nobody else has it, nor its key: whoever does it goes on.
    if (deadlineOf(order, at.timing) > at.now) return change(order, [['resume', 'order.resumed', null]], at, renewed)
  } else if (order.status !== 'RUNNING') return refused(order, 'invalid_status')
  return { kind: 'kept', order: withDueAt({ ...order, ...renewed }, at) }
}

export function refuseHolder(order: OrderState, by: LeaseHolder): RefusalReason | null {
  if (order.runnerId !== by.runnerId) return 'wrong_runner'
  if (by.lease !== null && by.lease !== order.lease) return 'lease_lost'
  return isTerminal(order.status) && order.status !== 'NEEDS_ATTENTION' ? 'already_ended' : null
}
