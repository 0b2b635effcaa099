import { expect, test } from 'vitest'
import { seedDemo } from './seed-demo.ts'
import { setupApi } from './testing/api.ts'

test('the demo is there once, however often it is asked for, and its people can sign in', async () => {
  const { parts, database, call } = await setupApi()
  const counts = async () => {
    const tables = ['wash_bays', 'mobile_teams', 'staff_members', 'services', 'profiles', 'vehicles', 'bookings']
    const all = tables.map(async (table) => [
      table,
      Number((await database.pool.query(`select count(*) from ${table}`)).rows[0].count),
    ])
    return Object.fromEntries(await Promise.all(all))
  }
  expect(await seedDemo(parts)).toBe(0)
  const first = await counts()
  expect(first).toMatchObject({
    wash_bays: 3,
    mobile_teams: 1,
    staff_members: 2,
    services: 4,
    profiles: 3,
    vehicles: 1,
  })
  expect(first.bookings).toBeGreaterThan(2)
  expect(await seedDemo(parts)).toBe(0)
  expect(await counts()).toEqual(first)
  expect((await call('GET', '/api/v1/services')).body.services).toHaveLength(4)
})

test('the demo is for local places alone', async () => {
  const { parts, database } = await setupApi()
  const config = Object.create(parts.config, { environment: { value: 'production' } })
  expect(await seedDemo({ ...parts, config })).toBe(2)
  expect((await database.pool.query('select count(*)::int as n from wash_bays')).rows).toEqual([{ n: 0 }])
})
