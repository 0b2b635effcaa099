import { type AuditEvent, auditGenesis, type OrderState, orderTable, type Store } from '@ikoma/domain'
import { verifyAudit } from '@ikoma/domain/audit-chain'
import fc from 'fast-check'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { MirroredStore } from './mirrored-store.ts'
import { type Act, anyActs, silentActs } from './order-acts.ts'
import type { OpenedStore, OpenStore } from './world.ts'

/**
 * Any sequence of calls to a store does to its orders what the pure rules do to a mirror of them.
 * One store serves all runs, each with orders of its own, which all have ended when it is over.
 */
export function describeOrderModel(name: string, open: OpenStore, numRuns = 1000): void {
  describe(`${name} against the rules`, () => {
    let opened: OpenedStore
    beforeAll(async () => {
      opened = await open()
    })
    afterAll(() => opened.destroy())

    it('does in any sequence of calls what the rules say', { timeout: 120_000 }, () => always(anyActs, numRuns))

    it('gives nobody the key of what may still run', { timeout: 120_000 }, () => always(silentActs, numRuns / 40))

    async function always(anySequence: fc.Arbitrary<Act[]>, runs: number): Promise<void> {
      let last = Promise.resolve()
      const tried = async (acts: Act[]) => {
        const world = new MirroredStore(opened.store)
        try {
          for (const act of acts) await world.act(act)
          await world.compare()
          await expectAuditTold(opened.store, await world.end())
        } finally {
          await world.abandon()
        }
      }
      const property = fc.asyncProperty(anySequence, (acts) => {
        last = tried(acts)
        return last
      })
      await fc.assert(property, { numRuns: runs })
      // A run that the time limit interrupts goes on: the next test would meet it in the store that they share.
      await last
    }
  })
}

/** The audit is whole, and each order's part of it tells how it came where it is. */
async function expectAuditTold(store: Store, orders: OrderState[]): Promise<void> {
  const first = await firstEvent(store, orders)
  if (!first) return
  const before = first.seq === 1 ? [] : await store.listAudit({}, first.seq - 2, 1)
  const events = await store.listAudit({}, first.seq - 1, 10_000)
  expect(verifyAudit(before[0] ?? auditGenesis, events)).toBeNull()
  const bySubject = Map.groupBy(events, ({ subject }) => subject)
  for (const order of orders) expectReplay(order, bySubject.get(`order:${order.id}`) ?? [])
}

async function firstEvent(store: Store, [first]: OrderState[]): Promise<AuditEvent | undefined> {
  return first && (await store.listAudit({ subject: `order:${first.id}` }, 0, 1))[0]
}

function expectReplay(order: OrderState, events: AuditEvent[]): void {
  let status: OrderState['status'] | null = null
  let attempt = 0
  for (const { action, data } of events) {
    const told = JSON.parse(data)
    if (status === null) expect(action).toBe('order.placed')
    else expect(told.from).toBe(status)
    if (status !== null && action !== 'order.cancel_requested' && action !== 'order.reported_late')
      expect(Object.values(orderTable[status])).toContain(told.to)
    if (action === 'order.claimed') expect(told.attempt).toBe(++attempt)
    status = told.to
  }
  expect([status, attempt]).toEqual([order.status, order.attempt])
  const runs = events.filter(({ action }) => action === 'order.started').length
  expect(runs).toBeLessThanOrEqual(order.maxAttempts)
}
