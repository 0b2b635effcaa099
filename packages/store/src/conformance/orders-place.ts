import { isTerminal, type OrderInsertion, orderStatuses } from '@ikoma/domain'
import { describe, expect, it } from 'vitest'
import { anOrder, noon } from '../testing/fixtures.ts'
import {
  bring,
  claimNext,
  completion,
  found,
  moved,
  type OpenStore,
  place,
  runnerId,
  setup,
  startNext,
  times,
} from './world.ts'

const oddPayload = {
  zulu: 1,
  alpha: { nested: [{}, [], [[]], null, { deep: { deeper: [true, false] } }] },
  '10': 'integer-like keys sort themselves in JavaScript',
  'é clé': 'naïve café, 日本語, 🚚, \u0000, \u2028, "quotes", \\back\\slash, \ud83d lone',
  '': 'empty key',
  numbers: [0, -1, 1.5e-7, 2 ** 53, Number.MAX_VALUE],
  big: 'x'.repeat(200_000),
}

export function describePlacing(open: OpenStore): void {
  describe('placing orders', () => {
    it('gives back every field of an order as it was placed, whatever its JSON holds', async () => {
      const { store, reopen } = await setup(open)
      const order = anOrder({
        serverId: 'server-1',
        payload: oddPayload,
        labels: { equipe: 'Équipe 1', 'a.b/c': '"' },
        priority: -3,
        runAt: noon + 1,
        expiresAt: noon + 2,
        timeoutSec: 7,
        maxAttempts: 4,
        dedupeKey: "d'1",
        resourceKey: 'app:web',
        dryRun: true,
        retryOf: 'an-older-order',
      })
      const sealed = { ...order, seal: 'a-seal' }
      const placements = await store.insertOrders([insertion(sealed)])
      expect(placements).toEqual([{ kind: 'inserted', order: sealed }])
      expect(await store.findOrder(order.id)).toEqual(sealed)
      const after = await found(await reopen(), order.id)
      expect(after).toEqual(sealed)
      expect(JSON.stringify(after.payload), 'the seal covers the order of keys').toBe(JSON.stringify(oddPayload))
    })

    it('knows nothing of an order that was never placed', async () => {
      const { store } = await setup(open)
      expect(await store.findOrder('nothing')).toBeNull()
      expect(await store.insertOrders([])).toEqual([])
    })

    it('inserts a batch of 200 in its order', async () => {
      const { store } = await setup(open)
      const orders = times(200, (index) => anOrder({ runnerId, payload: { index } }))
      const placements = await store.insertOrders(orders.map((order) => insertion(order)))
      expect(placements).toEqual(orders.map((order) => ({ kind: 'inserted', order })))
      const { items } = await store.listOrders({}, { limit: 200, cursor: null })
      expect(items.map(({ id }) => id)).toEqual(orders.map(({ id }) => id).toReversed())
    })

    it('answers each item of a batch by itself', async () => {
      const { store } = await setup(open)
      const first = await place(store, { dedupeKey: 'nightly' })
      const original = anOrder({ runnerId })
      await store.insertOrders([insertion(original, 'key-1')])
      const [a, b] = [anOrder({ runnerId }), anOrder({ runnerId, dedupeKey: 'weekly' })]
      const placements = await store.insertOrders([
        insertion(a),
        insertion(anOrder({ runnerId, dedupeKey: 'nightly' })),
        insertion(anOrder({ runnerId }), 'key-1', 'another digest'),
        insertion(anOrder({ runnerId }), 'key-1'),
        insertion(b),
        insertion(anOrder({ runnerId, dedupeKey: 'weekly' })),
      ])
      expect(placements).toEqual([
        { kind: 'inserted', order: a },
        { kind: 'duplicate', orderId: first.id },
        { kind: 'key_reused' },
        { kind: 'repeated', order: original },
        { kind: 'inserted', order: b },
        { kind: 'duplicate', orderId: b.id },
      ])
      expect(await store.countOrders()).toEqual({ QUEUED: 4 })
    })
  })

  describeIdempotency(open)
  describeDedupe(open)
}

