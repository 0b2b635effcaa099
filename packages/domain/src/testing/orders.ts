import type { OrderState, RetryClass } from '../order.ts'
import { dueAt } from '../order-deadlines.ts'
import type { Circumstance, Completion, OrderEvent, Outcome } from '../order-event.ts'
import { isTerminal, type OrderStatus } from '../order-state.ts'
import { defaultTiming } from '../order-timing.ts'

/** A fixed moment, so that expectations can be written down. */
export const noon = Date.UTC(2026, 0, 15, 12)

export const holder = { runnerId: 'runner-1', lease: 'lease-1' }

export const retryClasses: RetryClass[] = ['idempotent', 'once']

/** An order that came to rest in `status` at noon on its first attempt; a whole day is left to it. */
export function anOrder(status: OrderStatus, patch: Partial<OrderState> = {}): OrderState {
  const order: OrderState = {
    id: 'order-1',
    type: 'runner.selftest',
    status,
    statusReason: null,
    target: 'runner:runner-1',
    serverId: null,
    runnerId: 'runner-1',
    retryClass: 'idempotent',
    attempt: 0,
    lostClaims: 0,
    maxAttempts: 3,
    timeoutSec: 3600,
    lease: null,
    leaseExpiresAt: null,
    runAt: noon,
    expiresAt: noon + 86_400_000,
    wait: null,
    resourceKey: null,
    cancelRequestedAt: null,
    claimedAt: null,
    startedAt: null,
    heartbeatAt: null,
    completedAt: null,
    finishedLease: null,
    finishedDigest: null,
    approval: null,
    dueAt: null,
    ...marks(status),
    ...patch,
  }
  return { ...order, dueAt: patch.dueAt ?? dueAt(order, { now: noon, timing: defaultTiming }) }
}

function marks(status: OrderStatus): Partial<OrderState> {
  if (status === 'PENDING_APPROVAL' || status === 'QUEUED') return {}
  const claimed = { lease: holder.lease, attempt: 1, claimedAt: noon }
  if (isTerminal(status)) return { ...claimed, completedAt: noon }
  if (status === 'CLAIMED') return { ...claimed, leaseExpiresAt: noon + defaultTiming.claimLeaseMs }
  return { ...claimed, startedAt: noon, heartbeatAt: noon, leaseExpiresAt: noon + defaultTiming.runLeaseMs }
}

export function at(now = noon, patch: Partial<Circumstance> = {}): Circumstance {
  return { now, random: 0.5, timing: defaultTiming, ...patch }
}

export function completed(outcome: Outcome, patch: Partial<Completion> = {}, by: typeof holder = holder): OrderEvent {
  return { kind: 'complete', by, completion: { outcome, digest: 'digest', retryable: true, reason: null, ...patch } }
}

export function settled(verdict: 'succeeded' | 'failed', reason = 'the row is there'): OrderEvent {
  return { kind: 'settle', verdict, reason }
}
