import { describe, expect, it } from 'vitest'
import type { OrderState } from './order.ts'
import type { OrderEvent, Outcome } from './order-event.ts'
import { advance } from './order-rules.ts'
import { defaultExpiryMs, defaultTiming } from './order-timing.ts'
import { anOrder, at, completed, holder, noon } from './testing/orders.ts'

const { claimLeaseMs, maxLostClaims, retry, runLeaseMs, staleGraceMs, timeoutGraceMs } = defaultTiming

describe('attempts', () => {
  it('run as often as allowed and no more, whatever ends each run', () => {
    for (const outcome of ['failed', 'timed_out', 'interrupted'] as const) {
      let order = anOrder('QUEUED', { maxAttempts: 3 })
      let runs = 0
      while (order.status === 'QUEUED') {
        order = run(order, outcome)
        runs += 1
      }
      expect([outcome, runs, order.attempt]).toEqual([outcome, 3, 3])
    }
  })

  it('are not used up by claims that never started', () => {
    let order = anOrder('QUEUED', { maxAttempts: 1 })
    const { expiresAt } = order
    for (let lost = 1; lost < maxLostClaims; lost += 1) {
      order = loseClaim(order)
      expect(order).toMatchObject({ status: 'QUEUED', attempt: lost, lostClaims: lost, runAt: noon + claimLeaseMs })
      expect(order).toMatchObject({ lease: null, wait: null, claimedAt: null, expiresAt, dueAt: expiresAt })
    }
    expect(run(order, 'succeeded')).toMatchObject({ status: 'SUCCEEDED', attempt: maxLostClaims })
    expect(loseClaim(order)).toMatchObject({ status: 'FAILED', statusReason: 'claim_lost_too_often' })
  })

  it('that did start count, however many claims were lost between them', () => {
    const lost = { attempt: 4, lostClaims: 4, maxAttempts: 2 }
    const first = run(anOrder('QUEUED', lost), 'failed')
    expect(first).toMatchObject({ status: 'QUEUED', attempt: 5 })
    expect(run(loseClaim(first), 'failed')).toMatchObject({ status: 'FAILED', attempt: 7 })
  })

  it('of a `once` order are one, even when it may be retried', () => {
    const once = { retryClass: 'once', maxAttempts: 5 } as const
    expect(run(anOrder('QUEUED', once), 'failed').status).toBe('FAILED')
    expect(run(anOrder('QUEUED', once), 'timed_out').status).toBe('TIMED_OUT')
    expect(run(anOrder('QUEUED', once), 'interrupted').status).toBe('NEEDS_ATTENTION')
    expect(loseClaim(anOrder('QUEUED', once)).status, 'it never started').toBe('QUEUED')
  })

  it('keep the binding of their target: a named runner stays named, others are open again', () => {
    const back = (target: string) => run(anOrder('QUEUED', { target }), 'failed').runnerId
    expect(back('runner:runner-1')).toBe('runner-1')
    expect(back('server:server-1')).toBeNull()
    expect(back('scope:any')).toBeNull()
  })
})

describe('the next run', () => {
  it('waits between nothing and the doubled base, up to the cap', () => {
    for (let runs = 1; runs <= 12; runs += 1) {
      const bound = Math.min(retry.capMs, retry.baseMs * 2 ** (runs - 1))
      const delay = (random: number) => {
        const order = anOrder('RUNNING', { attempt: runs + 2, lostClaims: 2, maxAttempts: 99 })
        return advance(order, completed('failed'), at(noon, { random })).order.runAt - noon
      }
      expect(delay(0)).toBe(0)
      expect(delay(0.5)).toBe(Math.floor(bound / 2))
      expect(delay(0.999_999)).toBeLessThan(bound)
    }
  })

  it('is claimable at once without a delay, and waits for its time with one', () => {
    const failed = (random: number) => advance(anOrder('RUNNING'), completed('failed'), at(noon, { random })).order
    expect(failed(0)).toMatchObject({ status: 'QUEUED', wait: null, runAt: noon })
    expect(failed(0.5)).toMatchObject({ status: 'QUEUED', wait: 'time' })
  })

  it('keeps its turn on its resource key', () => {
    const order = anOrder('RUNNING', { resourceKey: 'app' })
    expect(advance(order, completed('failed'), at(noon, { random: 0 })).order.wait).toBeNull()
    expect(advance(order, completed('failed'), at(noon, { random: 0.5 })).order.wait).toBe('time')
  })

  it('does not begin while the runner may still believe the lease of a run that took too long', () => {
    const sweep = { kind: 'sweep' } as const
    const order = anOrder('RUNNING', { timeoutSec: 10, leaseExpiresAt: noon + 500_000 })
    const { order: stale } = advance(order, sweep, at(noon + 10_000 + timeoutGraceMs))
    const decidedAt = noon + 500_000 + staleGraceMs
    expect(stale).toMatchObject({ status: 'STALE', statusReason: 'timeout', dueAt: decidedAt })
    expect(advance(stale, sweep, at(decidedAt - 1)).kind).toBe('kept')
    const decision = advance(stale, sweep, at(decidedAt, { random: 0 }))
    expect(decision.order).toMatchObject({ status: 'QUEUED', runAt: decidedAt, leaseExpiresAt: null })
    expect(decision).toMatchObject({ steps: [{ to: 'TIMED_OUT' }, { to: 'QUEUED' }] })
  })

  it('of a once order that ran past its time are none: what it did is for a person to find out', () => {
    const sweep = { kind: 'sweep' } as const
    const order = anOrder('RUNNING', {
      retryClass: 'once',
      maxAttempts: 1,
      timeoutSec: 10,
      leaseExpiresAt: noon + 500_000,
    })
    const { order: stale } = advance(order, sweep, at(noon + 10_000 + timeoutGraceMs))
    const decision = advance(stale, sweep, at(noon + 500_000 + staleGraceMs))
    expect(decision.order).toMatchObject({ status: 'NEEDS_ATTENTION', statusReason: 'timeout' })
    expect(decision).toMatchObject({ steps: [{ to: 'NEEDS_ATTENTION' }] })
  })

  it('need not wait for the lease of a runner that reported its own end', () => {
    for (const outcome of ['failed', 'timed_out', 'interrupted'] as const) {
      const { order } = advance(anOrder('RUNNING'), completed(outcome), at(noon, { random: 0 }))
      expect(order, outcome).toMatchObject({ status: 'QUEUED', runAt: noon })
    }
  })

  it('gets as long again to be claimed: the order was begun in time', () => {
    const { order } = advance(anOrder('RUNNING'), completed('failed'), at())
    expect(order.expiresAt).toBe(order.runAt + defaultExpiryMs)
    expect(order.dueAt).toBe(order.expiresAt)
  })
})

