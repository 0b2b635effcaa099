import { describe, expect, it } from 'vitest'
import type { OrderState } from './order.ts'
import { advance, type Decision, type LeaseHolder, type OrderEvent } from './order-rules.ts'
import { defaultTiming } from './order-timing.ts'
import { anOrder, at, completed, holder, noon } from './testing/orders.ts'

const { claimLeaseMs, runLeaseMs, staleGraceMs, timeoutGraceMs } = defaultTiming
const curl: LeaseHolder = { runnerId: 'runner-1', lease: null }
const stranger: LeaseHolder = { runnerId: 'runner-2', lease: holder.lease }
const outdated: LeaseHolder = { runnerId: 'runner-1', lease: 'lease-0' }

describe('the lease of a claim', () => {
  it('is new with each claim, with a higher attempt and the marks of the last run wiped', () => {
    const queued = anOrder('QUEUED', { attempt: 4, startedAt: 1, heartbeatAt: 1, statusReason: 'retry' })
    expect(accepted(queued, { kind: 'claim', runnerId: 'runner-1', lease: 'lease-5' })).toMatchObject({
      attempt: 5,
      lease: 'lease-5',
      leaseExpiresAt: noon + claimLeaseMs,
      claimedAt: noon,
      startedAt: null,
      heartbeatAt: null,
      statusReason: null,
      dueAt: noon + claimLeaseMs,
    })
  })

  it('is not given before its time, out of turn, or to an order that has expired', () => {
    const claim: OrderEvent = { kind: 'claim', runnerId: 'runner-1', lease: 'lease-2' }
    // Its time had come once: a clock that was set back must not block what stands in front of the queue.
    expect(answer(anOrder('QUEUED', { runAt: noon + 1 }), claim)).toBe('changed')
    expect(answer(anOrder('QUEUED', { wait: 'time' }), claim)).toBe('not_yet')
    expect(answer(anOrder('QUEUED', { wait: 'resource' }), claim)).toBe('not_yet')
    expect(answer(anOrder('QUEUED', { expiresAt: noon }), claim)).toBe('already_ended')
    expect(answer(anOrder('QUEUED', { expiresAt: noon + 1 }), claim)).toBe('changed')
    expect(answer(anOrder('QUEUED', { expiresAt: null }), claim)).toBe('changed')
  })

  it('grows from claim to start and with every heartbeat', () => {
    const started = accepted(anOrder('CLAIMED'), { kind: 'start', by: holder }, noon + 7)
    expect(started).toMatchObject({ leaseExpiresAt: noon + 7 + runLeaseMs, startedAt: noon + 7, heartbeatAt: noon + 7 })
    const beat = advance(started, { kind: 'heartbeat', by: holder }, at(noon + 50_000))
    const renewed = { heartbeatAt: noon + 50_000, leaseExpiresAt: noon + 50_000 + runLeaseMs, startedAt: noon + 7 }
    expect(beat).toMatchObject({ kind: 'kept', order: renewed })
  })

  it('cannot outlive the deadline: that is when the order is looked at', () => {
    const order = anOrder('RUNNING', { timeoutSec: 10 })
    const { order: renewed } = advance(order, { kind: 'heartbeat', by: holder }, at(noon + 9_000))
    expect(renewed.dueAt).toBe(noon + 10_000 + timeoutGraceMs)
  })

  for (const status of ['CLAIMED', 'RUNNING', 'STALE'] as const) {
    for (const event of eventsBy(holder)) {
      it(`is asked for when a ${status} order is told ${event.kind}`, () => {
        const order = anOrder(status)
        expect(answer(order, { ...event, by: stranger })).toBe('wrong_runner')
        expect(answer(order, { ...event, by: { ...stranger, lease: null } })).toBe('wrong_runner')
        expect(answer(order, { ...event, by: outdated })).toBe('lease_lost')
      })
    }
  }

  it('may be left out by who holds the claim, as a plain curl does', () => {
    const started = accepted(anOrder('CLAIMED'), { kind: 'start', by: curl })
    expect(answer(started, { kind: 'heartbeat', by: curl })).toBe('kept')
    expect(answer(started, { kind: 'start', by: curl }), 'who does not name a lease cannot be known again').toBe(
      'invalid_status',
    )
    expect(answer(started, completed('succeeded', {}, curl as typeof holder))).toBe('changed')
  })
})

