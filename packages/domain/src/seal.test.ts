import { describe, expect, it } from 'vitest'
import type { Order } from './order.ts'
import { approvalBytes, orderBytes, scheduleBytes, tokenBytes } from './seal.ts'

const order = { id: 'a', type: 'check.http.run', target: 'scope:x', payload: {}, seal: 's' } as unknown as Order
const token = {
  id: 't',
  name: 'ci',
  role: 'viewer',
  tokenHash: 'h',
  createdBy: 'x',
  createdAt: 0,
  expiresAt: 9,
} as const
const schedule = { id: 's', order: { type: 'a' }, createdBy: 'x' }
const text = (bytes: Uint8Array) => Buffer.from(bytes).toString()

describe('what is sealed', () => {
  it.each([
    ...Object.entries({
      id: 'x',
      type: 'shell.run',
      target: 'scope:y',
      payload: { a: 1 },
      timeoutSec: 1,
      retryClass: 'once',
      dryRun: true,
      createdAt: 1,
      createdBy: 'x',
    }),
  ])('of an order holds its %s', (name, value) => {
    expect(text(orderBytes({ ...order, [name]: value }))).not.toBe(text(orderBytes(order)))
  })

  it('of an order does not hold what changes in its course', () => {
    const moved = { status: 'RUNNING', attempt: 3, lease: 'x', runnerId: 'x', runAt: 1, wait: 'time', report: {} }
    expect(text(orderBytes({ ...order, ...moved } as Order))).toBe(text(orderBytes(order)))
  })

  it.each([
    ...Object.entries({
      id: 'x',
      name: 'x',
      role: 'admin',
      tokenHash: 'x',
      createdBy: 'y',
      createdAt: 1,
      expiresAt: 10,
    }),
  ])('of a token holds its %s', (name, value) => {
    expect(text(tokenBytes({ ...token, [name]: value }))).not.toBe(text(tokenBytes(token)))
  })

  it.each([...Object.entries({ id: 'x', order: { type: 'b' }, createdBy: 'y' })])(
    'of a schedule holds its %s',
    (name, value) => {
      expect(text(scheduleBytes({ ...schedule, [name]: value }))).not.toBe(text(scheduleBytes(schedule)))
    },
  )

  it('of an approval holds the order as it was placed, and who approved', () => {
    const all = [approvalBytes(order, 'ana'), approvalBytes(order, 'bob'), approvalBytes({ seal: 'other' }, 'ana')]
    expect(new Set(all.map(text)).size).toBe(3)
  })
})
