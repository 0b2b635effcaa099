import { defaultTiming, isTerminal, orderStatuses, type Store } from '@ikoma/domain'
import { describe, expect, it } from 'vitest'
import { aClaim, approvedType, noon, onceType } from '../testing/fixtures.ts'
import {
  bring,
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

const resourceKey = 'app:web'
const { stopGraceMs, timeoutGraceMs } = defaultTiming

export function describeResourceKeys(open: OpenStore): void {
  describe('orders sharing a resource key', () => {
    it('run one at a time, first in, first out, whatever their priority', async () => {
      const { store } = await setup(open)
      const orders = []
      for (const priority of [0, 9, 5, -1]) orders.push(await place(store, { resourceKey, priority }))
      expect(orders.map(({ wait }) => wait)).toEqual([null, 'resource', 'resource', 'resource'])
      const ran = []
      for (const _ of orders) {
        const { order, by } = await startNext(store, { max: 9 })
        expect(await claimable(store)).toEqual([])
        ran.push(order.id)
        await moved(store, order.id, completion(by, 'succeeded'))
      }
      expect(ran).toEqual(orders.map(({ id }) => id))
    })

    it('do not hold up orders of another key, or of none', async () => {
      const { store } = await setup(open)
      await place(store, { resourceKey })
      await claimNext(store)
      await place(store, { resourceKey })
      const other = await place(store, { resourceKey: 'app:other' })
      const free = await place(store)
      expect(await claimable(store)).toEqual([other.id, free.id])
    })

    for (const status of orderStatuses) {
      const free = isTerminal(status) || status === 'PENDING_APPROVAL'
      it(`${free ? 'need not' : 'must'} wait for one that is ${status}`, async () => {
        const { store } = await setup(open)
        const holder = await bring[status](store, { resourceKey })
        expect(holder.status).toBe(status)
        const next = await place(store, { resourceKey })
        expect(next.wait).toBe(free ? null : 'resource')
      })
    }

    it('must wait for a silent `once` order as long as it may run: until its own time and all that follows it are over', async () => {
      const { store } = await setup(open)
      const { id } = await place(store, { resourceKey, timeoutSec: 3600 }, onceType)
      await startNext(store)
      const next = await place(store, { resourceKey })
      await sweepAt(store, noon + runLeaseMs)
      expect((await found(store, id)).status, 'that it is silent is said at once').toBe('STALE')
      const overAt = noon + 3_600_000 + timeoutGraceMs + claimLeaseMs + stopGraceMs
      for (const now of [noon + runLeaseMs + staleGraceMs, noon + 3_600_000, overAt - 1]) {
        await sweepAt(store, now)
        expect([(await found(store, id)).status, await claimable(store, now)]).toEqual(['STALE', []])
      }
      await sweepAt(store, overAt)
      expect((await found(store, id)).status).toBe('NEEDS_ATTENTION')
      expect(await claimable(store, overAt)).toEqual([next.id])
    })

    it('take their turn when a person says how a silent one ended, or its runner does', async () => {
      const { store } = await setup(open)
      for (const word of ['verdict', 'report', 'interrupted'] as const) {
        const { id } = await place(store, { resourceKey, timeoutSec: 3600 }, onceType)
        const { by } = await startNext(store)
        const next = await place(store, { resourceKey })
        await sweepAt(store, noon + runLeaseMs)
        expect(await claimable(store)).toEqual([])
        const verdict = { kind: 'settle', verdict: 'failed', reason: 'the disk was full' } as const
        const said = { verdict, report: completion(by, 'succeeded'), interrupted: completion(by, 'interrupted') }
        await moved(store, id, said[word])
        expect(await claimable(store)).toEqual([next.id])
        await moved(store, next.id, { kind: 'cancel', reason: null })
      }
    })

    it('take their turn when the one before is canceled or expires', async () => {
      const { store } = await setup(open)
      const [canceled, expired, claimed] = [
        await place(store, { resourceKey }),
        await place(store, { resourceKey, expiresAt: noon + 1 }),
        await place(store, { resourceKey }),
      ]
      const last = await place(store, { resourceKey })
      await moved(store, canceled.id, { kind: 'cancel', reason: null })
      expect((await found(store, expired.id)).wait).toBeNull()
      await sweepAt(store, noon + 1)
      expect((await claimNext(store)).order.id).toBe(claimed.id)
      await moved(store, claimed.id, { kind: 'cancel', reason: null })
      expect(await claimable(store)).toEqual([last.id])
    })

    it('skip one that was canceled while it waited', async () => {
      const { store } = await setup(open)
      const first = await place(store, { resourceKey })
      const second = await place(store, { resourceKey })
      const third = await place(store, { resourceKey })
      await moved(store, second.id, { kind: 'cancel', reason: null })
      expect((await found(store, third.id)).wait).toBe('resource')
      await moved(store, first.id, { kind: 'cancel', reason: null })
      expect(await claimable(store)).toEqual([third.id])
    })

    it('keep their turn when a claim is lost and while a retry waits for its time', async () => {
      const { store } = await setup(open)
      const first = await place(store, { resourceKey })
      const second = await place(store, { resourceKey })
      await claimNext(store)
      await sweepAt(store, noon + claimLeaseMs)
      const now = noon + claimLeaseMs
      const { order, by } = await startNext(store, { now })
      expect(order.id).toBe(first.id)
      await moved(store, first.id, completion(by, 'failed', true), { now, random: 0.9 })
      const retried = await found(store, first.id)
      expect(retried.wait).toBe('time')
      expect(await claimable(store, now)).toEqual([])
      expect((await found(store, second.id)).wait).toBe('resource')
      await store.releaseOrders(retried.runAt, 10)
      expect(await claimable(store, retried.runAt)).toEqual([first.id])
    })

    it('keep their turn over a retry also before one that was placed earlier and released later', async () => {
      const { store } = await setup(open)
      const scheduled = await place(store, { resourceKey, runAt: noon + 1 })
      const { id } = await place(store, { resourceKey })
      const { by } = await startNext(store)
      await moved(store, id, completion(by, 'failed', true), { random: 0.9 })
      await store.releaseOrders(noon + 1, 10)
      const { runAt } = await found(store, id)
      await store.releaseOrders(runAt, 10)
      expect((await found(store, scheduled.id)).wait).toBe('resource')
      expect(await claimable(store, runAt)).toEqual([id])
    })

    it('that are scheduled take a turn when their time has come, not before', async () => {
      const { store } = await setup(open)
      const later = await place(store, { resourceKey, runAt: noon + 10 })
      const now = await place(store, { resourceKey })
      expect([later.wait, now.wait]).toEqual(['time', null])
      expect(await store.releaseOrders(noon + 10, 10)).toBe(1)
      expect((await found(store, later.id)).wait).toBe('resource')
      await moved(store, now.id, { kind: 'cancel', reason: null })
      expect(await claimable(store, noon + 10)).toEqual([later.id])
    })

    it('that are released together take their turns in the order of placement', async () => {
      const { store } = await setup(open)
      const ids = []
      for (const offset of [3, 2, 1]) ids.push((await place(store, { resourceKey, runAt: noon + offset })).id)
      expect(await store.releaseOrders(noon + 3, 10)).toBe(3)
      const ran = []
      for (const _ of ids) {
        const [id = 'nothing', ...others] = await claimable(store, noon + 3)
        expect(others).toEqual([])
        ran.push(id)
        await moved(store, id, { kind: 'cancel', reason: null })
      }
      expect(ran).toEqual(ids)
    })

    it('that are released one by one take their turns as their time comes', async () => {
      const { store } = await setup(open)
      const [late, early] = [
        await place(store, { resourceKey, runAt: noon + 2 }),
        await place(store, { resourceKey, runAt: noon + 1 }),
      ]
      await store.releaseOrders(noon + 1, 10)
      await store.releaseOrders(noon + 2, 10)
      expect(await claimable(store, noon + 2)).toEqual([early.id])
      await moved(store, early.id, { kind: 'cancel', reason: null })
      expect(await claimable(store, noon + 2)).toEqual([late.id])
    })

    it('queue up when they are approved', async () => {
      const { store } = await setup(open)
      const types = [approvedType.type]
      const first = await place(store, { resourceKey }, approvedType)
      const second = await place(store, { resourceKey }, approvedType)
      await moved(store, second.id, { kind: 'approve', approval: 'ana' })
      expect((await claimNext(store, { types })).order.id).toBe(second.id)
      await moved(store, first.id, { kind: 'approve', approval: 'ana' })
      expect((await found(store, first.id)).wait).toBe('resource')
      await moved(store, second.id, { kind: 'cancel', reason: null })
      expect((await claimNext(store, { types })).order.id).toBe(first.id)
    })

    it('never overlap under concurrent placements, claims and ends', async () => {
      const { store } = await setup(open)
      const placing = times(40, () => place(store, { scope: 'any', resourceKey }))
      await Promise.all(placing)
      const { items } = await store.listOrders({}, { limit: 40, cursor: null })
      const ran: string[] = []
      while (ran.length < 40) {
        const claims = times(5, (index) => store.claimOrders(aClaim(`r${index}`, { max: 3, targets: ['scope:any'] })))
        const claimed = (await Promise.all(claims)).flat()
        expect(claimed).toHaveLength(1)
        for (const { id } of claimed) {
          ran.push(id)
          await moved(store, id, { kind: 'cancel', reason: null })
        }
      }
      expect(ran).toEqual(items.map(({ id }) => id).toReversed())
    })
  })
}

/** What could be claimed now, claimed. */
async function claimable(store: Store, now = noon): Promise<string[]> {
  const orders = await store.claimOrders(aClaim(runnerId, { max: 9, now }))
  return orders.map(({ id }) => id)
}
