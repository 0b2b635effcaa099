import { expect, test } from 'vitest'
import { isLeaseOf, newLeases } from './leases.ts'

const key = Buffer.alloc(32, 1)
const speaker = { machine: 'm', boot: 'b', from: '127.0.0.1' }
const holder = { runnerId: 'r', speaker }

test('a lease tells whom it was made for, and no two are alike', () => {
  const leases = [...newLeases(key, holder, 3), ...newLeases(key, holder, 3)]
  expect(new Set(leases).size).toBe(6)
  for (const lease of leases)
    expect(isLeaseOf(key, { ...holder, speaker: { ...speaker, from: 'elsewhere' } }, lease)).toBe(true)
})

test.each([
  ['another start', { ...holder, speaker: { ...speaker, boot: 'c' } }],
  ['another machine', { ...holder, speaker: { ...speaker, machine: 'n' } }],
  ['another runner', { ...holder, runnerId: 's' }],
  ['a program that does not say', { ...holder, speaker: null }],
])('is not that of %s', (_who, other) => {
  for (const lease of newLeases(key, holder, 2)) expect(isLeaseOf(key, other, lease)).toBe(false)
})

test("a lease of a former version, or one that was made up, is nobody's", () => {
  const [random = ''] = newLeases(key, holder, 1)[0]?.split('.') ?? []
  const plain = newLeases(key, { ...holder, speaker: null }, 1)[0] ?? ''
  for (const lease of [null, '', 'lease', random, `${random}..0`, plain, '0198c000-0000-7000-8000-000000000001'])
    expect(isLeaseOf(key, holder, lease)).toBe(false)
  expect(isLeaseOf(key, { ...holder, speaker: null }, plain)).toBe(false)
})
