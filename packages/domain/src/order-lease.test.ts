import { describe, expect, it } from 'vitest'
import type { OrderState } from './order.ts'
import { overGraceMs } from './order-deadlines.ts'
import type { Decision, LeaseHolder, OrderEvent } from './order-event.ts'
import { advance } from './order-rules.ts'
import { defaultTiming } from './order-timing.ts'
import { anOrder, at, completed, holder, noon, settled } from './testing/orders.ts'

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
  it('comes too late when nothing was begun under its lease', () => {
    for (const status of ['CANCELED', 'FAILED', 'EXPIRED'] as const) {
      const ended = anOrder(status, { finishedLease: null })
      expect(answer(ended, completed('succeeded'))).toBe('already_ended')
      expect(answer(ended, completed('succeeded', {}, curl as typeof holder))).toBe('already_ended')
    }
  })

  it('is kept beside it when its lease was the last one: the end stays what people were told', () => {
    for (const status of ['FAILED', 'TIMED_OUT', 'CANCELED', 'SUCCEEDED'] as const) {
      const ended = anOrder(status, { startedAt: noon, statusReason: 'no_heartbeat', finishedLease: null })
      const decision = advance(ended, completed('succeeded'), at(noon + 9))
      expect(decision.order).toEqual({ ...ended, finishedLease: holder.lease, finishedDigest: 'digest' })
      const steps = [{ action: 'order.reported_late', from: status, to: status, reason: 'succeeded' }]
      expect(decision).toMatchObject({ kind: 'changed', steps })
      expect(answer(decision.order, completed('succeeded'))).toBe('kept')
      expect(answer(decision.order, completed('failed', { digest: 'other' }))).toBe('already_completed')
      expect(answer(ended, completed('succeeded', {}, outdated as typeof holder))).toBe('lease_lost')
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

  it('settles an order of which nobody knew the end, once', () => {
    const unknown = accepted(
      accepted(anOrder('RUNNING', { retryClass: 'once', maxAttempts: 1 }), { kind: 'sweep' }, noon + runLeaseMs),
      { kind: 'sweep' },
      noon + 3_600_000 + overGraceMs(defaultTiming),
    )
    expect(unknown.status).toBe('NEEDS_ATTENTION')
    const settled = accepted(unknown, completed('succeeded'), noon + 9_999_000)
    expect(settled).toMatchObject({
      status: 'SUCCEEDED',
      statusReason: null,
      completedAt: noon + 9_999_000,
      attempt: 1,
    })
    expect(answer(settled, completed('succeeded'))).toBe('kept')
    expect(answer(settled, completed('failed', { digest: 'other' }))).toBe('already_completed')
    expect(answer(unknown, completed('succeeded', {}, outdated as typeof holder))).toBe('lease_lost')
    expect(answer(unknown, completed('succeeded', {}, stranger as typeof holder))).toBe('wrong_runner')
  })

  it('is awaited for a `once` order: who does it is not told to stop halfway', () => {
    const order = anOrder('NEEDS_ATTENTION', { retryClass: 'once', cancelRequestedAt: noon })
    expect(advance(order, { kind: 'heartbeat', by: holder }, at(noon + 5))).toEqual({ kind: 'kept', order })
    for (const status of ['STALE', 'NEEDS_ATTENTION'] as const) {
      expect(answer({ ...order, status }, { kind: 'heartbeat', by: outdated })).toBe('lease_lost')
    }
  })

  it('is refused once the order was put back in the queue, claimed again or given up', () => {
    const now = noon + runLeaseMs + staleGraceMs
    const queued = accepted(stale, { kind: 'sweep' }, now, 0)
    expect(queued).toMatchObject({ status: 'QUEUED', lease: null, attempt: 1 })
    const again = accepted(queued, { kind: 'claim', runnerId: 'runner-1', lease: 'lease-2' }, now)
    const givenUp = accepted({ ...stale, maxAttempts: 1 }, { kind: 'sweep' }, now)
    expect(answer(queued, completed('succeeded'))).toBe('lease_lost')
    expect(answer(again, completed('succeeded'))).toBe('lease_lost')
    expect(accepted(givenUp, completed('succeeded'))).toMatchObject({ status: 'FAILED', statusReason: 'no_heartbeat' })
    const put = advance(stale, { kind: 'sweep' }, at(now))
    const tookBack = { lease: holder.lease, runnerId: holder.runnerId }
    expect(put.kind === 'changed' && put.steps).toMatchObject([{ action: 'order.requeued', tookBack }])
  })

  it('under a lease that was taken back is written beside the order, and moves nothing', () => {
    const again = anOrder('RUNNING', { attempt: 2, lease: 'lease-2' })
    const note: OrderEvent = { kind: 'note', reason: 'attempt 1 succeeded: done' }
    const decision = advance(again, note, at())
    expect(decision.order).toEqual(again)
    const steps = [{ action: 'order.reported_late', from: 'RUNNING', to: 'RUNNING', reason: note.reason }]
    expect(decision).toMatchObject({ kind: 'changed', steps })
  })
})

describe('a verdict', () => {
  const unknown = anOrder('NEEDS_ATTENTION', { retryClass: 'once', startedAt: noon })

  it('ends what nobody knew the end of; said again it changes nothing, another one is refused', () => {
    const ended = accepted(unknown, settled('succeeded'), noon + 5)
    expect(ended).toMatchObject({ status: 'SUCCEEDED', statusReason: 'settled', completedAt: noon + 5 })
    expect(answer(ended, settled('succeeded', 'in other words'))).toBe('kept')
    expect(answer(ended, settled('failed'))).toBe('not_in_doubt')
  })

  it('is refused where a report or the rules have decided', () => {
    const reported = accepted(unknown, completed('succeeded'))
    expect(answer(reported, settled('succeeded'))).toBe('not_in_doubt')
  })

  it('stands when the report comes after it, which is kept beside', () => {
    const ended = accepted(unknown, settled('failed'))
    const decision = advance(ended, completed('succeeded'), at())
    expect(decision).toMatchObject({ kind: 'changed', order: { status: 'FAILED', statusReason: 'settled' } })
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
