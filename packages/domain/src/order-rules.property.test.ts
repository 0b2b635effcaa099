import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import type { OrderState } from './order.ts'
import type { Circumstance, Decision, OrderEvent } from './order-event.ts'
import { advance } from './order-rules.ts'
import { isTerminal, orderTable } from './order-state.ts'
import type { OrderTiming } from './order-timing.ts'
import { anOrder, noon } from './testing/orders.ts'
import { PossibleRun } from './testing/possible-run.ts'

const timing: OrderTiming = {
  claimLeaseMs: 1000,
  runLeaseMs: 2000,
  timeoutGraceMs: 500,
  staleGraceMs: 1500,
  stopGraceMs: 700,
  retry: { baseMs: 800, capMs: 5000 },
  maxLostClaims: 3,
}

type Act =
  | { kind: 'claim' }
  | { kind: 'approve' }
  | { kind: 'sweep' }
  | { kind: 'cancel' }
  | { kind: 'reject' }
  | { kind: 'settle'; verdict: 'succeeded' | 'failed' }
  | { kind: 'start'; by: Speaker }
  | { kind: 'heartbeat'; by: Speaker }
  | { kind: 'complete'; by: Speaker; outcome: string; retryable: boolean; digest: string }
type Speaker = 'holder' | 'former holder' | 'curl' | 'stranger'
type Moment = { act: Act; waitMs: number; random: number }

const speaker = fc.oneof(
  { weight: 6, arbitrary: fc.constant('holder') },
  fc.constantFrom('former holder', 'curl', 'stranger'),
)
const act = fc.oneof(
  { weight: 3, arbitrary: fc.record({ kind: fc.constant('claim') }) },
  { weight: 4, arbitrary: fc.record({ kind: fc.constantFrom('start', 'heartbeat'), by: speaker }) },
  {
    weight: 3,
    arbitrary: fc.record({
      kind: fc.constant('complete'),
      by: speaker,
      outcome: fc.constantFrom('succeeded', 'failed', 'timed_out', 'canceled', 'interrupted'),
      retryable: fc.boolean(),
      digest: fc.constantFrom('a', 'b'),
    }),
  },
  { weight: 3, arbitrary: fc.record({ kind: fc.constant('sweep') }) },
  {
    weight: 1,
    arbitrary: fc.record({ kind: fc.constant('settle'), verdict: fc.constantFrom('succeeded', 'failed') }),
  },
  { weight: 1, arbitrary: fc.record({ kind: fc.constantFrom('approve', 'approve', 'reject', 'cancel') }) },
) as fc.Arbitrary<Act>

const moment: fc.Arbitrary<Moment> = fc.record({
  act,
  waitMs: fc.constantFrom(0, 0, 1, 400, 1000, 2000, 4000),
  random: fc.double({ min: 0, max: 0.999_999, noNaN: true }),
})

const placed: fc.Arbitrary<OrderState> = fc
  .record({
    status: fc.constantFrom('QUEUED', 'QUEUED', 'PENDING_APPROVAL'),
    retryClass: fc.constantFrom('idempotent', 'idempotent', 'once'),
    maxAttempts: fc.integer({ min: 1, max: 4 }),
    timeoutSec: fc.constantFrom(1, 3, 60),
    target: fc.constantFrom('runner:r', 'server:s', 'scope:x'),
    expiresAt: fc.constantFrom(noon + 3000, noon + 86_400_000),
  })
  .map(({ status, ...rest }) => {
    const maxAttempts = rest.retryClass === 'once' ? 1 : rest.maxAttempts
    const runnerId = rest.target === 'runner:r' ? 'r' : null
    return anOrder(status as 'QUEUED', {
      ...(rest as Partial<OrderState>),
      maxAttempts,
      runnerId,
      dueAt: rest.expiresAt,
    })
  })

const numRuns = 1500

describe('any sequence of events', () => {
  it('keeps every promise about an order at every step', () => {
    fc.assert(
      fc.property(placed, fc.array(moment, { maxLength: 40, size: 'max' }), (order, moments) => {
        const life = new Life(order)
        for (const each of moments) life.meet(each)
        life.rest()
      }),
      { numRuns },
    )
  })
})

