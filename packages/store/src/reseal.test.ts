import {
  type ApiToken,
  approvalBytes,
  firstOrderBytes,
  inForm,
  macOf,
  type Order,
  orderBytes,
  tokenBytes,
} from '@ikoma/domain'
import { expect, it } from 'vitest'
import { type FormerRows, reseal } from './reseal.ts'
import type { RowSeals, SealedTable } from './row-seals.ts'
import { keyOf, type SealedRow } from './sealed-rows.ts'
import { rowSeals } from './sqlite/row-seals.ts'
import { anOrder, sealKey } from './testing/fixtures.ts'

const seals: RowSeals = rowSeals(sealKey)
type Kept = Partial<Record<SealedTable, SealedRow[]>>

/** Rows in memory, in the order of their keys. */
function setup(kept: Kept, approver: string | null = null) {
  const asked: string[] = []
  const rows: FormerRows = {
    async renew(table, after, limit, work) {
      const all = kept[table] ?? []
      const from = after === null ? 0 : all.findIndex((row) => String(keyOf(table, row)) === String(after)) + 1
      const seen = all.slice(from, from + limit)
      for (const row of seen) Object.assign(row, await work(row))
      return seen
    },
    async approverOf(orderId) {
      asked.push(orderId)
      return approver
    },
  }
  const run = (more: { unsealed?: boolean; stale?: boolean } = {}) =>
    reseal({ seals, rows, unsealed: false, stale: false, ...more })
  return { run, asked }
}

const formerOrder = (status: Order['status'], bytesOf = orderBytes): SealedRow => {
  const order = { ...anOrder({ runnerId: 'r' }), status, placementSeal: '', answerable: null, reportDigest: null }
  return { ...order, seal: seals.sealer.seal(bytesOf(order)), rowSeal: '' }
}
const token = (id: string, seal?: string): SealedRow => {
  const bare: Omit<ApiToken, 'seal'> = {
    ...{ id, name: id, role: 'viewer', tokenHash: 'h', createdBy: 'admin-key', createdAt: 1, expiresAt: 2 },
  }
  return { ...bare, seal: seal ?? seals.sealer.seal(tokenBytes(bare)), rowSeal: '' }
}

it('seals every row once, however many there are', async () => {
  const tokens = Array.from({ length: 401 }, (_, n) => token(String(n).padStart(4, '0')))
  const { run } = setup({ tokens })
  expect(await run()).toEqual({ sealed: { tokens: 401 }, refused: {} })
  expect(tokens.filter((row) => !seals.isWhole('tokens', row))).toEqual([])
  expect(await run()).toEqual({ sealed: {}, refused: {} })
})

it('takes what had no seal as it is while none had one, and never what was sealed as something else', async () => {
  const [none, wrong] = [token('a', ''), token('b', 'A'.repeat(43))]
  const { run } = setup({ tokens: [none, wrong] })
  expect(await run()).toEqual({ sealed: {}, refused: { tokens: 2 } })
  expect([none.rowSeal, wrong.rowSeal]).toEqual(['', ''])
  expect(await run({ unsealed: true })).toEqual({ sealed: { tokens: 1 }, refused: { tokens: 1 } })
  expect([seals.isWhole('tokens', none), wrong.rowSeal]).toEqual([true, ''])
})

it('keeps out an order that is not what was placed', async () => {
  const [good, edited] = [formerOrder('QUEUED'), { ...formerOrder('QUEUED'), timeoutSec: 9 }]
  const under = { ...formerOrder('QUEUED'), placementSeal: inForm('A'.repeat(43)) }
  const { run } = setup({ orders: [good, edited, under] })
  expect(await run()).toEqual({ sealed: { orders: 1 }, refused: { orders: 2 } })
  expect([seals.isWhole('orders', good), good.answerable, edited.rowSeal]).toEqual([true, ['admin-key'], ''])
  expect(macOf(String(good.placementSeal))).not.toBeNull()
})

it('asks the audit who approved what waits under the first form, and nothing else', async () => {
  const first = formerOrder('QUEUED', firstOrderBytes)
  const orders = [first, formerOrder('PENDING_APPROVAL', firstOrderBytes), formerOrder('QUEUED')]
  const { run, asked } = setup({ orders }, 'token:ann')
  expect(await run()).toEqual({ sealed: { orders: 3 }, refused: {} })
  expect(asked).toEqual([first.id])
  const [seal = '', approver] = String(first.approval).split(' ')
  expect(approver).toBe('token:ann')
  expect(seals.sealer.isSeal(approvalBytes({ seal: String(first.seal) }, 'token:ann'), seal)).toBe(true)
  expect(orders.map(({ approval }) => approval ?? null).slice(1)).toEqual([null, null])
})

it('seals what a neighbour of the former version changed when asked to, and leaves what a newer one wrote', async () => {
  const [ours, stale, newer] = [token('a'), token('b'), token('c')]
  const { run } = setup({ tokens: [ours, stale, newer] })
  await run()
  stale.rowSeal = inForm('A'.repeat(43))
  newer.rowSeal = `3.${'A'.repeat(43)}`
  expect(await run()).toEqual({ sealed: {}, refused: {} })
  expect(await run({ stale: true })).toEqual({ sealed: { tokens: 1 }, refused: {} })
  expect([seals.isWhole('tokens', stale), newer.rowSeal]).toEqual([true, `3.${'A'.repeat(43)}`])
})