function describeIdempotency(open: OpenStore): void {
  describe('idempotency keys', () => {
    it('lead to what was first answered, for their actor alone', async () => {
      const { store } = await setup(open)
      const order = anOrder({})
      await store.insertOrders([insertion(order, 'a-key', 'digest')])
      expect(await store.findAnswer('admin-key', 'a-key')).toMatchObject({ digest: 'digest', answer: { id: order.id } })
      expect([await store.findAnswer('other', 'a-key'), await store.findAnswer('admin-key', 'b')]).toEqual([null, null])
    })

    it('give the first answer again, also when the order has moved on since', async () => {
      const { store, reopen } = await setup(open)
      const order = anOrder({ runnerId, payload: { z: 1, a: 2 } })
      await store.insertOrders([insertion(order, 'key-1')])
      const { by } = await startNext(store)
      await moved(store, order.id, completion(by, 'succeeded'))
      const again = insertion(anOrder({ runnerId, payload: { z: 1, a: 2 } }), 'key-1')
      expect(await store.insertOrders([again])).toEqual([{ kind: 'repeated', order }])
      expect(await (await reopen()).insertOrders([again])).toEqual([{ kind: 'repeated', order }])
    })

    it('give the first answer of an order that waits for its resource key', async () => {
      const { store } = await setup(open)
      const [first] = await store.insertOrders([insertion(anOrder({ runnerId, resourceKey: 'app' }), 'key-1')])
      const [again] = await store.insertOrders([insertion(anOrder({ runnerId, resourceKey: 'app' }), 'key-1')])
      expect(first).toMatchObject({ kind: 'inserted', order: { wait: null } })
      expect(again).toEqual({ ...first, kind: 'repeated' })
    })

    it('refuse another request under the same key and insert nothing', async () => {
      const { store } = await setup(open)
      await store.insertOrders([insertion(anOrder({ runnerId }), 'key-1')])
      const other = insertion(anOrder({ runnerId }), 'key-1', 'another digest')
      expect(await store.insertOrders([other])).toEqual([{ kind: 'key_reused' }])
      expect(await store.findOrder(other.order.id)).toBeNull()
    })

    it('belong to their actor', async () => {
      const { store } = await setup(open)
      const [mine, theirs] = [
        insertion(anOrder({ runnerId }), 'key-1'),
        insertion(anOrder({ runnerId }), 'key-1', 'other'),
      ]
      expect(await store.insertOrders([mine])).toMatchObject([{ kind: 'inserted' }])
      expect(await store.insertOrders([{ ...theirs, actor: 'token:ci' }])).toMatchObject([{ kind: 'inserted' }])
    })

    it('insert one order of 50 concurrent requests', async () => {
      const { store } = await setup(open)
      const requests = times(50, () => store.insertOrders([insertion(anOrder({ runnerId }), 'key-1')]))
      const placements = (await Promise.all(requests)).flat()
      expect(placements.filter(({ kind }) => kind === 'inserted')).toHaveLength(1)
      const answers = placements.map((placement) => ('order' in placement ? placement.order.id : placement.kind))
      expect(new Set(answers).size).toBe(1)
      expect(await store.countOrders()).toEqual({ QUEUED: 1 })
    })

    it('are forgotten once older than asked', async () => {
      const { store } = await setup(open)
      await store.insertOrders([insertion(anOrder({ runnerId }), 'old')])
      await store.insertOrders([insertion(anOrder({ runnerId }, undefined, noon + 1), 'new')])
      expect(await store.pruneIdempotency(noon + 1)).toBe(1)
      expect(await store.insertOrders([insertion(anOrder({ runnerId }), 'old')])).toMatchObject([{ kind: 'inserted' }])
      expect(await store.insertOrders([insertion(anOrder({ runnerId }), 'new')])).toMatchObject([{ kind: 'repeated' }])
    })
  })
}

function describeDedupe(open: OpenStore): void {
  describe('dedupe keys', () => {
    for (const status of orderStatuses) {
      const free = isTerminal(status)
      it(`are ${free ? 'free again' : 'taken'} while their order is ${status}`, async () => {
        const { store } = await setup(open)
        const order = await bring[status](store, { dedupeKey: 'nightly' })
        expect(order.status).toBe(status)
        const next = insertion(anOrder({ runnerId, dedupeKey: 'nightly' }))
        const expected = free ? { kind: 'inserted', order: next.order } : { kind: 'duplicate', orderId: order.id }
        expect(await store.insertOrders([next])).toEqual([expected])
      })
    }

    it('let one of 50 concurrent orders through', async () => {
      const { store } = await setup(open)
      const requests = times(50, () => store.insertOrders([insertion(anOrder({ runnerId, dedupeKey: 'nightly' }))]))
      const placements = (await Promise.all(requests)).flat()
      const inserted = placements.flatMap((placement) => (placement.kind === 'inserted' ? [placement.order.id] : []))
      expect(inserted).toHaveLength(1)
      const others = placements.filter(({ kind }) => kind !== 'inserted')
      expect(others).toEqual(times(49, () => ({ kind: 'duplicate', orderId: inserted[0] })))
      expect((await claimNext(store)).order.id).toBe(inserted[0])
    })
  })
}

function insertion(order: OrderInsertion['order'], key: string | null = null, digest = 'a digest'): OrderInsertion {
  return { order, actor: 'admin-key', idempotency: key === null ? null : { key, digest } }
}
