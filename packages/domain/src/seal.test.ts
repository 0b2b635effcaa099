import { describe, expect, it } from 'vitest'
import type { Order } from './order.ts'
import {
  approvalBytes,
  inForm,
  isNewerForm,
  macOf,
  orderBytes,
  placementBytes,
  rowText,
  scheduleBytes,
  tokenBytes,
} from './seal.ts'

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

  it.each([
    ...Object.entries({
      id: 'x',
      type: 'shell.run',
      target: 'scope:y',
      serverId: 'x',
      payload: { a: 1 },
      timeoutSec: 1,
      retryClass: 'once',
      dryRun: true,
      createdAt: 1,
      maxAttempts: 9,
      risk: 'read',
      priority: 1,
      labels: { a: '1' },
      resourceKey: 'r',
      dedupeKey: 'd',
      retryOf: 'o',
      answerable: ['token:ann'],
      createdBy: 'x',
    }),
  ])('of a placement holds its %s', (name, value) => {
    const placed = { ...order, labels: {} }
    expect(text(placementBytes({ ...placed, [name]: value }))).not.toBe(text(placementBytes(placed)))
  })

  it('of a row holds each column, whatever the order of keys, and lets a later version add one that is null', () => {
    const row = { id: 'a', labels: { a: '1', b: '2' }, note: null as string | null }
    const said = (patch: object, names = ['id', 'labels', 'note']) => rowText('t', names, { ...row, ...patch })
    expect(said({ labels: { b: '2', a: '1' } })).toBe(said({}))
    expect(said({}, ['id', 'labels'])).toBe(said({}))
    for (const patch of [{ id: 'b' }, { labels: {} }, { labels: [] }, { note: 'x' }])
      expect(said(patch)).not.toBe(said({}))
    expect(rowText('other', ['id'], row)).not.toBe(rowText('t', ['id'], row))
    expect(said({ id: 5 })).not.toBe(said({ id: 6 }))
    expect(said({ id: true })).not.toBe(said({ id: false }))
  })

  it('says its form', () => {
    expect([macOf(inForm('m')), macOf('m'), macOf('3.m'), macOf('')]).toEqual(['m', null, null, null])
    expect(['3.m', '12.m', '2.m', 'm', '', '1.m'].map(isNewerForm)).toEqual([true, true, false, false, false, false])
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
