import { expect, test } from 'vitest'
import { compareContent } from './content.ts'

const taken = { schemaSha256: 'a', tables: { customer: 3, invoice: 0 } }

test('a proof says what was compared', () => {
  expect(compareContent({ ...taken, tables: { invoice: 0, customer: 3 } }, taken)).toEqual([
    'schema',
    'row counts of 2 tables',
  ])
})

test.each([
  ['a row less', { customer: 2, invoice: 0 }],
  ['a row more', { customer: 3, invoice: 1 }],
  ['rows of one in the other', { customer: 0, invoice: 3 }],
  ['a table less', { customer: 3 }],
  ['a table more, though it is empty', { customer: 3, invoice: 0, other: 0 }],
  ['no table at all', {}],
])('a restored database with %s is no proof', (_, tables) => {
  expect(() => compareContent({ ...taken, tables }, taken)).toThrow('row counts')
})

test('nor is one with another schema', () => {
  expect(() => compareContent({ ...taken, schemaSha256: 'b' }, taken)).toThrow('schema')
})
