import { auditGenesis, isTerminal, type OrderStatus, orderStatuses, type Pruning, type Store } from '@ikoma/domain'
import { verifyAudit } from '@ikoma/domain/audit-chain'
import { describe, expect, it } from 'vitest'
import { aClaim, anAdvance, noon } from '../testing/fixtures.ts'
import { bring, type OpenStore, place, runnerId, setup, times, wholeAudit } from './world.ts'

export function describePruning(open: OpenStore): void {
  describe('listing ended orders', () => {
    it.each(orderStatuses)('shows %s once it ended before the time given, and else not', async (status) => {
      const { store } = await setup(open)
      const { id } = await bring[status](store)
      expect((await store.listEndedOrders(noon, { limit: 9, cursor: null })).items).toEqual([])
      const { items } = await store.listEndedOrders(noon + 1, { limit: 9, cursor: null })
      expect(items).toEqual(isTerminal(status) ? [{ id, logBytes: 0 }] : [])
    })

    it('goes in order of placement, past what is live, looking at no more than its limit a call', async () => {
      const { store } = await setup(open)
      const ended: string[] = []
      for (const round of times(3, Number)) {
        await place(store, { runAt: noon + 1 })
        await place(store, { runAt: noon + round })
        ended.push((await bring.CANCELED(store)).id)
      }
      const pages = await readPages(store, noon + 1, 2)
      expect(pages.map(({ length }) => length)).toEqual([0, 1, 1, 0, 1])
      expect(pages.flat()).toEqual(ended)
    })

    it('ends where all were placed too late to have ended in time, but not at a single one of a fast clock', async () => {
      const { store } = await setup(open)
      const ahead = await place(store, {}, undefined, noon + 999_999)
      const { id } = await bring.CANCELED(store)
      for (const _ of times(6, String)) await place(store, {}, undefined, noon + 5)
      expect((await readPages(store, noon + 1, 2)).flat()).toEqual([id])
      expect(await store.listEndedOrders(noon + 1, { limit: 2, cursor: '2' })).toEqual({ items: [], next: null })
      expect(await store.findOrder(ahead.id)).not.toBeNull()
    })

    it('says how much their logs take', async () => {
      const { store } = await setup(open)
      const { id } = await bring.SUCCEEDED(store)
      const chunks = [1, 2].map((seq) => ({
        attempt: 1,
        seq,
        lines: [{ at: noon, stream: 'stdout' as const, text: 'é' }],
      }))
      for (const chunk of chunks) await store.appendLog(id, chunk, noon)
      const logBytes = chunks.reduce((sum, { lines }) => sum + Buffer.byteLength(JSON.stringify(lines)), 0)
      expect((await store.listEndedOrders(noon + 1, { limit: 9, cursor: null })).items).toEqual([{ id, logBytes }])
    })
  })

  describe('pruning', () => {
    it('deletes what ended before the time given, in whatever state, and never a live order', async () => {
      const { store, reopen } = await setup(open)
      const orders: { id: string; status: OrderStatus }[] = []
      // What may be claimed must not be there when the others are made.
      for (const status of [...orderStatuses].sort((a) => (a === 'QUEUED' ? 1 : -1)))
        orders.push(await bring[status](store))
      const ids = orders.map(({ id }) => id)
      expect(await store.pruneOrders(aPruning(ids, { endedBefore: noon }))).toBe(0)
      expect(await store.pruneOrders(aPruning(ids))).toBe(orders.filter(({ status }) => isTerminal(status)).length)
      const again = await reopen()
      for (const { id, status } of orders) {
        const kept = await again.findOrder(id)
        expect([status, kept?.status ?? null]).toEqual([status, isTerminal(status) ? null : status])
      }
    })

    it('deletes only what was named', async () => {
      const { store } = await setup(open)
      const [one, other] = [await bring.CANCELED(store), await bring.CANCELED(store)]
      expect(await store.pruneOrders(aPruning([one.id, 'nothing']))).toBe(1)
      expect(await store.findOrder(other.id)).toEqual(other)
      expect(await store.pruneOrders(aPruning([]))).toBe(0)
    })

    it('takes their logs with them and leaves those of others', async () => {
      const { store } = await setup(open)
      const [gone, live] = [await bring.SUCCEEDED(store), await place(store)]
      const chunk = { attempt: 1, seq: 1, lines: [{ at: noon, stream: 'stdout' as const, text: 'hello' }] }
      for (const { id } of [gone, live]) await store.appendLog(id, chunk, noon)
      await store.pruneOrders(aPruning([gone.id, live.id]))
      expect([await store.listLog(gone.id, null, 9), await store.listLog(live.id, null, 9)]).toEqual([[], [chunk]])
    })

    it('keeps the audit of what it deletes, and adds where it was archived', async () => {
      const { store } = await setup(open)
      const { id } = await bring.SUCCEEDED(store)
      const before = await wholeAudit(store)
      const archive = { file: 'orders-2026-01-15.ndjson', offset: 7, bytes: 42, sha256: 'ab12' }
      await store.pruneOrders(aPruning([id], { archive }))
      const after = await wholeAudit(store)
      expect(after.slice(0, -1)).toEqual(before)
      expect(after.at(-1)).toMatchObject({ at: noon + 2, actor: 'control-plane', action: 'orders.pruned' })
      expect(JSON.parse(after.at(-1)?.data ?? '')).toEqual({
        count: 1,
        endedBefore: '2026-01-15T12:00:00.001Z',
        archive,
      })
      expect(verifyAudit(auditGenesis, after)).toBeNull()
    })

    it('counts each order once when many prune at once', async () => {
      const { store } = await setup(open)
      const ids: string[] = []
      for (const _ of times(20, String)) ids.push((await bring.CANCELED(store)).id)
      const shuffled = times(10, (index) => (index % 2 === 0 ? ids : ids.toReversed()))
      const counts = await Promise.all(shuffled.map((each) => store.pruneOrders(aPruning(each))))
      expect(counts.toSorted((a, b) => b - a)).toEqual([20, ...times(9, () => 0)])
      expect(await store.listAudit({ action: 'orders.pruned' }, 0, 9)).toHaveLength(1)
    })

    it('leaves a retry of what it deletes, which runs as before', async () => {
      const { store } = await setup(open)
      const ended = await bring.FAILED(store, { resourceKey: 'deploy', dedupeKey: 'once' })
      const retry = await place(store, { retryOf: ended.id, resourceKey: 'deploy', dedupeKey: 'once' })
      await store.pruneOrders(aPruning([ended.id, retry.id]))
      expect((await store.claimOrders(aClaim(runnerId))).map(({ id }) => id)).toEqual([retry.id])
    })

    it('answers null to whoever still speaks of what is gone', async () => {
      const { store } = await setup(open)
      const { id } = await bring.CANCELED(store)
      await store.pruneOrders(aPruning([id]))
      expect(await store.advanceOrder(anAdvance(id, { kind: 'cancel', reason: null }))).toBeNull()
    })
  })
}

function aPruning(ids: string[], patch: Partial<Pruning> = {}): Pruning {
  return { ids, endedBefore: noon + 1, archive: null, now: noon + 2, ...patch }
}

async function readPages(store: Store, endedBefore: number, limit: number): Promise<string[][]> {
  const pages: string[][] = []
  let cursor: string | null = null
  do {
    const page: Awaited<ReturnType<Store['listEndedOrders']>> = await store.listEndedOrders(endedBefore, {
      limit,
      cursor,
    })
    pages.push(page.items.map(({ id }) => id))
    cursor = page.next
  } while (cursor !== null)
  return pages
}
