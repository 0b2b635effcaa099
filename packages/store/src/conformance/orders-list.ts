import type { Order, OrderFilter, Store } from '@ikoma/domain'
import { describe, expect, it } from 'vitest'
import { aClaim, noon, onceType } from '../testing/fixtures.ts'
import { bring, completion, moved, type OpenStore, place, runnerId, setup, startNext, times } from './world.ts'

export function describeListing(open: OpenStore): void {
  describe('listing orders', () => {
    it('finds by each filter, and by all together', async () => {
      const { store } = await setup(open)
      const world = await placeOneOfEach(store)
      const listed = (filter: OrderFilter) => names(store, filter, world)
      expect(await listed({})).toEqual(['late', 'labelled', 'server', 'once', 'canceled', 'plain'])
      expect(await listed({ status: ['CANCELED'] })).toEqual(['canceled'])
      expect(await listed({ status: ['CANCELED', 'QUEUED'] })).toHaveLength(6)
      expect(await listed({ status: ['RUNNING'] })).toEqual([])
      expect(await listed({ type: onceType.type })).toEqual(['once'])
      expect(await listed({ serverId: 'server-1' })).toEqual(['server'])
      expect(await listed({ runnerId: 'runner-2' })).toEqual(['late'])
      expect(await listed({ since: noon + 1 })).toEqual(['late'])
      expect(await listed({ since: noon + 2 })).toEqual([])
      const all = {
        status: ['QUEUED' as const],
        type: 'runner.selftest',
        runnerId,
        label: { key: 'app', value: 'web' },
      }
      expect(await listed({ ...all, since: noon })).toEqual(['labelled'])
      expect(await listed({ ...all, type: onceType.type })).toEqual([])
      expect(await listed({ type: undefined, serverId: undefined })).toHaveLength(6)
    })

    it('compares labels as plain text, whatever is in their keys', async () => {
      const { store } = await setup(open)
      const labels = { 'a.b': '1', 'c"d': '2', "e'f": '3', 'g\\h': '4', é: '5', '$[0]': '6', n: '7' }
      const { id } = await place(store, { labels })
      await place(store, { labels: { a: '1' } })
      for (const [key, value] of Object.entries(labels)) {
        const { items } = await store.listOrders({ label: { key, value } }, { limit: 9, cursor: null })
        expect(
          items.map((order) => order.id),
          key,
        ).toEqual([id])
        const wrong = { label: { key, value: `${value} ` } }
        expect((await store.listOrders(wrong, { limit: 9, cursor: null })).items, key).toEqual([])
      }
    })

    it('pages newest first, without a gap or a repeat, while new orders arrive', async () => {
      const { store } = await setup(open)
      const placed: string[] = []
      for (const _ of times(23, String)) placed.push((await place(store)).id)
      const seen: string[] = []
      let cursor: string | null = null
      do {
        const page: Awaited<ReturnType<Store['listOrders']>> = await store.listOrders({}, { limit: 5, cursor })
        seen.push(...page.items.map(({ id }) => id))
        cursor = page.next
        await place(store)
      } while (cursor !== null)
      expect(seen).toEqual(placed.toReversed())
    })

    it('says that no page follows when the last one is just full', async () => {
      const { store } = await setup(open)
      for (const _ of times(4, String)) await place(store)
      const first = await store.listOrders({}, { limit: 2, cursor: null })
      const second = await store.listOrders({}, { limit: 2, cursor: first.next })
      expect([first.items.length, second.items.length, second.next]).toEqual([2, 2, null])
      expect(await store.listOrders({ type: 'none' }, { limit: 2, cursor: null })).toEqual({ items: [], next: null })
    })

    it('shows orders without their payloads and reports, of which it has the outcome and the summary', async () => {
      const { store } = await setup(open)
      const { payload, report, ...order } = await bring.SUCCEEDED(store, {
        payload: { b: 1, a: [2] },
        labels: { x: 'y' },
      })
      const { items } = await store.listOrders({}, { limit: 9, cursor: null })
      expect(items).toEqual([{ ...order, outcome: report?.outcome ?? null, summary: report?.summary ?? null }])
      expect(payload).toEqual({ b: 1, a: [2] })
    })

    it('shows what the report says in a sentence', async () => {
      const { store } = await setup(open)
      const { id } = await place(store)
      const { by } = await startNext(store)
      const report = { outcome: 'failed', summary: 'It said: “no”.', output: { large: 'x'.repeat(10_000) } }
      await moved(store, id, completion(by, 'failed'), { report })
      const [item] = (await store.listOrders({}, { limit: 9, cursor: null })).items
      expect(item).toMatchObject({ outcome: 'failed', summary: 'It said: “no”.' })
      expect(JSON.stringify(item)).not.toContain('xxxx')
    })

    it('lists the targets that have something to claim, page by page', async () => {
      const { store } = await setup(open)
      for (const scope of ['c', 'a', 'b', 'a', 'd']) await place(store, { scope })
      await place(store, { scope: 'later', runAt: noon + 1000 })
      await store.claimOrders(aClaim('runner-1', { targets: ['scope:b'] }))
      expect(await store.listClaimableTargets(null, 2)).toEqual(['scope:a', 'scope:c'])
      expect(await store.listClaimableTargets('scope:a', 9)).toEqual(['scope:c', 'scope:d'])
      expect(await store.listClaimableTargets('scope:d', 9)).toEqual([])
    })

    it('counts orders by status', async () => {
      const { store } = await setup(open)
      expect(await store.countOrders()).toEqual({})
      await bring.SUCCEEDED(store)
      await bring.CANCELED(store)
      await bring.CANCELED(store)
      expect(await store.countOrders()).toEqual({ SUCCEEDED: 1, CANCELED: 2 })
      expect(await store.countOrders(['QUEUED', 'CANCELED'])).toEqual({ CANCELED: 2 })
    })
  })
}

async function placeOneOfEach(store: Store): Promise<Record<string, Order>> {
  const plain = await place(store)
  const canceled = await place(store)
  const once = await place(store, {}, onceType)
  const server = await place(store, { serverId: 'server-1' })
  const labelled = await place(store, { labels: { app: 'web', other: 'x' } })
  const late = await place(store, { runnerId: 'runner-2', labels: { app: 'api' } }, undefined, noon + 1)
  await moved(store, canceled.id, { kind: 'cancel', reason: null })
  return { plain, canceled, once, server, labelled, late }
}

async function names(store: Store, filter: OrderFilter, world: Record<string, Order>): Promise<string[]> {
  const { items } = await store.listOrders(filter, { limit: 100, cursor: null })
  return items.map(({ id }) => Object.keys(world).find((name) => world[name]?.id === id) ?? id)
}
