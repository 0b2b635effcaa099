import { defaultTiming, type OrderEvent, type OrderStatus, orderStatuses, overAt } from '@ikoma/domain'
import { describe, expect, it } from 'vitest'
import { aClaim, anAdvance, noon, onceType, readType } from '../testing/fixtures.ts'
import {
  bring,
  claimNext,
  completion,
  found,
  moved,
  type OpenStore,
  place,
  refusal,
  runLeaseMs,
  runnerId,
  setup,
  startNext,
  times,
} from './world.ts'

const oddReport = { z: { ünï: ['🚚', null, 1.5] }, a: '\u0000 "quoted" \\', '2': {}, '1': [[]] }

export function describeAdvancing(open: OpenStore): void {
  describe('advancing an order', () => {
    it('answers null for an order there is not', async () => {
      const { store } = await setup(open)
      expect(await store.advanceOrder(anAdvance('nothing', { kind: 'cancel', reason: null }))).toBeNull()
      expect((await store.auditHead()).seq).toBe(0)
    })

    it('stores exactly the order that it answers', async () => {
      const { store } = await setup(open)
      const placed = await place(store, { payload: { odd: 'é' } })
      const { by } = await claimNext(store)
      const decision = await store.advanceOrder(anAdvance(placed.id, { kind: 'start', by }))
      expect(decision).toMatchObject({ kind: 'changed', steps: [{ from: 'CLAIMED', to: 'RUNNING' }] })
      expect(await store.findOrder(placed.id)).toEqual({ ...placed, ...decision?.order })
    })

    it('renews the lease with a heartbeat and writes no audit for it', async () => {
      const { store } = await setup(open)
      await place(store)
      const { order, by } = await startNext(store)
      const head = await store.auditHead()
      const decision = await store.advanceOrder(anAdvance(order.id, { kind: 'heartbeat', by }, { now: noon + 10 }))
      expect(decision?.kind).toBe('kept')
      const renewed = { leaseExpiresAt: noon + 10 + runLeaseMs, heartbeatAt: noon + 10 }
      expect(await found(store, order.id)).toMatchObject(renewed)
      expect(await store.auditHead()).toEqual(head)
    })

    it('refuses a stale lease without any change', async () => {
      const { store } = await setup(open)
      await place(store)
      const { order } = await startNext(store)
      const by = { runnerId, lease: 'an-older-lease' }
      for (const event of [
        { kind: 'start', by },
        { kind: 'heartbeat', by },
        completion(by, 'succeeded'),
      ] as OrderEvent[]) {
        expect(await refusal(store, order.id, event, { report: { forged: true } })).toBe('lease_lost')
        const other = { runnerId: 'runner-2', lease: order.lease }
        expect(await refusal(store, order.id, { ...event, by: other } as OrderEvent)).toBe('wrong_runner')
      }
    })

    it('accepts one of 50 concurrent starts and one of 50 concurrent ends', async () => {
      const { store } = await setup(open)
      await place(store)
      const { order, by } = await claimNext(store)
      const starts = times(50, () => store.advanceOrder(anAdvance(order.id, { kind: 'start', by })))
      expect(countKinds(await Promise.all(starts))).toEqual({ changed: 1, kept: 49 })
      const ends = times(50, (index) =>
        store.advanceOrder(anAdvance(order.id, completion(by, 'failed', false, `${index}`))),
      )
      expect(countKinds(await Promise.all(ends))).toEqual({ changed: 1, refused: 49 })
    })

    it('puts a failed order that may run again back in the queue, for its own target', async () => {
      const { store } = await setup(open)
      const { id } = await place(store, { scope: 'any' })
      const { by } = await startNext(store, { targets: ['scope:any'] })
      await moved(store, id, completion(by, 'failed', true), { random: 0.5 })
      const retried = { status: 'QUEUED', wait: 'time', runAt: noon + 2500, runnerId: null, lease: null, attempt: 1 }
      expect(await found(store, id)).toMatchObject(retried)
      expect(await store.claimOrders({ ...claimOf('runner-2'), now: noon + 2500 })).toEqual([])
      expect(await store.releaseOrders(noon + 2500, 10)).toBe(1)
      expect(await store.claimOrders({ ...claimOf('runner-2'), now: noon + 2500 })).toMatchObject([{ id, attempt: 2 }])
    })

    for (const status of orderStatuses) {
      it(`applies a cancel to an order that is ${status} as the rules say`, async () => {
        const { store } = await setup(open)
        const order = await bring[status](store)
        const cancel = anAdvance(order.id, { kind: 'cancel', reason: 'changed my mind' })
        const decision = await store.advanceOrder(cancel)
        expect(decision).toMatchObject(afterCancel[status])
        expect(await found(store, order.id)).toEqual({ ...order, ...decision?.order })
      })
    }
  })

  describeReports(open)
}

