import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import {
  cancelFault,
  completionFault,
  discountFault,
  type PaymentMethod,
  paymentFault,
  tillOf,
  type WalkIn,
  walkInLimits,
} from './walk-in.ts'

const walkIn = (more: Partial<WalkIn> = {}): WalkIn => ({
  status: 'in_progress',
  services: [{ price: 29_90 }, { price: 10_05 }],
  discountPercent: 0,
  payments: [],
  ...more,
})

describe('the till', () => {
  test.each([
    [0, [], { price: 39_95, discount: 0, total: 39_95, paid: 0, left: 39_95, paymentStatus: 'pending' }],
    [10, [], { price: 39_95, discount: 4_00, total: 35_95, paid: 0, left: 35_95, paymentStatus: 'pending' }],
    [
      50,
      [5_00],
      { price: 39_95, discount: 19_98, total: 19_97, paid: 5_00, left: 14_97, paymentStatus: 'partially_paid' },
    ],
    [0, [39_95], { price: 39_95, discount: 0, total: 39_95, paid: 39_95, left: 0, paymentStatus: 'paid' }],
  ])('with %i percent off and %j paid', (discountPercent, paid, till) => {
    expect(tillOf(walkIn({ discountPercent, payments: paid.map((amount) => ({ amount })) }))).toEqual(till)
  })
})

test.each([
  [-1, {}, 'discount_too_large'],
  [0, {}, null],
  [50, {}, null],
  [51, {}, 'discount_too_large'],
  [50, { services: [{ price: 9_98 }] }, 'too_cheap'],
  [50, { services: [{ price: 10_00 }] }, null],
  [10, { payments: [{ amount: 38_00 }] }, 'overpaid'],
  [10, { status: 'completed' as const }, 'closed'],
])('%i percent off %j: %s', (percent, more, fault) => {
  expect(discountFault(walkIn(more), percent)).toBe(fault)
})

test.each<[number, PaymentMethod, string | null, Partial<WalkIn>, string | null]>([
  [39_95, 'cash', null, {}, null],
  [39_96, 'cash', null, {}, 'overpaid'],
  [0, 'cash', null, {}, 'nothing_to_pay'],
  [-5, 'cash', null, {}, 'nothing_to_pay'],
  [10_00, 'card', null, {}, 'reference_missing'],
  [10_00, 'card', '', {}, 'reference_missing'],
  [10_00, 'card', 'T-1', {}, null],
  [39_95, 'cash', null, { payments: [{ amount: 1 }] }, 'overpaid'],
  [10_00, 'cash', null, { status: 'cancelled' }, 'closed'],
])('a payment of %i by %s %j on %j: %s', (amount, method, reference, more, fault) => {
  expect(paymentFault(walkIn(more), { amount, method, reference })).toBe(fault)
})

test.each<[Partial<WalkIn>, string | null, string | null]>([
  [{ payments: [{ amount: 39_95 }] }, null, 'already_paid'],
  [{ payments: [{ amount: 39_94 }] }, 'not_paid', 'already_paid'],
  [{}, 'not_paid', null],
  [{ services: [] }, 'no_services', null],
  [{ services: [{ price: 4_99 }], payments: [{ amount: 4_99 }] }, 'too_cheap', 'already_paid'],
  [{ status: 'completed' }, 'closed', 'closed'],
])('%j is completed or not (%s), cancelled or not (%s)', (more, complete, cancel) => {
  expect([completionFault(walkIn(more)), cancelFault(walkIn(more))]).toEqual([complete, cancel])
})

test('whatever is taken at the till, never more is paid than is due, and what is completed is paid in full', () => {
  const act = fc.oneof(
    fc.record({ discount: fc.integer({ min: -5, max: 60 }) }),
    fc.record({ pay: fc.integer({ min: -100, max: 60_00 }) }),
  )
  const property = fc.property(
    fc.array(fc.nat(40_00), { minLength: 1, maxLength: 4 }),
    fc.array(act),
    (prices, acts) => {
      let now = walkIn({ services: prices.map((price) => ({ price })) })
      for (const each of acts) {
        if ('discount' in each) {
          if (discountFault(now, each.discount) === null) now = { ...now, discountPercent: each.discount }
        } else if (paymentFault(now, { amount: each.pay, method: 'cash', reference: null }) === null) {
          now = { ...now, payments: [...now.payments, { amount: each.pay }] }
        }
        const { paid, total, left } = tillOf(now)
        expect(left).toBeGreaterThanOrEqual(0)
        expect(paid + left).toBe(total)
        if (completionFault(now) === null) expect([left, total >= walkInLimits.minPrice]).toEqual([0, true])
      }
    },
  )
  fc.assert(property)
})
