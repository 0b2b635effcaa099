import { describe, expect, it } from 'vitest'
import type { OrderState } from './order.ts'
import { broughtBack, overAt } from './order-deadlines.ts'
import { advance } from './order-rules.ts'
import { defaultTiming } from './order-timing.ts'
import { anOrder, at, completed, holder, noon, settled } from './testing/orders.ts'

const { claimLeaseMs, runLeaseMs, staleGraceMs, stopGraceMs, timeoutGraceMs } = defaultTiming
const sweep = { kind: 'sweep' } as const
const beat = { kind: 'heartbeat', by: holder } as const
const silentAt = noon + runLeaseMs
const over = noon + 3_600_000 + timeoutGraceMs + claimLeaseMs + stopGraceMs
const keyed = { retryClass: 'once', maxAttempts: 1, resourceKey: 'app' } as const

/** Started at noon for an hour, and not heard of since. */
function silent(patch: Partial<OrderState> = {}): OrderState {
  return advance(anOrder('RUNNING', { ...keyed, ...patch }), sweep, at(silentAt)).order
}

describe('a `once` order whose runner is silent', () => {
  it('is said to be as soon as any other, and keeps its key as long as it may run', () => {
    expect(silent()).toMatchObject({ status: 'STALE', statusReason: 'no_heartbeat', dueAt: over })
    for (const now of [silentAt + staleGraceMs, noon + 3_600_000, over - 1]) {
      expect(advance(silent(), sweep, at(now))).toEqual({ kind: 'kept', order: silent() })
    }
    const decision = advance(silent(), sweep, at(over))
    expect(decision).toMatchObject({ order: { status: 'NEEDS_ATTENTION', statusReason: 'no_heartbeat' } })
  })

  it('is decided as early as any other when its own time was over before', () => {
    const late = silent({ timeoutSec: 10, startedAt: noon - 3_600_000 })
    expect(late.dueAt).toBe(silentAt + staleGraceMs)
  })

  it('waits for longer where the clock was set on meanwhile: its runner counts by its own', () => {
    const patient = { ...defaultTiming, timeoutGraceMs: timeoutGraceMs + 86_400_000 }
    const decision = advance(silent(), sweep, at(over, { timing: patient }))
    expect(decision).toMatchObject({ kind: 'kept', order: { status: 'STALE', dueAt: over + 86_400_000 } })
  })

  it('runs again when its runner is heard of, which goes on, and is asked to stop if somebody wants that', () => {
    const asked = advance(silent(), { kind: 'cancel', reason: null }, at(silentAt)).order
    const decision = advance(asked, beat, at(silentAt + 500_000))
    expect(decision).toMatchObject({
      kind: 'changed',
      order: { status: 'RUNNING', statusReason: null, attempt: 1, startedAt: noon, cancelRequestedAt: silentAt },
      steps: [{ action: 'order.resumed', from: 'STALE', to: 'RUNNING' }],
    })
    expect(advance(decision.order, completed('succeeded'), at(silentAt + 500_001)).order.status).toBe('SUCCEEDED')
    expect(advance(silent({ retryClass: 'idempotent' }), beat, at(silentAt))).toMatchObject({ refusal: 'lease_lost' })
  })

  it('keeps its key beyond its time while its runner says that it still does it', () => {
    const overdue = advance(anOrder('RUNNING', keyed), sweep, at(noon + 3_600_000 + timeoutGraceMs)).order
    expect(overdue.status).toBe('STALE')
    const { order, kind } = advance(overdue, beat, at(over - 1))
    expect([kind, order.status, order.dueAt]).toEqual(['kept', 'STALE', over - 1 + runLeaseMs + staleGraceMs])
  })

  it('is stopped when its runner comes back after its key was passed on, and only then', () => {
    const decided = advance(silent(), sweep, at(over)).order
    expect(advance(decided, beat, at(over + 1))).toMatchObject({ refusal: 'lease_lost' })
    expect(advance({ ...decided, resourceKey: null }, beat, at(over + 1)).kind).toBe('kept')
    expect(advance(decided, completed('succeeded'), at(over + 1)).order.status).toBe('SUCCEEDED')
  })

  it('ends by a verdict at any time, and what its runner says after it is kept beside; one that is done again has none', () => {
    const ended = advance(silent(), settled('failed'), at(silentAt + 1)).order
    expect(ended).toMatchObject({ status: 'FAILED', statusReason: 'settled', leaseExpiresAt: null, dueAt: null })
    expect(advance(ended, beat, at(silentAt + 2))).toMatchObject({ refusal: 'already_ended' })
    const late = advance(ended, completed('succeeded'), at(silentAt + 3))
    expect(late).toMatchObject({ order: { status: 'FAILED' }, steps: [{ action: 'order.reported_late' }] })
    const again = silent({ retryClass: 'idempotent' })
    expect(advance(again, settled('failed'), at(silentAt))).toMatchObject({ refusal: 'not_in_doubt' })
  })

  it('needs a person at once when its runner says that it was interrupted', () => {
    const decision = advance(silent(), completed('interrupted'), at(silentAt + 1))
    expect(decision).toMatchObject({ order: { status: 'NEEDS_ATTENTION', statusReason: 'interrupted' } })
  })

  it('is due by its own time after the clock was set back, however far off that is, and not by the wrong clock', () => {
    const now = { now: silentAt, timing: defaultTiming }
    expect(broughtBack(silent(), now)).toBeNull()
    const year = 365 * 86_400_000
    const begun = { ...keyed, startedAt: noon + year, leaseExpiresAt: silentAt + year }
    const { order: ahead } = advance(anOrder('RUNNING', begun), sweep, at(silentAt + year))
    expect(ahead).toMatchObject({ status: 'STALE', dueAt: over + year })
    const dueAt = overAt({ ...ahead, startedAt: silentAt }, defaultTiming)
    expect(broughtBack(ahead, now)).toMatchObject({ startedAt: silentAt, leaseExpiresAt: silentAt, dueAt })
    expect(broughtBack({ ...silent(), dueAt: noon + year }, now)?.dueAt).toBe(over)
  })
})