const ended = { kind: 'refused', refusal: 'already_ended' }
const canceled = { kind: 'changed', order: { status: 'CANCELED', statusReason: 'changed my mind', completedAt: noon } }

const afterCancel: Record<OrderStatus, object> = {
  PENDING_APPROVAL: canceled,
  QUEUED: canceled,
  CLAIMED: canceled,
  RUNNING: { kind: 'changed', order: { status: 'RUNNING', cancelRequestedAt: noon } },
  STALE: { kind: 'changed', order: { status: 'STALE', cancelRequestedAt: noon } },
  SUCCEEDED: ended,
  FAILED: ended,
  TIMED_OUT: ended,
  CANCELED: ended,
  REJECTED: ended,
  EXPIRED: ended,
  NEEDS_ATTENTION: ended,
}

function describeReports(open: OpenStore): void {
  describe('reports', () => {
    it('come back as they were sent, key for key', async () => {
      const { store, reopen } = await setup(open)
      await place(store)
      const { order, by } = await startNext(store)
      await moved(store, order.id, completion(by, 'succeeded'), { report: oddReport })
      const { report } = await found(await reopen(), order.id)
      expect(report).toEqual(oddReport)
      expect(JSON.stringify(report)).toBe(JSON.stringify(oddReport))
    })

    it('are stored only with an accepted completion', async () => {
      const { store } = await setup(open)
      await place(store)
      const { order, by } = await claimNext(store)
      const early = await refusal(store, order.id, completion(by, 'succeeded'), { report: { early: true } })
      expect(early).toBe('invalid_status')
      await moved(store, order.id, { kind: 'start', by })
      await moved(store, order.id, completion(by, 'succeeded'), { report: { first: true } })
      const repeat = anAdvance(order.id, completion(by, 'succeeded'), { report: { second: true } })
      expect(await store.advanceOrder(repeat)).toMatchObject({ kind: 'kept' })
      expect(await refusal(store, order.id, completion(by, 'failed'), { report: { third: true } })).toBe(
        'already_completed',
      )
      expect((await found(store, order.id)).report).toEqual({ first: true })
    })

    it('that come late settle what nobody knew the end of, and are kept beside a verdict', async () => {
      const { store } = await setup(open)
      for (const settledBefore of [false, true]) {
        const { id } = await place(store, {}, onceType)
        const { by } = await startNext(store, { types: [onceType.type] })
        await moved(store, id, { kind: 'sweep' }, { now: noon + runLeaseMs })
        const now = overAt(await found(store, id), defaultTiming)
        await moved(store, id, { kind: 'sweep' }, { now })
        expect((await found(store, id)).status).toBe('NEEDS_ATTENTION')
        if (settledBefore) await moved(store, id, { kind: 'settle', verdict: 'failed', reason: 'seen' })
        const late = await moved(store, id, completion(by, 'succeeded'), { report: { late: true } })
        expect(late).toMatchObject({ status: settledBefore ? 'FAILED' : 'SUCCEEDED', report: { late: true } })
        expect(late.fault).toBeUndefined()
        expect(await store.claimOrders(aClaim(runnerId, { types: [onceType.type], now: noon + 999_000 }))).toEqual([])
      }
    })

    it('of a failed run stay readable while the order waits for its next run', async () => {
      const { store } = await setup(open)
      const { id } = await place(store)
      const { by } = await startNext(store)
      await moved(store, id, completion(by, 'failed', true), { report: { run: 1 } })
      expect(await found(store, id)).toMatchObject({ status: 'QUEUED', report: { run: 1 } })
      const repeat = await store.advanceOrder(anAdvance(id, completion(by, 'failed', true)))
      expect(repeat).toMatchObject({ kind: 'kept', order: { status: 'QUEUED' } })
      expect(await refusal(store, id, completion(by, 'succeeded'))).toBe('already_completed')
    })
  })
}

function claimOf(runner: string) {
  const { timing } = anAdvance('', { kind: 'sweep' })
  return {
    runnerId: runner,
    targets: ['scope:any'],
    types: [readType.type],
    max: 1,
    concurrency: 9,
    leases: ['l'],
    timing,
  }
}

function countKinds(decisions: ({ kind: string } | null)[]): Record<string, number> {
  const counts: Record<string, number> = {}
  for (const decision of decisions) {
    const kind = decision?.kind ?? 'null'
    counts[kind] = (counts[kind] ?? 0) + 1
  }
  return counts
}
