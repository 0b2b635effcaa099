import { newId } from '@ikoma/kernel'
import { expect, test } from 'vitest'
import { setupCounter } from '../testing/counter.ts'

const cash = (amount: number) => ({ amount, payment_method: 'cash' })
const card = (amount: number) => ({ amount, payment_method: 'card', transaction_reference: 'T' })

test('two services and two payments of one booking count once each', async () => {
  const { book, fresh, full, wax, bayId } = await setupCounter({ bays: 2 })
  const [washer, manager, admin] = [await fresh('washer'), await fresh('manager'), await fresh('admin')]
  const id = await book('2026-12-01T10:00:00+01:00', [full, wax])
  await washer('POST', `/api/v1/bookings/${id}/payments`, cash(20_00))
  await washer('POST', `/api/v1/bookings/${id}/payments`, card(19_95))
  await manager('POST', `/api/v1/bookings/${id}/refunds`, cash(5_00))
  const seen = (await manager('GET', '/api/v1/analytics/dashboard?start_date=2026-11-30&end_date=2026-12-01')).body
  expect(seen.revenue).toEqual({
    ...{ taken: 39_95, given_back: 5_00, net: 34_95 },
    by_day: [
      { date: '2026-11-30', taken: 39_95, given_back: 5_00, net: 34_95 },
      { date: '2026-12-01', taken: 0, given_back: 0, net: 0 },
    ],
  })
  expect(seen.popular_services).toEqual([
    { service_id: full, name: 'Full wash', count: 1, revenue: 29_90 },
    { service_id: wax, name: 'Wax', count: 1, revenue: 10_05 },
  ])
  expect(seen.bookings).toMatchObject({ total: 1, by_status: { confirmed: 1, pending: 0 }, no_show_rate: null })
  // Open from nine to six on both days, taken for an hour and a half.
  expect(seen.occupancy).toMatchObject([
    { wash_bay_id: bayId, open_minutes: 1080, taken_minutes: 90, percent: 8.3 },
    { bay_number: 'BAY-002', taken_minutes: 0, percent: 0 },
  ])
  expect((await manager('GET', '/api/v1/bookings/admin/stats')).status).toBe(403)
  expect((await admin('GET', '/api/v1/bookings/admin/stats')).body).toMatchObject({
    ...{ total_bookings: 1, net_revenue: 34_95, rating: { average: null, count: 0 } },
  })
})

test('money is of the day of the place, also where its clock changes', async () => {
  const { database, fresh, bayId } = await setupCounter()
  await database.pool.query(`insert into walk_ins (id, status, vehicle, taken_by)
    values (gen_random_uuid(), 'completed', '{}', gen_random_uuid())`)
  const pay = (at: string, amount: number) =>
    database.pool.query(
      `insert into payments (id, walk_in_id, amount, method, taken_by, created_at)
       select gen_random_uuid(), id, $2, 'cash', id, $1 from walk_ins limit 1`,
      [at, amount],
    )
  await pay('2026-10-24T21:59:59Z', 1)
  await pay('2026-10-24T22:00:00Z', 2)
  await pay('2026-10-25T22:59:59Z', 4)
  await pay('2026-10-25T23:00:00Z', 8)
  const manager = await fresh('manager')
  const ask = (from: string, to: string) =>
    manager('GET', `/api/v1/analytics/dashboard?start_date=${from}&end_date=${to}`)
  const { revenue } = (await ask('2026-10-24', '2026-10-26')).body
  expect(revenue.by_day.map(({ date, net }: { date: string; net: number }) => [date, net])).toEqual([
    ['2026-10-24', 1],
    ['2026-10-25', 6],
    ['2026-10-26', 8],
  ])
  expect((await ask('2026-10-25', '2026-10-25')).body.revenue.net).toBe(6)
  expect((await ask('2026-10-25', '2026-10-24')).body.error.code).toBe('DATE_RANGE_INVALID')
  expect((await ask('2026-01-01', '2027-01-02')).status).toBe(422)
  expect((await ask('2026-01-01', '2027-01-01')).status).toBe(200)
  expect(bayId).toBeTruthy()
})

test('a bay is taken by what was washed in its hours alone', async () => {
  const { book, fresh, time, bayId, full } = await setupCounter()
  const kept = await book('2026-12-01T17:00:00+01:00')
  const washer = await fresh('washer')
  await washer('POST', `/api/v1/bookings/${kept}/confirm`, {})
  await book('2026-12-01T09:00:00+01:00')
  // Half of it after six, when the place is closed.
  time.now = Date.parse('2026-12-02T17:30:00+01:00')
  const car = { vehicle_make: 'Fiat', model: 'Panda', color: 'white', size: 'compact' }
  await (await fresh('washer'))('POST', '/api/v1/walkins', { ...car, service_ids: [full], wash_bay_id: bayId })
  const manager = await fresh('manager')
  const of = async (day: string) => {
    const { body } = await manager('GET', `/api/v1/analytics/dashboard?start_date=${day}&end_date=${day}`)
    return [body.occupancy[0].taken_minutes, body.occupancy[0].open_minutes]
  }
  expect(await of('2026-12-01')).toEqual([60, 540])
  expect(await of('2026-12-02')).toEqual([30, 540])
  expect(await of('2026-12-06')).toEqual([0, 0])
})

test('bookings are exported line by line, each once over many pages, and none of their texts is a formula', async () => {
  const { book, fresh, database, client, full } = await setupCounter()
  const id = await book('2026-12-01T10:00:00+01:00')
  await database.pool.query('update bookings set notes = \'=cmd|x, "y"\'')
  await fresh('washer').then((washer) => washer('POST', `/api/v1/bookings/${id}/payments`, cash(10_00)))
  const manager = await fresh('manager')
  const one = await manager('GET', '/api/v1/bookings/export.csv')
  const [head, line] = one.body.split('\r\n')
  expect(head.split(',').slice(0, 4)).toEqual(['id', 'status', 'type', 'scheduled_at'])
  expect(line).toContain(',29.9,0,0,29.9,10,EUR,,"\'=cmd|x, ""y"""')
  const semicolons = await manager('GET', '/api/v1/bookings/export.csv?separator=semicolon&status=pending')
  expect(semicolons.body.split('\r\n')[1].split(';')[0]).toBe(id)
  expect((await manager('GET', '/api/v1/bookings/export.csv?status=completed')).body.split('\r\n')).toHaveLength(2)
  const [bay] = (await database.pool.query('select id from resources limit 1')).rows
  for (let n = 0; n < 1_200; n += 1) {
    const [slot, booking] = [newId(), newId()]
    await database.pool.query(
      `with slot as (insert into time_slots (id, resource_id, starts_at, ends_at, blocked, released)
         values ($1, $3, '2026-12-05T10:00Z', '2026-12-05T11:00Z', '[2026-12-05T10:00Z,2026-12-05T11:00Z)', true))
       insert into bookings (id, customer_id, vehicle_id, type, status, slot_id, starts_at, ends_at, local_date,
         local_time, zone, duration_min, price)
       select $2, customer_id, vehicle_id, type, 'cancelled', $1, starts_at, ends_at, local_date, local_time, zone,
         duration_min, price from bookings where id = $4`,
      [slot, booking, bay.id, id],
    )
  }
  const all = (await manager('GET', '/api/v1/bookings/export.csv')).body.trimEnd().split('\r\n')
  expect(all).toHaveLength(1_202)
  expect(new Set(all.map((row: string) => row.split(',')[0])).size).toBe(1_202)
  expect((await client.call('GET', '/api/v1/bookings/export.csv')).status).toBe(403)
  expect(full).toBeTruthy()
})
