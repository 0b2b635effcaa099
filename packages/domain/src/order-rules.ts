import { fullJitterMs } from '@ikoma/kernel'
import type { OrderState } from './order.ts'
import { broughtBack, deadlineOf, dueAt, leaseExpired, waitFor } from './order-deadlines.ts'
import type {
  Circumstance,
  Completion,
  Decision,
  LeaseHolder,
  OrderEvent,
  RefusalReason,
  Step,
  Verdict,
} from './order-event.ts'
import { isTerminal, nextStatus, type OrderStatus, type OrderTrigger } from './order-state.ts'
import { defaultExpiryMs } from './order-timing.ts'
import { boundRunnerId } from './target.ts'

/** What happens to `order` when `event` does. Pure: the same arguments give the same decision, and `order` is not modified. */
export function advance(order: OrderState, event: OrderEvent, circumstance: Circumstance): Decision {
  switch (event.kind) {
    case 'claim':
      return claim(order, event.runnerId, event.lease, circumstance)
    case 'start':
      return start(order, event.by, circumstance)
    case 'heartbeat':
      return heartbeat(order, event.by, circumstance)
    case 'complete':
      return complete(order, event.by, event.completion, circumstance)
    case 'cancel':
      return cancel(order, event.reason, circumstance)
    case 'approve':
      return approve(order, event.approval, circumstance)
    case 'reject':
      return reject(order, event.reason, circumstance)
    case 'sweep':
      return (event.wentBack && keptBack(order, circumstance)) || sweep(order, circumstance)
    case 'settle':
      return settle(order, event, circumstance)
    case 'note':
      return { kind: 'changed', order: { ...order }, steps: [reportedLate(order, event.reason)] }
    case 'withdraw':
      return withdraw(order, circumstance)
  }
}

