import type { Signal } from '@ikoma/domain'
import { auditGenesis } from '@ikoma/domain'
import { verifyAudit } from '@ikoma/domain/audit-chain'
import { describe, expect, it, vi } from 'vitest'
import { aClaim, anAdvance, anEntry, anOrder, aServer, noon } from '../testing/fixtures.ts'
import { claimNext, type OpenStore, place, refusedWith, runnerId, setup, times, wholeAudit } from './world.ts'

export function describeLifecycle(open: OpenStore): void {
  describe('neighbours in a commit', () => {
    it('are not failed by a call that fails', async () => {
      const { store } = await setup(open)
      const taken = aServer()
      await store.insertServer(taken, anEntry('server.created', `server:${taken.id}`))
      const calls = times(30, (index) => {
        const server = index % 3 === 0 ? taken : aServer()
        return store.insertServer(server, anEntry('server.created', `server:${server.id}`))
      })
      const results = await Promise.allSettled(calls)
      expect(results.map(({ status }) => status)).toEqual(times(30, (index) => (index % 3 ? 'fulfilled' : 'rejected')))
      await refusedWith(calls[0] ?? Promise.resolve())
      expect((await store.listServers({ limit: 99, cursor: null })).items).toHaveLength(21)
      const events = await wholeAudit(store)
      expect(events).toHaveLength(21)
      expect(verifyAudit(auditGenesis, events)).toBeNull()
    })
  })

  describe('a call that fails half way', () => {
    it('leaves nothing of itself', async () => {
      const { store } = await setup(open)
      const [taken, first] = [await place(store), anOrder({ runnerId })]
      const head = await store.auditHead()
      const orders = [first, { ...anOrder({ runnerId }), id: taken.id }]
      await refusedWith(store.insertOrders(orders.map((order) => ({ order, actor: 'admin-key', idempotency: null }))))
      expect(await store.findOrder(first.id)).toBeNull()
      expect(await store.findOrder(taken.id)).toEqual(taken)
      expect(await store.auditHead()).toEqual(head)
    })
  })

  describe('signals', () => {
    it('tell of claimable orders, moved orders, access and audit until unsubscribed', async () => {
      const { store } = await setup(open)
      const signals: Signal[] = []
      const unsubscribe = store.subscribe((signal) => signals.push(signal))
      const { id } = await place(store, { scope: 'any' })
      await vi.waitFor(() => expect(flat(signals)).toContain('claimable scope:any'))
      await store.advanceOrder(anAdvance(id, { kind: 'cancel', reason: null }))
      await vi.waitFor(() => expect(flat(signals)).toEqual(expect.arrayContaining([`orders ${id}`, 'audit '])))
      const server = aServer()
      await store.insertServer(server, anEntry('server.created', 'server:x'))
      await store.updateServer(server.id, { name: 'y' }, anEntry('server.updated', 'server:x'))
      await vi.waitFor(() => expect(flat(signals)).toContain('access '))
      unsubscribe()
      const heard = signals.length
      await place(store)
      await store.ping()
      expect(signals).toHaveLength(heard)
    })

    it('tell whose turn it is on a resource key', async () => {
      const { store } = await setup(open)
      const first = await place(store, { scope: 'one', resourceKey: 'app' })
      await place(store, { scope: 'two', resourceKey: 'app' })
      const signals: Signal[] = []
      store.subscribe((signal) => signals.push(signal))
      await store.advanceOrder(anAdvance(first.id, { kind: 'cancel', reason: null }))
      await vi.waitFor(() => expect(flat(signals)).toContain('claimable scope:two'))
    })

    it('to a listener that throws fail no write and reach the other listeners', async () => {
      const { store } = await setup(open)
      const heard: Signal[] = []
      store.subscribe(() => {
        throw new Error('a faulty listener')
      })
      store.subscribe((signal) => heard.push(signal))
      await place(store)
      await vi.waitFor(() => expect(heard).not.toEqual([]))
    })
  })

  describe('closing', () => {
    it('waits for the writes it has accepted', async () => {
      const { store, reopen } = await setup(open)
      const orders = times(300, () => anOrder({ runnerId }))
      const writes = orders.map((order) => store.insertOrders([{ order, actor: 'admin-key', idempotency: null }]))
      const again = await reopen()
      expect(await Promise.all(writes)).toHaveLength(300)
      expect(await again.countOrders()).toEqual({ QUEUED: 300 })
    })

    it('refuses every later call with an AppError, soon', async () => {
      const { store } = await setup(open)
      const { order } = await claimNext(store, {}).catch(() => ({ order: anOrder({ runnerId }) }))
      await store.close()
      const server = aServer()
      const calls = [
        store.insertOrders([{ order, actor: 'admin-key', idempotency: null }]),
        store.claimOrders(aClaim(runnerId)),
        store.insertServer(server, anEntry('server.created', 'server:x')),
        store.findOrder(order.id),
        store.listOrders({}, { limit: 1, cursor: null }),
        store.findRunner('x'),
        store.auditHead(),
        store.ping(),
      ]
      const refused = await Promise.all(calls.map((call) => refusedWith(call)))
      expect(new Set(refused.map(({ code }) => code))).toEqual(new Set(['unavailable']))
    }, 5000)

    it('may be asked for twice', async () => {
      const { store } = await setup(open)
      await store.close()
      await store.close()
    }, 5000)

    it('leaves the storage to the next one, whole', async () => {
      const { store, reopen } = await setup(open)
      const { id } = await place(store)
      await store.ping()
      const again = await reopen()
      await again.ping()
      expect(await again.findOrder(id)).toMatchObject({ id, createdAt: noon })
      expect((await claimNext(again)).order.id).toBe(id)
    })
  })
}

function flat(signals: Signal[]): string[] {
  return signals.flatMap((signal) => {
    if (signal.kind === 'claimable') return signal.targets.map((target) => `claimable ${target}`)
    if (signal.kind === 'orders') return signal.ids.map((id) => `orders ${id}`)
    return [`${signal.kind} `]
  })
}