/** One order through a sequence of events, checked at every step. */
class Life {
  #order: OrderState
  #now = noon
  #leases: string[] = []
  readonly #run = new PossibleRun(timing)

  constructor(order: OrderState) {
    this.#order = Object.freeze(order)
  }

  meet({ act: done, waitMs, random }: Moment): void {
    this.#now += waitMs
    const event = this.#eventOf(done)
    // Whatever holds it back is the store's to lift.
    if (event.kind === 'claim' && this.#order.runAt <= this.#now)
      this.#order = Object.freeze({ ...this.#order, wait: null })
    this.#apply(event, random)
    expectDueInTime(this.#order, this.#circumstance(random))
  }

  /** With nobody speaking any more, time alone brings it to an end or back to the queue. */
  rest(): void {
    for (let looks = 0; this.#order.dueAt !== null; looks += 1) {
      expect(looks, 'it is looked at for ever').toBeLessThan(4)
      this.#now = Math.max(this.#now, this.#order.dueAt)
      this.#apply({ kind: 'sweep' }, 0)
    }
    expect(isTerminal(this.#order.status) || this.#order.status === 'QUEUED').toBe(true)
  }

  #apply(event: OrderEvent, random: number): void {
    const before = this.#order
    const decision = advance(before, event, this.#circumstance(random))
    expectLawful(before, event, decision)
    expectAccounted(before, event, decision.order)
    expectFenced(before, event, decision, this.#now)
    this.#run.meet(before, event, decision, this.#now)
    if (this.#run.mayRunAt(this.#now)) expect(holdsKey(decision.order), `${event.kind}: its key is free`).toBe(true)
    this.#order = Object.freeze(decision.order)
  }

  #circumstance(random: number): Circumstance {
    return { now: this.#now, random, timing }
  }

  #eventOf(done: Act): OrderEvent {
    if (done.kind === 'cancel' || done.kind === 'reject') return { kind: done.kind, reason: null }
    if (done.kind === 'approve') return { kind: 'approve', approval: 'ana' }
    if (done.kind === 'sweep') return { kind: 'sweep' }
    if (done.kind === 'settle') return { ...done, reason: 'seen' }
    if (done.kind === 'claim') {
      this.#leases.push(`lease-${this.#leases.length}`)
      return { kind: 'claim', runnerId: 'r', lease: this.#leases.at(-1) ?? '' }
    }
    const by = this.#holder(done.by)
    if (done.kind !== 'complete') return { kind: done.kind, by }
    const { retryable, digest } = done
    const completion = { outcome: done.outcome as 'failed', retryable, digest, reason: null }
    return { kind: 'complete', by, completion }
  }

  #holder(by: Speaker) {
    if (by === 'stranger') return { runnerId: 'another', lease: this.#order.lease ?? 'none' }
    if (by === 'curl') return { runnerId: 'r', lease: null }
    const former = this.#leases.findLast((lease) => lease !== this.#order.lease) ?? 'lease-x'
    return { runnerId: 'r', lease: by === 'holder' ? (this.#order.lease ?? former) : former }
  }
}

/** C1, C2: every step is in the table, one leads to the next, and an end is an end. */
function expectLawful(before: OrderState, event: OrderEvent, decision: Decision): void {
  expectFinal(before, event, decision)
  if (decision.kind === 'refused') expect(decision.order).toBe(before)
  if (decision.kind === 'kept') expect({ ...decision.order, ...liveliness }).toEqual({ ...before, ...liveliness })
  if (decision.kind !== 'changed') return
  let at = before.status
  for (const { from, to, action } of decision.steps) {
    expect(from).toBe(at)
    if (action === 'order.cancel_requested' || action === 'order.reported_late') expect(to).toBe(from)
    else expect(Object.values(orderTable[from])).toContain(to)
    at = to
  }
  expect(decision.order.status, event.kind).toBe(at)
}

/**
 * C1: an end is an end. Only what nobody knew the end of gets another one, once, and by a report of its last claim or a
 * person; nothing that ended is ever queued again, and a late report leaves beside any other end what was decided.
 */
function expectFinal(before: OrderState, event: OrderEvent, decision: Decision): void {
  if (!isTerminal(before.status) || decision.kind !== 'changed') return
  const { order: after, steps } = decision
  expect(['complete', 'settle']).toContain(event.kind)
  expect(isTerminal(after.status)).toBe(true)
  if (before.status === 'NEEDS_ATTENTION' && after.status !== before.status) return
  expect(steps.map(({ action }) => action)).toEqual(['order.reported_late'])
  expect(after.finishedLease).toBe(before.lease)
  const { finishedLease, finishedDigest } = before
  expect({ ...after, finishedLease, finishedDigest }).toEqual(before)
}

/** What a heartbeat may change without anybody noticing. */
const liveliness = { heartbeatAt: null, leaseExpiresAt: null, dueAt: null }

/** C3, C6: attempts rise with claims only, and runs and lost claims stay within their bounds. */
function expectAccounted(before: OrderState, event: OrderEvent, after: OrderState): void {
  const claimed = event.kind === 'claim' && before.status === 'QUEUED' && after.status === 'CLAIMED'
  expect(after.attempt).toBe(before.attempt + (claimed ? 1 : 0))
  expect(after.lostClaims - before.lostClaims).toBe(
    before.status === 'CLAIMED' && event.kind === 'sweep' && after !== before ? 1 : 0,
  )
  expect(after.lostClaims).toBeLessThanOrEqual(timing.maxLostClaims)
  expect(after.attempt - after.lostClaims).toBeLessThanOrEqual(after.maxAttempts)
  const { id, type, target, serverId, retryClass, maxAttempts, timeoutSec, resourceKey } = before
  expect(after).toMatchObject({ id, type, target, serverId, retryClass, maxAttempts, timeoutSec, resourceKey })
}

/** C4: only the present holder moves a claimed order; a lease that was taken away is over before the next is given. */
function expectFenced(before: OrderState, event: OrderEvent, decision: Decision, now: number): void {
  const { order: after } = decision
  expect(after.leaseExpiresAt !== null).toBe(['CLAIMED', 'RUNNING', 'STALE'].includes(after.status))
  if (after.status === 'QUEUED') expect(after).toMatchObject({ lease: null, startedAt: null, heartbeatAt: null })
  if ('by' in event && decision.kind === 'changed') {
    expect(event.by.runnerId).toBe(before.runnerId)
    expect([before.lease, null]).toContain(event.by.lease)
  }
  if (event.kind === 'sweep' && after.status === 'QUEUED' && before.status !== 'QUEUED') {
    expect(after.runAt, 'two runners at once').toBeGreaterThanOrEqual(before.leaseExpiresAt ?? 0)
    expect(before.cancelRequestedAt).toBeNull()
  }
  if (event.kind === 'claim' && decision.kind === 'changed') {
    expect(before.expiresAt === null || before.expiresAt > now).toBe(true)
  }
}

/** C5: as long as somebody may be at it, nobody else gets its resource key. */
function holdsKey({ status }: OrderState): boolean {
  return status === 'RUNNING' || status === 'STALE'
}

/** C7: a sweep just before dueAt does nothing, one at dueAt does something, and only what may rest is never due. */
function expectDueInTime(order: OrderState, at: Circumstance): void {
  if (order.dueAt === null) {
    expect(isTerminal(order.status) || (order.status === 'QUEUED' && order.attempt > 0)).toBe(true)
    return
  }
  const early = advance(order, { kind: 'sweep' }, { ...at, now: order.dueAt - 1 })
  expect(early).toEqual({ kind: 'kept', order })
  const due = advance(order, { kind: 'sweep' }, { ...at, now: order.dueAt })
  if (due.kind !== 'changed')
    expect(due.order.dueAt ?? 0, 'it stands in front of the others').toBeGreaterThan(order.dueAt)
}