function claim(order: OrderState, runnerId: string, lease: string, at: Circumstance): Decision {
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

function start(order: OrderState, by: LeaseHolder, at: Circumstance): Decision {
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

function heartbeat(order: OrderState, by: LeaseHolder, at: Circumstance): Decision {
  const refusal = refuseHolder(order, by)
  if (refusal) return refused(order, refusal)
  if (order.status === 'STALE' || order.status === 'NEEDS_ATTENTION') {
    // It is given to nobody else: whoever does it goes on, and how it ends is waited for.
    return order.retryClass === 'once' ? { kind: 'kept', order } : refused(order, 'lease_lost')
  }
  if (order.status !== 'RUNNING') return refused(order, 'invalid_status')
  const renewed = { ...order, heartbeatAt: at.now, leaseExpiresAt: at.now + at.timing.runLeaseMs }
  return { kind: 'kept', order: withDueAt(renewed, at) }
}

function complete(order: OrderState, by: LeaseHolder, completion: Completion, at: Circumstance): Decision {
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

function reportedLate({ status }: OrderState, reason: string): Step {
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

function cancel(order: OrderState, reason: string | null, at: Circumstance): Decision {
  if (isTerminal(order.status)) return refused(order, 'already_ended')
  if (order.status !== 'RUNNING' && order.status !== 'STALE') {
    return change(order, [['cancel', 'order.canceled', reason ?? 'canceled']], at)
  }
  if (order.cancelRequestedAt !== null) return { kind: 'kept', order }
  const asked: Step = { action: 'order.cancel_requested', from: order.status, to: order.status, reason }
  return { kind: 'changed', order: { ...order, cancelRequestedAt: at.now }, steps: [asked] }
}

function approve(order: OrderState, approval: string, at: Circumstance): Decision {
  return change(order, [['approve', 'order.approved', null]], at, { approval })
}

function reject(order: OrderState, reason: string | null, at: Circumstance): Decision {
  return change(order, [['reject', 'order.rejected', reason ?? 'rejected']], at)
}

/** The first verdict stands: said again it gets the same answer. */
function settle(
  order: OrderState,
  { verdict, reason }: { verdict: Verdict; reason: string },
  at: Circumstance,
): Decision {
  if (order.statusReason === settled && order.status === endOf[verdict]) return { kind: 'kept', order }
  if (order.status !== 'NEEDS_ATTENTION') return refused(order, 'not_in_doubt')
  const decision = change(order, [[verdict === 'succeeded' ? 'succeed' : 'fail', 'order.settled', reason]], at)
  return { ...decision, order: { ...decision.order, statusReason: settled } }
}

const settled = 'settled'
const endOf = { succeeded: 'SUCCEEDED', failed: 'FAILED' } as const satisfies Record<Verdict, OrderStatus>

/** Ends it, whatever it says of itself. What may be running is for a person to look at. */
function withdraw(order: OrderState, at: Circumstance): Decision {
  const reason = 'seal_broken'
  if (isTerminal(order.status)) return refused(order, reason)
  const doubt: Move = ['doubt', 'order.needs_attention', reason]
  if (order.status === 'STALE') return change(order, [doubt], at)
  if (order.status === 'RUNNING') return change(order, [['lose', 'order.went_stale', reason], doubt], at)
  return change(order, [['cancel', 'order.canceled', reason]], at)
}

function keptBack(order: OrderState, at: Circumstance): Decision | null {
  const back = broughtBack(order, at)
  return back && { kind: 'kept', order: back }
}

/** What time alone does to an order. */
function sweep(order: OrderState, at: Circumstance): Decision {
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
    return change(order, resolveUnknown(order, order.statusReason ?? 'no_heartbeat'), at)
  }
  return { kind: 'kept', order }
}

type Move = [trigger: OrderTrigger, action: string, reason: string | null]

/** Applies the moves one after the other through the table, then `patch`, and derives what follows from the state reached. */
function change(order: OrderState, moves: Move[], at: Circumstance, patch: Partial<OrderState> = {}): Decision {
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

function withDueAt(order: OrderState, at: Circumstance): OrderState {
  return { ...order, dueAt: dueAt(order, at) }
}

function runsLeft(order: OrderState): boolean {
  return order.attempt - order.lostClaims < order.maxAttempts
}

function mayRerun(order: OrderState): boolean {
  return (
    order.status !== 'NEEDS_ATTENTION' &&
    order.retryClass === 'idempotent' &&
    order.cancelRequestedAt === null &&
    runsLeft(order)
  )
}

function thenRetry(order: OrderState, ending: Move, retryable: boolean): Move[] {
  return retryable && mayRerun(order) ? [ending, ['retry', 'order.requeued', 'retry']] : [ending]
}

/** What becomes of an order that went silent. That a `once` order may have been done must not be hidden by its timeout. */
function resolveUnknown(order: OrderState, reason: string): Move[] {
  if (order.retryClass === 'once') return [['doubt', 'order.needs_attention', reason]]
  if (reason === 'timeout') return thenRetry(order, ['time_out', 'order.timed_out', reason], true)
  if (mayRerun(order)) return [['retry', 'order.requeued', reason]]
  return [['give_up', 'order.failed', reason]]
}

function refuseHolder(order: OrderState, by: LeaseHolder): RefusalReason | null {
  if (order.runnerId !== by.runnerId) return 'wrong_runner'
  if (by.lease !== null && by.lease !== order.lease) return 'lease_lost'
  return isTerminal(order.status) && order.status !== 'NEEDS_ATTENTION' ? 'already_ended' : null
}

/** The runner cannot know whether its report arrived: the same one again is accepted, another one is not. */
function repeatedCompletion(order: OrderState, by: LeaseHolder, completion: Completion): Decision | null {
  if (order.finishedLease === null) return null
  const sameClaim = by.lease === null ? isTerminal(order.status) : by.lease === order.finishedLease
  if (!sameClaim || (by.lease === null && order.runnerId !== by.runnerId)) return null
  return order.finishedDigest === completion.digest ? { kind: 'kept', order } : refused(order, 'already_completed')
}

function refused(order: OrderState, refusal: RefusalReason): Decision {
  return { kind: 'refused', order, refusal }
}
