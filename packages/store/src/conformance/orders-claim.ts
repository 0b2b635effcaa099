import { orderStatuses, type Store } from '@ikoma/domain'
import { describe, expect, it } from 'vitest'
import { aClaim, noon, onceType, readType } from '../testing/fixtures.ts'
import {
  bring,
  claimLeaseMs,
  claimNext,
  completion,
  found,
  moved,
  type OpenStore,
  place,
  runnerId,
  setup,
  startNext,
  sweepAt,
  times,
} from './world.ts'

export function describeClaiming(open: OpenStore): void {
  describe('claiming orders', () => {
    it('gives the order with its fence, and stores exactly what it gives', async () => {
      const { store } = await setup(open)
      const placed = await place(store, { scope: 'platform.caddy', payload: { b: 1, a: 2 } })
      const claim = aClaim(runnerId, { targets: ['scope:platform.caddy'], leases: ['lease-1'] })
      const expected = {
        ...placed,
        status: 'CLAIMED',
        runnerId,
        lease: 'lease-1',
        leaseExpiresAt: noon + claimLeaseMs,
        attempt: 1,
        claimedAt: noon,
        dueAt: noon + claimLeaseMs,
      }
      expect(await store.claimOrders(claim)).toEqual([expected])
      expect(await store.findOrder(placed.id)).toEqual(expected)
    })

    it('passes over an order that has expired, also before the sweep has seen it', async () => {
      const { store } = await setup(open)
      await place(store, { priority: 5, expiresAt: noon + 1_000 })
      const timely = await place(store)
      expect(await claimedIds(store, { now: noon + 1_000 })).toEqual([timely.id])
      expect(await claimedIds(store, { now: noon + 1_000 })).toEqual([])
    })

    it('takes the highest priority first, then the oldest, over all targets of the runner', async () => {
      const { store } = await setup(open)
      const low = await place(store, { priority: -1 })
      const first = await place(store, { scope: 'a' })
      const second = await place(store, {})
      const third = await place(store, { serverId: 'server-1' })
      const high = await place(store, { scope: 'b', priority: 5 })
      const targets = [`runner:${runnerId}`, 'server:server-1', 'scope:a', 'scope:b']
      expect(await claimedIds(store, { targets, max: 2 })).toEqual([high.id, first.id])
      expect(await claimedIds(store, { targets, max: 9 })).toEqual([second.id, third.id, low.id])
    })

    it('gives each order once when a target is named twice, and as many as asked', async () => {
      const { store } = await setup(open)
      const orders = [await place(store), await place(store)]
      const targets = [`runner:${runnerId}`, `runner:${runnerId}`]
      expect(await claimedIds(store, { targets, max: 2 })).toEqual(orders.map(({ id }) => id))
    })

    it('leaves orders of other targets and types alone', async () => {
      const { store } = await setup(open)
      await place(store, { runnerId: 'runner-2' })
      await place(store, { serverId: 'server-1' })
      await place(store, { scope: 'platform.caddyx' })
      await place(store, {}, onceType)
      const targets = [`runner:${runnerId}`, 'scope:platform.caddy', 'server:server-2']
      expect(await claimedIds(store, { targets, types: [readType.type], max: 9 })).toEqual([])
      expect(await claimedIds(store, { targets: [], max: 9 })).toEqual([])
      expect(await claimedIds(store, { types: [], max: 9 })).toEqual([])
    })

    it('is not held up by orders of a type it may not take', async () => {
      const { store } = await setup(open)
      for (const _ of times(30, String)) await place(store, { priority: 9 }, onceType)
      const mine = await place(store)
      expect(await claimedIds(store, { types: [readType.type] })).toEqual([mine.id])
    })

    it('counts what the runner holds already against its concurrency', async () => {
      const { store } = await setup(open)
      await store.insertOrders([])
      for (const _ of times(5, String)) await place(store)
      const { order, by } = await startNext(store, { concurrency: 3 })
      await claimNext(store, { concurrency: 3 })
      expect(await claimedIds(store, { concurrency: 3, max: 5 })).toHaveLength(1)
      expect(await claimedIds(store, { concurrency: 3, max: 5 })).toEqual([])
      await moved(store, order.id, completion(by, 'succeeded'))
      expect(await claimedIds(store, { concurrency: 3, max: 5 })).toHaveLength(1)
      expect(await claimedIds(store, { concurrency: 0, max: 5 })).toEqual([])
    })

    it('takes no more than asked and no more than there are leases', async () => {
      const { store } = await setup(open)
      for (const _ of times(5, String)) await place(store)
      expect(await claimedIds(store, { max: 0, leases: ['a'] })).toEqual([])
      expect(await claimedIds(store, { max: 1, leases: ['b', 'c'] })).toHaveLength(1)
      const claimed = await store.claimOrders(aClaim(runnerId, { max: 3, leases: ['d', 'e'] }))
      expect(claimed.map(({ lease }) => lease)).toEqual(['d', 'e'])
    })

    it('raises the attempt with every claim and gives a new lease', async () => {
      const { store } = await setup(open)
      const { id } = await place(store)
      const seen: [number, string | null][] = []
      for (const attempt of [1, 2, 3]) {
        const now = noon + attempt * claimLeaseMs
        const { order } = await claimNext(store, { now })
        seen.push([order.attempt, order.lease])
        await sweepAt(store, now + claimLeaseMs)
        expect(await found(store, id)).toMatchObject({ status: 'QUEUED', lostClaims: attempt, lease: null, runnerId })
      }
      expect(seen.map(([attempt]) => attempt)).toEqual([1, 2, 3])
      expect(new Set(seen.map(([, lease]) => lease)).size).toBe(3)
    })

    for (const status of orderStatuses.filter((each) => each !== 'QUEUED')) {
      it(`never gives an order that is ${status}`, async () => {
        const { store } = await setup(open)
        const order = await bring[status](store)
        expect(order.status).toBe(status)
        expect(await claimedIds(store, { max: 9 })).toEqual([])
        expect(await found(store, order.id)).toEqual(order)
      })
    }

    it('never gives an order twice under 100 concurrent calls', async () => {
      const { store } = await setup(open)
      const placed: string[] = []
      for (const _ of times(150, String)) placed.push((await place(store, { scope: 'any' })).id)
      const claims = times(100, (index) =>
        claimedIds(store, { runnerId: `r${index % 3}`, targets: ['scope:any'], max: 2 }),
      )
      const claimed = (await Promise.all(claims)).flat()
      expect(claimed.toSorted()).toEqual(placed.toSorted())
      expect(await store.countOrders()).toEqual({ CLAIMED: 150 })
    })
  })

  describeScheduled(open)
}

