import { defaultTiming, overAt, type Store } from '@ikoma/domain'
import { describe, expect, it } from 'vitest'
import { aClaim, anAdvance, approvedType, noon, onceType } from '../testing/fixtures.ts'
import {
  claimLeaseMs,
  claimNext,
  completion,
  found,
  moved,
  type OpenStore,
  place,
  runLeaseMs,
  runnerId,
  setup,
  staleGraceMs,
  startNext,
  sweepAt,
  times,
} from './world.ts'

export function describeSweeping(open: OpenStore): void {
  describe('sweeping', () => {
    it('does to each due order what the rules say, counts it, and leaves the others alone', async () => {
      const { store } = await setup(open)
      const lost = await place(store)
      await claimNext(store)
      const silent = await place(store, { timeoutSec: 3600 }, onceType, noon - runLeaseMs + claimLeaseMs)
      await startNext(store, { now: noon - runLeaseMs + claimLeaseMs })
      const expired = await place(store, { expiresAt: noon + claimLeaseMs })
      const unapproved = await place(store, { expiresAt: noon + claimLeaseMs }, approvedType)
      const fresh = await place(store)
      expect(await sweepAt(store, noon + claimLeaseMs - 1)).toEqual({ seen: 0, actions: {} })
      expect(await sweepAt(store, noon + claimLeaseMs)).toEqual({
        seen: 4,
        actions: { 'order.requeued': 1, 'order.went_stale': 1, 'order.expired': 2 },
      })
      const after = await statuses(store, [lost, silent, expired, unapproved, fresh])
      expect(after).toEqual(['QUEUED', 'STALE', 'EXPIRED', 'EXPIRED', 'QUEUED'])
      expect(await found(store, fresh.id)).toEqual(fresh)
    })

    it('resolves a silent order: again after its grace when that is safe, to a person after its own time when it is not', async () => {
      const { store } = await setup(open)
      const safe = await place(store, { timeoutSec: 3600 })
      const unsafe = await place(store, { timeoutSec: 3600 }, onceType)
      const last = await place(store, { timeoutSec: 3600, maxAttempts: 1 })
      for (const _ of [safe, unsafe, last]) await startNext(store)
      const staleAt = noon + runLeaseMs
      expect(await sweepAt(store, staleAt)).toEqual({ seen: 3, actions: { 'order.went_stale': 3 } })
      expect(await sweepAt(store, staleAt + staleGraceMs - 1)).toEqual({ seen: 0, actions: {} })
      expect(await sweepAt(store, staleAt + staleGraceMs)).toEqual({
        seen: 2,
        actions: { 'order.requeued': 1, 'order.failed': 1 },
      })
      const over = overAt(await found(store, unsafe.id), defaultTiming)
      expect(await sweepAt(store, over - 1)).toEqual({ seen: 0, actions: {} })
      expect(await sweepAt(store, over)).toEqual({ seen: 1, actions: { 'order.needs_attention': 1 } })
      expect(await statuses(store, [safe, unsafe, last])).toEqual(['QUEUED', 'NEEDS_ATTENTION', 'FAILED'])
    })

    it('lets an order that ran too long time out after its lease, counting both steps of its retry', async () => {
      const { store } = await setup(open)
      const { id } = await place(store, { timeoutSec: 1 })
      await startNext(store)
      const deadline = noon + 1000 + defaultTiming.timeoutGraceMs
      expect(await sweepAt(store, deadline)).toEqual({ seen: 1, actions: { 'order.went_stale': 1 } })
      const decidedAt = noon + runLeaseMs + staleGraceMs
      expect(await sweepAt(store, decidedAt - 1)).toEqual({ seen: 0, actions: {} })
      const actions = { 'order.timed_out': 1, 'order.requeued': 1 }
      expect(await sweepAt(store, decidedAt)).toEqual({ seen: 1, actions })
      expect(await found(store, id)).toMatchObject({ status: 'QUEUED', wait: 'time' })
    })

    it('keeps the turn of an order that ran too long until its lease has ended', async () => {
      const { store } = await setup(open)
      await place(store, { timeoutSec: 1, maxAttempts: 1, resourceKey: 'deploy' })
      const next = await place(store, { resourceKey: 'deploy' })
      await startNext(store)
      await sweepAt(store, noon + 1000 + defaultTiming.timeoutGraceMs)
      expect(await store.claimOrders(aClaim(runnerId, { now: noon + runLeaseMs }))).toEqual([])
      await sweepAt(store, noon + runLeaseMs + staleGraceMs)
      const [claimed] = await store.claimOrders(aClaim(runnerId, { now: noon + runLeaseMs + staleGraceMs }))
      expect(claimed?.id).toBe(next.id)
    })

    it('takes the longest due first and no more than the limit', async () => {
      const { store } = await setup(open)
      const orders = []
      for (const offset of [3, 1, 4, 2]) orders.push(await place(store, { expiresAt: noon + offset }))
      expect(await sweepAt(store, noon + 9, { limit: 2 })).toMatchObject({ seen: 2 })
      expect(await statuses(store, orders)).toEqual(['QUEUED', 'EXPIRED', 'QUEUED', 'EXPIRED'])
      expect(await sweepAt(store, noon + 9, { limit: 2 })).toMatchObject({ seen: 2 })
      expect(await sweepAt(store, noon + 9, { limit: 2 })).toEqual({ seen: 0, actions: {} })
    })

    it('leaves claimed and running orders alone while leases are held, and still does the rest', async () => {
      const { store } = await setup(open)
      const stale = await place(store, { timeoutSec: 60 }, onceType)
      await startNext(store)
      await sweepAt(store, noon + runLeaseMs)
      const running = await place(store)
      await startNext(store)
      const claimed = await place(store)
      await claimNext(store)
      const queued = await place(store, { expiresAt: noon + 1 })
      const now = overAt(await found(store, stale.id), defaultTiming)
      expect(await sweepAt(store, now, { holdLeases: true })).toEqual({
        seen: 2,
        actions: { 'order.needs_attention': 1, 'order.expired': 1 },
      })
      const after = await statuses(store, [stale, running, claimed, queued])
      expect(after).toEqual(['NEEDS_ATTENTION', 'RUNNING', 'CLAIMED', 'EXPIRED'])
    })

    it('lets nothing that waits expire while the time may be wrong', async () => {
      const { store } = await setup(open)
      const queued = await place(store, { expiresAt: noon + 1 })
      const unapproved = await place(store, { expiresAt: noon + 1 }, approvedType)
      expect(await sweepAt(store, noon + 2, { holdExpiry: true })).toEqual({ seen: 0, actions: {} })
      expect(await statuses(store, [queued, unapproved])).toEqual(['QUEUED', 'PENDING_APPROVAL'])
    })

    it('brings back what a clock that was ahead put off, and only when it was set back', async () => {
      const { store } = await setup(open)
      const ahead = noon + 400 * 24 * 3_600_000
      const lasting = { expiresAt: ahead + 3_600_000, timeoutSec: 3600 }
      const running = await place(store, lasting)
      const claimed = await place(store, lasting)
      const retried = await place(store, lasting)
      await startNext(store, { now: ahead })
      await claimNext(store, { now: ahead })
      const { by } = await startNext(store, { now: ahead })
      await moved(store, retried.id, completion(by, 'failed', true), { now: ahead, random: 0.5 })
      expect(await sweepAt(store, noon)).toEqual({ seen: 0, actions: {} })
      expect(await sweepAt(store, noon, { wentBack: true })).toMatchObject({ seen: 3, actions: {} })
      const leases = [await found(store, running.id), await found(store, claimed.id)].map((each) => each.leaseExpiresAt)
      expect(leases).toEqual([noon + runLeaseMs, noon + claimLeaseMs])
      expect((await found(store, retried.id)).runAt).toBe(noon)
      await sweepAt(store, noon + runLeaseMs)
      expect(await statuses(store, [running, claimed])).toEqual(['STALE', 'QUEUED'])
      expect(await store.releaseOrders(noon, 9)).toBe(1)
    })

    it('leaves a silent `once` order due by its own time when the clock was set back, unless that is of the wrong clock', async () => {
      const { store } = await setup(open)
      const day = 24 * 3_600_000
      const rightly = await place(store, { timeoutSec: 86_400 }, onceType)
      const ahead = await place(store, { timeoutSec: 3600, expiresAt: noon + 401 * day }, onceType)
      await startNext(store)
      await sweepAt(store, noon + runLeaseMs)
      await startNext(store, { now: noon + 400 * day })
      const went = { now: noon + 400 * day + runLeaseMs, random: 0, timing: defaultTiming }
      await moved(store, ahead.id, { kind: 'sweep' }, went)
      const { dueAt } = await found(store, rightly.id)
      const now = noon + runLeaseMs
      expect(await sweepAt(store, now, { wentBack: true })).toEqual({ seen: 1, actions: {} })
      expect(await sweepAt(store, now, { wentBack: true })).toEqual({ seen: 0, actions: {} })
      const [kept, back] = [await found(store, rightly.id), await found(store, ahead.id)]
      expect(kept.dueAt).toBe(dueAt)
      expect(back).toMatchObject({ status: 'STALE', startedAt: now, dueAt: overAt(back, defaultTiming) })
    })

    it('is not held up for ever by orders that stay as they are', async () => {
      const { store } = await setup(open)
      const patient = { ...defaultTiming, timeoutGraceMs: 3_600_000, runLeaseMs: 3_600_000 }
      const hasty = { ...patient, timeoutGraceMs: 0 }
      for (const _ of times(5, String)) await place(store, { timeoutSec: 1 })
      for (const claimed of await store.claimOrders(aClaim(runnerId, { max: 5 }))) {
        const by = { runnerId, lease: claimed.lease }
        await moved(store, claimed.id, { kind: 'start', by }, { timing: hasty })
      }
      const behind = await place(store, { expiresAt: noon + 2000 })
      const sweep = { now: noon + 2000, limit: 2, random: 0.5, timing: patient, holdLeases: false }
      const seen = []
      for (const _ of times(4, String)) seen.push((await store.sweepOrders(sweep)).seen)
      expect(seen).toEqual([2, 2, 2, 0])
      expect((await found(store, behind.id)).status).toBe('EXPIRED')
    })

    it('moves each order once under 20 concurrent sweeps', async () => {
      const { store } = await setup(open)
      for (const _ of times(30, String)) await place(store, { expiresAt: noon })
      const results = await Promise.all(times(20, () => sweepAt(store, noon, { limit: 7 })))
      const expired = results.reduce((sum, { actions }) => sum + (actions['order.expired'] ?? 0), 0)
      expect(expired).toBe(30)
      expect(await store.listAudit({ action: 'order.expired' }, 0, 100)).toHaveLength(30)
    })

    it('spreads the retries of one sweep', async () => {
      const { store } = await setup(open)
      for (const _ of times(10, String)) await place(store, { timeoutSec: 3600 })
      for (const _ of times(10, String)) await startNext(store)
      await sweepAt(store, noon + runLeaseMs)
      await sweepAt(store, noon + runLeaseMs + staleGraceMs)
      const { items } = await store.listOrders({ status: ['QUEUED'] }, { limit: 10, cursor: null })
      expect(new Set(items.map(({ runAt }) => runAt)).size).toBe(10)
    })
  })

  describeSilence(open)
}