describe('a repeated call', () => {
  it('to start gets the same answer and renews the lease, which the runner counts from it', () => {
    const running = accepted(anOrder('CLAIMED'), { kind: 'start', by: holder })
    const again = advance(running, { kind: 'start', by: holder }, at(noon + 5))
    expect(again).toEqual(advance(running, { kind: 'heartbeat', by: holder }, at(noon + 5)))
    expect(again).toMatchObject({ kind: 'kept', order: { startedAt: noon, leaseExpiresAt: noon + 5 + runLeaseMs } })
  })

  it('to complete gets the same answer in every end, from its own claim and report only', () => {
    for (const outcome of ['succeeded', 'failed', 'timed_out', 'canceled', 'interrupted'] as const) {
      const ended = accepted(anOrder('RUNNING', { maxAttempts: 1 }), completed(outcome))
      expect(advance(ended, completed(outcome), at(noon + 5)), outcome).toEqual({ kind: 'kept', order: ended })
      expect(answer(ended, completed(outcome, { digest: 'other' }))).toBe('already_completed')
      expect(answer(ended, completed(outcome, {}, curl as typeof holder))).toBe('kept')
      expect(answer(ended, completed(outcome, { digest: 'other' }, curl as typeof holder))).toBe('already_completed')
      expect(answer(ended, completed(outcome, {}, outdated as typeof holder))).toBe('lease_lost')
      expect(answer(ended, completed(outcome, {}, { ...stranger, lease: 'lease-9' }))).toBe('wrong_runner')
    }
  })

  it('to complete gets the same answer when a retry has put the order back or given it to another', () => {
    const unbound = anOrder('RUNNING', { target: 'scope:any' })
    const queued = accepted(unbound, completed('failed'), noon, 0)
    expect(queued).toMatchObject({ status: 'QUEUED', runnerId: null })
    const claimed = accepted(queued, { kind: 'claim', runnerId: 'runner-2', lease: 'lease-2' })
    const running = accepted(claimed, { kind: 'start', by: { runnerId: 'runner-2', lease: 'lease-2' } })
    for (const order of [queued, claimed, running]) {
      expect(advance(order, completed('failed'), at())).toEqual({ kind: 'kept', order })
      expect(answer(order, completed('succeeded', { digest: 'other' }))).toBe('already_completed')
      expect(answer(order, completed('failed', {}, curl as typeof holder))).toBe('wrong_runner')
    }
  })
})

describe('a report on an order that ended without one', () => {
  it('comes too late, whoever held the claim and with whatever lease', () => {
    for (const status of ['CANCELED', 'FAILED', 'EXPIRED'] as const) {
      const ended = anOrder(status, { finishedLease: null })
      expect(answer(ended, completed('succeeded'))).toBe('already_ended')
      expect(answer(ended, completed('succeeded', {}, curl as typeof holder))).toBe('already_ended')
    }
  })
})

describe('a late report', () => {
  const stale = accepted(anOrder('RUNNING'), { kind: 'sweep' }, noon + runLeaseMs)

  it('is accepted while nobody else has the order', () => {
    expect(accepted(stale, completed('succeeded'), noon + runLeaseMs + 1)).toMatchObject({ status: 'SUCCEEDED' })
    expect(answer(stale, { kind: 'heartbeat', by: holder })).toBe('lease_lost')
  })

  it('is refused once the order was put back in the queue, claimed again or given up', () => {
    const now = noon + runLeaseMs + staleGraceMs
    const queued = accepted(stale, { kind: 'sweep' }, now, 0)
    expect(queued).toMatchObject({ status: 'QUEUED', lease: null, attempt: 1 })
    const again = accepted(queued, { kind: 'claim', runnerId: 'runner-1', lease: 'lease-2' }, now)
    const givenUp = accepted({ ...stale, maxAttempts: 1 }, { kind: 'sweep' }, now)
    expect(answer(queued, completed('succeeded'))).toBe('lease_lost')
    expect(answer(again, completed('succeeded'))).toBe('lease_lost')
    expect(answer(givenUp, completed('succeeded'))).toBe('already_ended')
  })
})

function eventsBy(by: LeaseHolder): Extract<OrderEvent, { by: LeaseHolder }>[] {
  const completion = { outcome: 'succeeded', digest: 'digest', retryable: true, reason: null } as const
  return [
    { kind: 'start', by },
    { kind: 'heartbeat', by },
    { kind: 'complete', by, completion },
  ]
}

function accepted(order: OrderState, event: OrderEvent, now = noon, random = 0.5): OrderState {
  const decision = advance(order, event, at(now, { random }))
  expect(decision.kind, JSON.stringify(decision)).toBe('changed')
  return decision.order
}

function answer(order: OrderState, event: OrderEvent): string {
  const decision: Decision = advance(order, event, at())
  return decision.kind === 'refused' ? decision.refusal : decision.kind
}
