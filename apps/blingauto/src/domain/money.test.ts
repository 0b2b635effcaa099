import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { amountOf } from '@ikoma/backend'
import { describe, expect, test } from 'vitest'
import { type BookingStatus, cancellationFee, overtimeFee } from './booking.ts'
import { dueOf, refundOf } from './booking-money.ts'
import { taxWithin } from './receipt.ts'
import { tillOf } from './walk-in.ts'

const text = readFileSync(join(import.meta.dirname, '../testing/goldens/money.md'), 'utf8')

/** The lines of a table, by the heading above it. */
function linesOf(heading: string): string[][] {
  const part = text.split(/^## /m).find((each) => each.startsWith(`${heading}\n`)) ?? ''
  const rows = part.split('\n').filter((line) => line.startsWith('|'))
  const cells = rows.slice(2).map((row) => row.split('|').slice(1, -1))
  if (cells.length === 0) throw new Error(`no table under ${heading}`)
  return cells.map((row) => row.map((cell) => cell.trim()))
}

const money = (cell = '') => {
  const amount = amountOf(cell)
  if (amount === null) throw new Error(`${cell} is no amount`)
  return amount
}

/** `-1:02:03` in milliseconds. */
function timeOf(cell = ''): number {
  const [hours = 0, minutes = 0, seconds = 0] = cell.replace('-', '').split(':').map(Number)
  return (cell.startsWith('-') ? -1 : 1) * ((hours * 60 + minutes) * 60 + seconds) * 1000
}

const start = Date.UTC(2026, 11, 1, 10)

describe('cancellation fee', () => {
  test.each(linesOf('Cancellation fee'))('%s, of %s, %s before: %s (%s)', (status, price, before, fee) => {
    const booking = { status: status as BookingStatus, startsAt: start, price: money(price) }
    expect(cancellationFee(booking, start - timeOf(before))).toBe(money(fee))
  })
})

test.each(linesOf('Overtime'))('overtime of %s: %s (%s)', (late, fee) => {
  expect(overtimeFee(start, start + timeOf(late))).toBe(money(fee))
})

test.each(linesOf('Tax within a price'))('tax within %s at %s %%: %s (%s)', (amount, rate, tax) => {
  expect(taxWithin(money(amount), Math.round(Number(rate) * 100))).toBe(money(tax))
})

test.each(linesOf('Discount'))('of %s, %s %%: %s, left %s (%s)', (price, percent, discount, total) => {
  const walkIn = { status: 'in_progress', services: [{ price: money(price) }], payments: [] } as const
  const till = tillOf({ ...walkIn, discountPercent: Number(percent) })
  expect([till.discount, till.total]).toEqual([money(discount), money(total)])
})

test.each(linesOf('Due and refund of a booking'))(
  '%s: price %s, fee %s, overtime %s, paid %s: due %s, refund %s (%s)',
  (status, price, fee, overtime, paid, due, refund) => {
    const booking = {
      ...{ status: status as BookingStatus, price: money(price) },
      ...{ fee: money(fee), overtimeFee: money(overtime) },
    }
    const payments = money(paid) === 0 ? [] : [{ amount: money(paid) }]
    expect(dueOf(booking)).toBe(money(due))
    expect(refundOf(booking, payments).amount).toBe(money(refund))
  },
)