describe('a cancel', () => {
  it('of a running order asks its runner to stop, once', () => {
    const first = advance(anOrder('RUNNING'), { kind: 'cancel', reason: 'why not' }, at(noon + 1))
    expect(first).toMatchObject({
      kind: 'changed',
      order: { status: 'RUNNING', cancelRequestedAt: noon + 1, dueAt: anOrder('RUNNING').dueAt },
      steps: [{ action: 'order.cancel_requested', from: 'RUNNING', to: 'RUNNING', reason: 'why not' }],
    })
    const second = advance(first.order, { kind: 'cancel', reason: 'again' }, at(noon + 2))
    expect(second).toEqual({ kind: 'kept', order: first.order })
  })

  it('is confirmed by the runner, or overtaken by how the run ended', () => {
    const asked = anOrder('RUNNING', { cancelRequestedAt: noon })
    const end = (event: OrderEvent) => advance(asked, event, at()).order
    expect(end(completed('canceled'))).toMatchObject({ status: 'CANCELED', statusReason: 'canceled_while_running' })
    expect(end(completed('succeeded')).status).toBe('SUCCEEDED')
    expect(end(completed('failed'))).toMatchObject({ status: 'FAILED', completedAt: noon })
  })

  it('survives the silence of the runner: nothing runs it again', () => {
    const asked = anOrder('RUNNING', { cancelRequestedAt: noon })
    const stale = advance(asked, { kind: 'sweep' }, at(noon + runLeaseMs)).order
    expect(stale.status).toBe('STALE')
    const ended = advance(stale, { kind: 'sweep' }, at(noon + runLeaseMs + staleGraceMs)).order
    expect(ended).toMatchObject({ status: 'FAILED', statusReason: 'no_heartbeat' })
  })

  it('says why', () => {
    const reasonOf = (reason: string | null) =>
      advance(anOrder('QUEUED'), { kind: 'cancel', reason }, at()).order.statusReason
    expect([reasonOf('obsolete'), reasonOf(null)]).toEqual(['obsolete', 'canceled'])
  })
})

describe('an approval', () => {
  const approve = (patch: Partial<OrderState>) =>
    advance(anOrder('PENDING_APPROVAL', patch), { kind: 'approve', approval: 'ana' }, at()).order

  it('queues the order, for its time or its turn when it has one to wait for', () => {
    expect(approve({})).toMatchObject({ status: 'QUEUED', wait: null })
    expect(approve({ runAt: noon + 1, resourceKey: 'app' }).wait).toBe('time')
    expect(approve({ resourceKey: 'app' }).wait).toBe('resource')
  })

  it('does not extend its life', () => {
    expect(approve({ expiresAt: noon + 5 })).toMatchObject({ expiresAt: noon + 5, dueAt: noon + 5 })
  })

  it('may be refused with a reason', () => {
    const { order } = advance(anOrder('PENDING_APPROVAL'), { kind: 'reject', reason: 'too risky' }, at())
    expect(order).toMatchObject({ status: 'REJECTED', statusReason: 'too risky', completedAt: noon })
  })
})

/** One more run, from claim to end. */
function run(order: OrderState, outcome: Outcome): OrderState {
  const by = { ...holder, lease: `lease-${order.attempt + 1}` }
  const claimed = advance({ ...order, runAt: noon }, { kind: 'claim', ...by }, at())
  const running = advance(claimed.order, { kind: 'start', by }, at())
  const ended = advance(running.order, completed(outcome, {}, by), at(noon, { random: 0 }))
  expect([claimed.kind, running.kind, ended.kind]).toEqual(['changed', 'changed', 'changed'])
  return ended.order
}

function loseClaim(order: OrderState): OrderState {
  const { order: claimed } = advance({ ...order, runAt: noon }, { kind: 'claim', ...holder }, at())
  return advance(claimed, { kind: 'sweep' }, at(noon + claimLeaseMs)).order
}
