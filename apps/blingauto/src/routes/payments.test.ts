import { expect, test } from 'vitest'
import { setupCounter } from '../testing/counter.ts'

const cash = (amount: number) => ({ amount, payment_method: 'cash' })
const at = '2026-12-02T10:00:00+01:00'
const bookingTime = Date.parse(at)
const hours = (n: number) => n * 3_600_000

async function setup() {
  const world = await setupCounter()
  const [washer, manager] = [await world.fresh('washer'), await world.fresh('manager')]
  const id = await world.book(at)
  return { ...world, washer, manager, id, url: `/api/v1/bookings/${id}` }
}

test('a booking that is paid in full is confirmed, one that is paid in part is held on', async () => {
  const { washer, client, url } = await setup()
  const part = await washer('POST', `${url}/payments`, cash(10_00))
  expect(part).toMatchObject({
    status: 201,
    body: { booking_status: 'pending', due: 29_90, paid: 10_00, left_to_pay: 19_90, payment_status: 'partially_paid' },
  })
  expect((await client.call('GET', url)).body.status).toBe('pending')
  const rest = { amount: 19_90, payment_method: 'card', transaction_reference: 'T-1' }
  expect((await washer('POST', `${url}/payments`, rest)).body.booking_status).toBe('confirmed')
  expect((await client.call('GET', url)).body).toMatchObject({ status: 'confirmed', hold_expires_at: null })
  expect((await washer('POST', `${url}/payments`, cash(1))).body.error.code).toBe('OVERPAID')
  const seen = (await client.call('GET', `${url}/payments`)).body
  expect(seen.payments.map(({ amount }: { amount: number }) => amount)).toEqual([10_00, 19_90])
})

test('the payments of somebody else are nobody’s to see', async () => {
  const { as, url, full } = await setup()
  const other = await as('client', 'other')
  expect((await other.call('GET', `${url}/payments`)).status).toBe(404)
  expect((await other.call('PATCH', url, { notes: 'mine' })).status).toBe(404)
  expect((await other.call('DELETE', `${url}/services/${full}`)).status).toBe(404)
})

test('a payment after the hold is refused, and the booking of who came next stays the only one', async () => {
  const { time, fresh, again, url, vehicle, full } = await setup()
  time.now += 31 * 60_000
  const second = { vehicle_id: vehicle, service_ids: [full], scheduled_at: at }
  const client = await again()
  const next = await client('POST', '/api/v1/bookings', second)
  expect(next.status).toBe(201)
  const washer = await fresh('washer')
  const late = await washer('POST', `${url}/payments`, cash(29_90))
  expect([late.status, late.body.error.code]).toEqual([409, 'NOTHING_DUE'])
  expect((await washer('GET', url)).body.status).toBe('cancelled')
  const { bookings } = (await washer('GET', '/api/v1/bookings?limit=10')).body
  expect(bookings.map(({ status }: { status: string }) => status).toSorted()).toEqual(['cancelled', 'pending'])
})

test('a payment after the hold is refused before the worker came by', async () => {
  const { time, fresh, url } = await setup()
  time.now += 30 * 60_000
  const washer = await fresh('washer')
  const late = await washer('POST', `${url}/payments`, cash(29_90))
  expect([late.status, late.body.error.code]).toEqual([409, 'HOLD_EXPIRED'])
  expect((await washer('GET', `${url}/payments`)).body).toMatchObject({ paid: 0, payments: [] })
})

test('twenty who take the whole price at once take it once', async () => {
  const { washer, url } = await setup()
  const all = await Promise.all(Array.from({ length: 20 }, () => washer('POST', `${url}/payments`, cash(29_90))))
  const counts = Object.groupBy(all, ({ status }) => String(status))
  expect([counts['201']?.length, counts['422']?.length]).toEqual([1, 19])
  expect((await washer('GET', `${url}/payments`)).body.paid).toBe(29_90)
})

test('a booking that is moved after it was paid costs nothing more', async () => {
  const { washer, client, url } = await setup()
  await washer('POST', `${url}/payments`, cash(29_90))
  const moved = await client.call('POST', `${url}/reschedule`, { new_scheduled_at: '2026-12-03T11:00:00+01:00' })
  expect(moved.body).toMatchObject({ status: 'confirmed', total_price: 29_90, final_price: 29_90 })
  expect((await washer('GET', `${url}/payments`)).body).toMatchObject({ left_to_pay: 0, payments: [{ amount: 29_90 }] })
  expect((await washer('POST', `${url}/payments`, cash(29_90))).body.error.code).toBe('OVERPAID')
})

test.each([
  [30, 0, 29_90],
  [12, 7_48, 22_42],
  [3, 14_95, 14_95],
  [1, 29_90, 0],
])('cancelled %i hours before it costs %i, and %i are given back by a manager', async (before, fee, refund) => {
  const { washer, url, time, again, fresh } = await setup()
  await washer('POST', `${url}/payments`, cash(29_90))
  time.now = bookingTime - hours(before)
  const client = await again()
  const cancelled = await client('POST', `${url}/cancel`, { reason: 'rain' })
  const status = refund > 0 ? 'due' : 'none'
  expect(cancelled.body).toMatchObject({
    ...{ status: 'cancelled', cancellation_fee: fee },
    ...{ refund_amount: refund, refund_status: status, final_price: fee },
  })
  const [manager, other] = [await fresh('manager'), await fresh('washer')]
  expect((await other('POST', `${url}/refunds`, cash(1))).status).toBe(403)
  expect((await manager('POST', `${url}/refunds`, cash(29_91))).body.error.code).toBe('OVER_REFUNDED')
  if (refund === 0) return
  const back = await manager('POST', `${url}/refunds`, cash(refund))
  expect(back.body).toMatchObject({ paid: fee, refund_amount: 0, refund_status: 'refunded', left_to_pay: 0 })
  const { payments } = back.body
  expect(payments.at(-1).amount).toBe(-refund)
})

test('a wash that took too long costs its minutes, which are paid afterwards', async () => {
  const { washer, url, time, fresh } = await setup()
  await washer('POST', `${url}/payments`, cash(29_90))
  time.now = bookingTime
  await (await fresh('washer'))('POST', `${url}/start`, {})
  time.now = bookingTime + hours(1) + 5 * 60_000 + 59_000
  const late = await fresh('washer')
  const done = await late('POST', `${url}/complete`, {})
  expect(done.body).toMatchObject({ overtime_fee: 5_00, final_price: 34_90 })
  expect((await late('POST', `${url}/payments`, cash(5_01))).body.error.code).toBe('OVERPAID')
  expect((await late('POST', `${url}/payments`, cash(5_00))).body).toMatchObject({ left_to_pay: 0 })
})
