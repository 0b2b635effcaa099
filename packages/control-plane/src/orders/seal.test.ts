import { type Order, orderBytes } from '@ikoma/domain'
import { newSigningKey } from '@ikoma/kernel/node'
import { anOrder } from '@ikoma/store/testing'
import { expect, test } from 'vitest'
import { keyring } from '../keyring.ts'
import { approve, isAsPlaced, mayRun, sealPlacement } from './seal.ts'

const until = (formerUntil: number | null) => {
  const versions = {
    formerUntil,
    noteFormerUntil: () => undefined,
    auditKeyedFrom: 1,
    noteAuditKeyedFrom: () => undefined,
  }
  return keyring(newSigningKey(), new Uint8Array(32), { versions })
}
const beside = until(Number.MAX_SAFE_INTEGER)
const alone = until(0)
const placed = (type = 'runner.selftest') => ({ ...anOrder({ runnerId: 'r' }), type })
/** As a process of the former version seals it. */
const formerly = (order: Order) => ({ ...order, placementSeal: '', seal: alone.seal(orderBytes(order)) })

test('an order is as it was placed under both of its seals', () => {
  const order = sealPlacement(placed(), alone)
  expect(isAsPlaced(order, alone)).toBe(true)
  expect(isAsPlaced({ ...order, priority: 9 }, alone), 'the second seal').toBe(false)
  expect(isAsPlaced({ ...order, seal: 'A'.repeat(43) }, alone), 'the first seal').toBe(false)
  expect(isAsPlaced({ ...order, placementSeal: `3.${'A'.repeat(43)}` }, alone), 'another form').toBe(false)
  expect(isAsPlaced({ ...order, fault: 'broken' }, alone), 'its row').toBe(false)
})

test('one that a former version placed is taken while one may be there, and no longer', () => {
  const order = formerly(placed())
  expect([beside, alone, until(null)].map((keys) => isAsPlaced(order, keys))).toEqual([true, false, false])
  expect(isAsPlaced({ ...order, timeoutSec: 9 }, beside), 'its only seal').toBe(false)
})

test('one whose type asks for it runs only when the approver is under our seal', () => {
  const order = sealPlacement(placed('shell.run'), alone)
  expect([mayRun(order, alone), mayRun(sealPlacement(placed(), alone), alone)]).toEqual([false, true])
  const approval = approve(order, 'token:ann of the night', alone)
  expect(mayRun({ ...order, approval }, alone)).toBe(true)
  expect(mayRun({ ...order, approval: approval.replace('ann', 'bob') }, alone)).toBe(false)
})
