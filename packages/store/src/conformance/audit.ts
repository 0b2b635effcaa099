import { auditGenesis } from '@ikoma/domain'
import { verifyAudit } from '@ikoma/domain/audit-chain'
import { describe, expect, it } from 'vitest'
import { aClaim, anAdvance, anEntry, aServer, noon } from '../testing/fixtures.ts'
import {
  claimLeaseMs,
  completion,
  moved,
  type OpenStore,
  place,
  runnerId,
  setup,
  startNext,
  sweepAt,
  times,
  wholeAudit,
} from './world.ts'

export function describeAudit(open: OpenStore): void {
  describe('the audit', () => {
    it('is empty at first', async () => {
      const { store } = await setup(open)
      expect(await store.auditHead()).toEqual(auditGenesis)
      expect(await store.listAudit({}, 0, 10)).toEqual([])
    })

    it('tells the whole life of an order, with who and when', async () => {
      const { store } = await setup(open)
      const { id } = await place(store)
      const { by } = await startNext(store, { now: noon + 1 })
      await moved(store, id, completion(by, 'failed', true), { now: noon + 2, random: 0, actor: `runner:${runnerId}` })
      const events = await store.listAudit({ subject: `order:${id}` }, 0, 100)
      const told = events.map(({ action, actor, at, data }) => [action, actor, at - noon, JSON.parse(data)])
      const attempt1 = { attempt: 1, runnerId }
      expect(told).toEqual([
        ['order.placed', 'admin-key', 0, { to: 'QUEUED', type: 'runner.selftest', target: `runner:${runnerId}` }],
        ['order.claimed', `runner:${runnerId}`, 1, { from: 'QUEUED', to: 'CLAIMED', ...attempt1 }],
        ['order.started', 'admin-key', 1, { from: 'CLAIMED', to: 'RUNNING', ...attempt1 }],
        ['order.failed', `runner:${runnerId}`, 2, { from: 'RUNNING', to: 'FAILED', reason: 'failed', ...attempt1 }],
        ['order.requeued', `runner:${runnerId}`, 2, { from: 'FAILED', to: 'QUEUED', reason: 'retry', ...attempt1 }],
      ])
    })

    it('keeps what a change says about itself, and filters by subject and action', async () => {
      const { store, reopen } = await setup(open)
      const server = aServer()
      const entry = { ...anEntry('server.created', `server:${server.id}`), data: { z: 'é 🚚', a: { n: [null, 1.5] } } }
      await store.insertServer(server, entry)
      await store.updateServer(server.id, { name: 'x' }, anEntry('server.updated', `server:${server.id}`))
      await place(store)
      const again = await reopen()
      const [created, updated] = await again.listAudit({ subject: `server:${server.id}` }, 0, 9)
      expect(created).toMatchObject({ ...entry, seq: 1, data: JSON.stringify(entry.data) })
      expect(await again.listAudit({ action: 'server.updated' }, 0, 9)).toEqual([updated])
      expect(await again.listAudit({ subject: `server:${server.id}`, action: 'order.placed' }, 0, 9)).toEqual([])
      expect(await again.listAudit({}, 1, 1)).toEqual([updated])
      expect(await again.auditHead()).toMatchObject({ seq: 3 })
    })

    it('is one gapless chain over all that many callers did at once, across a restart', async () => {
      const { store, reopen } = await setup(open)
      await Promise.all(times(60, (index) => place(store, { scope: 'any', expiresAt: noon + (index % 3) })))
      const claims = times(20, (index) => store.claimOrders(aClaim(`r${index}`, { targets: ['scope:any'] })))
      const servers = times(20, () => {
        const server = aServer()
        return store.insertServer(server, anEntry('server.created', `server:${server.id}`))
      })
      await Promise.all([...claims, ...servers, sweepAt(store, noon + 1)])
      const again = await reopen()
      await sweepAt(again, noon + claimLeaseMs)
      const events = await wholeAudit(again)
      expect(events.length).toBeGreaterThan(100)
      expect(events.map(({ seq }) => seq)).toEqual(times(events.length, (index) => index + 1))
      expect(verifyAudit(auditGenesis, events)).toBeNull()
      expect(await again.auditHead()).toEqual({ seq: events.length, hash: events.at(-1)?.hash })
    })

    it('takes an entry that goes with no other change', async () => {
      const { store } = await setup(open)
      await store.recordAudit({ at: noon, actor: 'me', action: 'clock.jumped', subject: 'clock', data: { byMs: 1 } })
      expect(await store.listAudit({ subject: 'clock' }, 0, 9)).toMatchObject([
        { at: noon, actor: 'me', data: '{"byMs":1}' },
      ])
    })

    it('has no entry of what was refused or changed nothing', async () => {
      const { store } = await setup(open)
      await place(store, { dedupeKey: 'd' })
      const { order, by } = await startNext(store)
      const head = await store.auditHead()
      await expect(place(store, { dedupeKey: 'd' })).rejects.toThrow('duplicate')
      await store.claimOrders(aClaim(runnerId))
      await store.advanceOrder(anAdvance(order.id, { kind: 'start', by }))
      await store.advanceOrder(anAdvance(order.id, { kind: 'approve', approval: 'ana' }))
      await store.advanceOrder(anAdvance(order.id, completion({ runnerId, lease: 'old' }, 'succeeded')))
      await store.appendLog(order.id, { attempt: 1, seq: 1, lines: [] }, noon)
      await store.releaseOrders(noon, 9)
      await store.pruneIdempotency(noon)
      await store.pruneOrders({ ids: [order.id], endedBefore: noon + 1, archive: null, now: noon })
      await store.holdLeadership('reconciler', 'a', 100, noon)
      await sweepAt(store, noon)
      expect(await store.auditHead()).toEqual(head)
    })
  })
}