function describeSilence(open: OpenStore): void {
  describe('counting silent runners', () => {
    it('counts runners, not orders, and only those whose order runs', async () => {
      const { store } = await setup(open)
      expect(await store.countSilentRunners(noon)).toEqual({ silent: 0, running: 0 })
      for (const name of ['a', 'a', 'b', 'c']) {
        await place(store, { runnerId: name })
        await startNext(store, { runnerId: name })
      }
      await place(store, { runnerId: 'd' })
      await claimNext(store, { runnerId: 'd' })
      const [ofB] = (await store.listOrders({ runnerId: 'b' }, { limit: 1, cursor: null })).items
      const by = { runnerId: 'b', lease: ofB?.lease ?? null }
      await store.advanceOrder(anAdvance(ofB?.id ?? '', { kind: 'heartbeat', by }, { now: noon + 1 }))
      expect(await store.countSilentRunners(noon + runLeaseMs - 1)).toEqual({ silent: 0, running: 3 })
      expect(await store.countSilentRunners(noon + runLeaseMs)).toEqual({ silent: 2, running: 3 })
      expect(await store.countSilentRunners(noon + runLeaseMs + 1)).toEqual({ silent: 3, running: 3 })
    })
  })
}

async function statuses(store: Store, orders: { id: string }[]): Promise<string[]> {
  const all = []
  for (const { id } of orders) all.push((await found(store, id)).status)
  return all
}