function describeScheduled(open: OpenStore): void {
  describe('orders placed for later', () => {
    it('cannot be claimed before their time, nor before they are released', async () => {
      const { store } = await setup(open)
      const { id } = await place(store, { runAt: noon + 1000 })
      expect(await store.releaseOrders(noon + 999, 10)).toBe(0)
      expect(await claimedIds(store, { now: noon + 1000 })).toEqual([])
      expect(await store.releaseOrders(noon + 1000, 10)).toBe(1)
      expect(await store.releaseOrders(noon + 1000, 10)).toBe(0)
      expect(await claimedIds(store, { now: noon + 1000 })).toEqual([id])
    })

    it('are released by their time, no more than asked at once', async () => {
      const { store } = await setup(open)
      const late = await place(store, { runAt: noon + 3 })
      const early = await place(store, { runAt: noon + 1 })
      const middle = await place(store, { runAt: noon + 2 })
      expect(await store.releaseOrders(noon + 3, 2)).toBe(2)
      expect((await found(store, late.id)).wait).toBe('time')
      expect(await claimedIds(store, { now: noon + 3, max: 9 })).toEqual([early.id, middle.id])
      expect(await store.releaseOrders(noon + 3, 2)).toBe(1)
    })
  })
}

async function claimedIds(store: Store, patch: Parameters<typeof aClaim>[1] = {}): Promise<string[]> {
  const orders = await store.claimOrders(aClaim(patch.runnerId ?? runnerId, patch))
  return orders.map(({ id }) => id)
}
