import { expect, test } from 'vitest'
import { refuseServer } from './administered.ts'

const server = { version: 150_018, standby: false, role: 'postgres', able: true }
const refusal = (more: Partial<typeof server>) => {
  try {
    refuseServer({ ...server, ...more })
    return 'none'
  } catch (error) {
    const { reason, message } = error as { reason: string; message: string }
    return `${reason}: ${message}`
  }
}

test('roles and databases are made on a primary that orders know, as its superuser', () => {
  expect([refusal({}), refusal({ version: 130_000 }), refusal({ version: 180_000 })]).toEqual(['none', 'none', 'none'])
})

test.each([
  [90_624, 'postgres_too_old: This is PostgreSQL 9.6, which keeps no password as SCRAM-SHA-256.'],
  [100_023, 'postgres_too_old: This is PostgreSQL 10.'],
  [129_999, 'postgres_too_old: This is PostgreSQL 12.'],
])('version %i is too old, and told by its name', (version, told) => {
  expect(refusal({ version })).toContain(told)
})

test.each([
  ['standby', { standby: true }],
  ['role_too_weak', { role: 'shop', able: false }],
])('%s is a cause of its own', (reason, more) => {
  expect(refusal(more)).toMatch(new RegExp(`^${reason}: .*(primary's server|shop is no superuser)`))
})
