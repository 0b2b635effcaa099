import fc from 'fast-check'
import { expect, test } from 'vitest'
import { amountOf, decimalOf, percentOf } from './money.ts'

test.each([
  ['10.50', 2, 1050],
  ['10.5', 2, 1050],
  ['10', 2, 1000],
  ['0.01', 2, 1],
  ['-3.20', 2, -320],
  ['-0.00', 2, 0],
  ['1500', 0, 1500],
  ['1.234', 3, 1234],
  ['1.50000', 2, 150],
  ['1.005', 2, null],
  ['1.5', 0, null],
  ['1,50', 2, null],
  ['1e3', 2, null],
  ['.5', 2, null],
  ['', 2, null],
  [' 1', 2, null],
  ['1000000000000', 2, null],
])('%j with %i digits is %j', (text, digits, amount) => {
  expect(amountOf(text, digits)).toBe(amount)
})

test.each([
  [1000, 25, 250],
  [999, 25, 250],
  [998, 25, 250],
  [997, 25, 249],
  [2, 25, 1],
  [1, 50, 1],
  [-1, 50, -1],
  [-997, 25, -249],
  [10_00, 0, 0],
  [10_00, 100, 10_00],
  [333, 33, 110],
  [9_007_199_254_740_991, 100, 9_007_199_254_740_991],
])('of %i, %i percent are %i', (amount, percent, part) => {
  expect(percentOf(amount, percent)).toBe(part)
})

test('what is no whole number is no amount', () => {
  expect(() => percentOf(10.5, 10)).toThrow(RangeError)
  expect(() => percentOf(10, 2.5)).toThrow(RangeError)
  expect(() => decimalOf(0.1)).toThrow(RangeError)
})

test('an amount is read back as it was written', () => {
  const digits = fc.constantFrom(0, 2, 3)
  const amount = fc.integer({ min: -1e8, max: 1e8 })
  const property = fc.property(amount, digits, (units, places) => {
    expect(amountOf(decimalOf(units, places), places)).toBe(units)
  })
  fc.assert(property)
})
