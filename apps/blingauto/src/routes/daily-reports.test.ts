import { describe, expect, test } from 'vitest'
import { setupCounter } from '../testing/counter.ts'

const car = { vehicle_make: 'Fiat', model: 'Panda', color: 'white', size: 'compact' }
const money = (amount: number, method = 'cash') => ({
  amount,
  payment_method: method,
  ...(method === 'cash' ? {} : { transaction_reference: 'T-1' }),
})

async function setup(zone = 'Europe/Paris') {
  const world = await setupCounter({ zone })
  await world.database.pool.query('update site set tax_basis_points = 2000')
  const { full, fresh, time } = world
  /** A walk-in that is paid at that instant. */
  const paidAt = async (instant: string, amount = 29_90, method = 'cash') => {
    time.now = Date.parse(instant)
    const washer = await fresh('washer')
    const { id } = (await washer('POST', '/api/v1/walkins', { ...car, service_ids: [full] })).body
    const { status } = await washer('POST', `/api/v1/walkins/${id}/payments`, money(amount, method))
    return { url: `/api/v1/walkins/${id}`, status }
  }
  const report = async (date: string) =>
    (await (await fresh('manager'))('GET', `/api/v1/walkins/reports/daily/${date}`)).body
  return { ...world, paidAt, report }
}

test('a day tells what came in by each way, what went back, and the tax in it', async () => {
  const { paidAt, report, fresh } = await setup()
  await paidAt('2026-11-30T09:00:00Z')
  const { url } = await paidAt('2026-11-30T10:00:00Z', 20_00, 'card')
  const manager = await fresh('manager')
  await manager('POST', `${url}/refunds`, money(20_00, 'card'))
  await manager('POST', `${url}/cancel`, {})
  const { url: done } = await paidAt('2026-11-30T11:00:00Z')
  await (await fresh('washer'))('POST', `${done}/complete`, {})
  expect(await report('2026-11-30')).toMatchObject({
    walkins: { completed: 1, cancelled: 1, open: 1 },
    by_method: { cash: 59_80, card: 0, transfer: 0, cheque: 0 },
    ...{ taken: 79_80, given_back: 20_00, net: 59_80, tax: 9_97 },
    closing: null,
  })
})

describe('a day of the place', () => {
  test.each([
    ['Europe/Paris', '2026-10-25', 25, '2026-10-24T22:00:00.000Z', '2026-10-25T23:00:00.000Z'],
    ['Europe/Paris', '2027-03-28', 23, '2027-03-27T23:00:00.000Z', '2027-03-28T22:00:00.000Z'],
    ['America/New_York', '2026-11-01', 25, '2026-11-01T04:00:00.000Z', '2026-11-02T05:00:00.000Z'],
    ['Australia/Lord_Howe', '2026-10-04', 23.5, '2026-10-03T13:30:00.000Z', '2026-10-04T13:00:00.000Z'],
    ['Asia/Kolkata', '2026-11-30', 24, '2026-11-29T18:30:00.000Z', '2026-11-30T18:30:00.000Z'],
  ])('in %s on %s has %d hours', async (zone, date, hours, from, to) => {
    const { paidAt, report } = await setup(zone)
    const [first, last] = [Date.parse(from), Date.parse(to)]
    expect((last - first) / 3_600_000).toBe(hours)
    await paidAt(new Date(first - 1).toISOString(), 1_00)
    await paidAt(from, 2_00)
    await paidAt(new Date(last - 1).toISOString(), 4_00)
    await paidAt(to, 8_00)
    expect(await report(date)).toMatchObject({ from, to, taken: 6_00 })
  })
})

test('a day that is closed takes nothing more and stays as it was, with what is missing in the drawer', async () => {
  const { paidAt, report, fresh, time, full, book, database } = await setup()
  const { url } = await paidAt('2026-11-30T17:00:00Z', 20_00)
  const [manager, washer] = [await fresh('manager'), await fresh('washer')]
  const booked = await (async () => {
    time.now = Date.parse('2026-11-30T07:00:00Z')
    const id = await book('2026-12-01T10:00:00+01:00')
    time.now = Date.parse('2026-11-30T17:00:00Z')
    await database.pool.query("update bookings set hold_expires_at = '2027-01-01'")
    return `/api/v1/bookings/${id}`
  })()
  const close = (date: string, counted: number) =>
    manager('POST', `/api/v1/walkins/reports/daily/${date}/close`, { counted_cash: counted })
  expect((await close('2026-12-01', 0)).body.error.code).toBe('DAY_AHEAD')
  expect((await washer('POST', '/api/v1/walkins/reports/daily/2026-11-30/close', { counted_cash: 1 })).status).toBe(403)
  const closed = await close('2026-11-30', 19_50)
  expect(closed.body).toMatchObject({
    taken: 20_00,
    closing: { counted_cash: 19_50, expected_cash: 20_00, difference: -50 },
  })
  expect((await close('2026-11-30', 20_00)).status).toBe(409)
  const refused = [
    await washer('POST', `${url}/payments`, money(9_90)),
    await manager('POST', `${url}/refunds`, money(1_00)),
    await washer('POST', '/api/v1/walkins', { ...car, service_ids: [full] }),
    await washer('POST', `${booked}/payments`, money(1_00)),
    await washer('POST', `${url}/complete`, {}),
  ]
  expect(refused.map(({ status, body }) => [status, body.error.code])).toEqual(refused.map(() => [409, 'DAY_CLOSED']))
  expect(await report('2026-11-30')).toEqual(closed.body)
  time.now = Date.parse('2026-11-30T23:00:00Z')
  const next = await fresh('washer')
  expect((await next('POST', `${url}/payments`, money(9_90))).status).toBe(201)
  expect((await report('2026-11-30')).taken).toBe(20_00)
  expect((await report('2026-12-01')).taken).toBe(9_90)
})

test('of what is taken while the day is being closed, all is in its totals', async () => {
  const { paidAt, fresh, full, report, database } = await setup()
  await paidAt('2026-11-30T17:00:00Z', 1_00)
  const [manager, washer] = [await fresh('manager'), await fresh('washer')]
  const { id } = (await washer('POST', '/api/v1/walkins', { ...car, service_ids: [full] })).body
  const pay = () => washer('POST', `/api/v1/walkins/${id}/payments`, money(1_00))
  const close = () => manager('POST', '/api/v1/walkins/reports/daily/2026-11-30/close', { counted_cash: 0 })
  const all = await Promise.all([pay(), pay(), pay(), close(), close(), pay(), pay(), pay()])
  const closings = all.slice(3, 5).map(({ status }) => status)
  expect(closings.toSorted()).toEqual([200, 409])
  const { rows } = await database.pool.query('select sum(amount)::int as taken from payments')
  expect((await report('2026-11-30')).taken).toBe(rows[0].taken)
})
