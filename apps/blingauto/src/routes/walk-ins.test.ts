import { eq } from 'drizzle-orm'
import { describe, expect, test } from 'vitest'
import { timeSlots } from '../store/schema.ts'
import { setupCounter } from '../testing/counter.ts'

const car = { vehicle_make: 'Fiat', model: 'Panda', color: 'white', size: 'COMPACT' }
const cash = (amount: number) => ({ amount, payment_method: 'cash' })
const minutes = (n: number) => n * 60_000

async function setup(options = {}) {
  const world = await setupCounter(options)
  const [washer, manager] = [await world.fresh('washer'), await world.fresh('manager')]
  const open = async (more = {}) => washer('POST', '/api/v1/walkins', { ...car, ...more })
  return { ...world, washer, manager, open }
}

test('a walk-in is taken in, washed, paid in two parts and completed', async () => {
  const { open, washer, manager, full, wax, time } = await setup()
  const opened = await open({ license_plate: 'ZZ-1', customer_name: 'Ana', service_ids: [full] })
  expect(opened).toMatchObject({
    status: 201,
    body: {
      status: 'in_progress',
      vehicle: { make: 'Fiat', size: 'compact', license_plate: 'ZZ-1' },
      final_price: 29_90,
      payment_status: 'pending',
    },
  })
  const at = `/api/v1/walkins/${opened.body.id}`
  const added = await washer('POST', `${at}/services`, { service_ids: [wax] })
  expect(added.body).toMatchObject({ price: 39_95, final_price: 39_95 })
  const cheaper = await manager('POST', `${at}/discount`, { discount_percent: 10 })
  expect(cheaper.body).toMatchObject({ discount: 4_00, final_price: 35_95 })
  expect((await washer('POST', `${at}/complete`, {})).body.error.code).toBe('NOT_PAID')
  const part = await washer('POST', `${at}/payments`, cash(20_00))
  expect(part).toMatchObject({ status: 201, body: { payment_status: 'partially_paid', left_to_pay: 15_95 } })
  const card = { amount: 15_95, payment_method: 'card', transaction_reference: 'T-1' }
  expect((await washer('POST', `${at}/payments`, card)).body.payment_status).toBe('paid')
  time.now += minutes(5)
  const done = await washer('POST', `${at}/complete`, {})
  expect(done).toMatchObject({ status: 200, body: { status: 'completed', completed_at: '2026-11-30T07:05:00.000Z' } })
  expect((await washer('GET', at)).body).toEqual(done.body)
  expect((await washer('POST', `${at}/cancel`, {})).status).toBe(403)
  expect((await manager('POST', `${at}/cancel`, {})).status).toBe(409)
})

test('the walk-ins are listed by state and by the day of the place', async () => {
  const { open, washer, manager, time } = await setup()
  const first = (await open()).body.id
  await manager('POST', `/api/v1/walkins/${first}/cancel`, { reason: 'left' })
  time.now += minutes(10)
  const second = (await open({ model: undefined, vehicle_model: 'Uno' })).body.id
  const ids = async (query: string) => {
    const { body } = await washer('GET', `/api/v1/walkins?${query}`)
    return [body.walkins.map(({ id }: { id: string }) => id), body.total_count, body.has_next]
  }
  expect(await ids('')).toEqual([[second, first], 2, false])
  expect(await ids('limit=1')).toEqual([[second], 2, true])
  expect(await ids('status=cancelled')).toEqual([[first], 1, false])
  expect(await ids('date=2026-11-30')).toEqual([[second, first], 2, false])
  expect(await ids('date=2026-11-29')).toEqual([[], 0, false])
  expect((await washer('GET', '/api/v1/walkins?date=2026-02-30')).status).toBe(400)
})

describe('each rule of the till is met at the counter', () => {
  test.each([
    ['discount', { discount_percent: 51 }, 422, 'DISCOUNT_TOO_LARGE'],
    ['discount', { discount_percent: 12.5 }, 400, null],
    ['payments', cash(29_91), 422, 'OVERPAID'],
    ['payments', cash(0), 400, null],
    ['payments', cash(-5), 400, null],
    ['payments', { amount: 1_00, payment_method: 'card' }, 422, 'REFERENCE_MISSING'],
    ['payments', { amount: 1_00, payment_method: 'card', transaction_reference: '  ' }, 422, 'REFERENCE_MISSING'],
    ['payments', { amount: 1_00, payment_method: 'bitcoin' }, 400, null],
    ['refunds', cash(1), 422, 'OVER_REFUNDED'],
    ['complete', {}, 422, 'NOT_PAID'],
    ['services', { service_ids: ['0198c000-0000-7000-8000-000000000001'] }, 422, 'SERVICE_NOT_FOUND'],
    ['services', { service_ids: [] }, 400, null],
  ])('%s %j: %i %s', async (what, body, status, code) => {
    const { open, manager, full } = await setup()
    const { id } = (await open({ service_ids: [full] })).body
    const answer = await manager('POST', `/api/v1/walkins/${id}/${what}`, body)
    expect(answer.status).toBe(status)
    if (code) expect(answer.body.error.code).toBe(code)
  })

  test('without services it can be neither paid, made cheaper nor completed', async () => {
    const { open, manager } = await setup()
    const at = `/api/v1/walkins/${(await open()).body.id}`
    expect((await manager('POST', `${at}/payments`, cash(1))).body.error.code).toBe('OVERPAID')
    expect((await manager('POST', `${at}/discount`, { discount_percent: 5 })).body.error.code).toBe('TOO_CHEAP')
    expect((await manager('POST', `${at}/complete`, {})).body.error.code).toBe('NO_SERVICES')
  })

  test('a service that was paid for is not taken away, and one that is taken away costs nothing', async () => {
    const { open, washer, full, wax } = await setup()
    const { body } = await open({ service_ids: [full, wax] })
    const at = `/api/v1/walkins/${body.id}`
    await washer('POST', `${at}/payments`, cash(30_00))
    expect((await washer('DELETE', `${at}/services?service_id=${wax}`)).body.error.code).toBe('OVERPAID')
    const less = await washer('DELETE', `${at}/services/${body.services[0].id}`)
    expect(less.body.error.code).toBe('OVERPAID')
    expect((await washer('DELETE', `${at}/services`)).status).toBe(400)
    const other = `/api/v1/walkins/${(await open({ service_ids: [full, wax] })).body.id}`
    expect((await washer('DELETE', `${other}/services?service_id=${wax}`)).body.final_price).toBe(29_90)
    expect((await washer('DELETE', `${other}/services?service_id=${wax}`)).status).toBe(404)
  })

  test('money goes back before it is cancelled, never more than was taken', async () => {
    const { open, washer, manager, full } = await setup()
    const at = `/api/v1/walkins/${(await open({ service_ids: [full] })).body.id}`
    await washer('POST', `${at}/payments`, cash(10_00))
    expect((await manager('POST', `${at}/cancel`, {})).body.error.code).toBe('ALREADY_PAID')
    expect((await manager('POST', `${at}/refunds`, cash(10_01))).body.error.code).toBe('OVER_REFUNDED')
    expect((await washer('POST', `${at}/refunds`, cash(10_00))).status).toBe(403)
    const back = await manager('POST', `${at}/refunds`, cash(10_00))
    expect(back).toMatchObject({ status: 201, body: { paid: 0, payment_status: 'refunded' } })
    expect(back.body.payments.map(({ amount }: { amount: number }) => amount)).toEqual([10_00, -10_00])
    expect((await manager('POST', `${at}/cancel`, { reason: 'rain' })).body).toMatchObject({
      status: 'cancelled',
      cancel_reason: 'rain',
    })
    expect((await manager('POST', `${at}/refunds`, cash(1))).status).toBe(409)
  })

  test('a payment that is sent again with its key is taken once', async () => {
    const { open, washer, full } = await setup()
    const at = `/api/v1/walkins/${(await open({ service_ids: [full] })).body.id}`
    const headers = { 'idempotency-key': 'pay-1' }
    const answers = [1, 2, 3].map(() => washer('POST', `${at}/payments`, cash(10_00), headers))
    const statuses = (await Promise.all(answers)).map(({ status }) => status)
    expect(statuses.filter((status) => status === 201).length).toBeGreaterThan(0)
    expect(statuses.every((status) => status === 201 || status === 409)).toBe(true)
    expect((await washer('POST', `${at}/payments`, cash(10_00), headers)).status).toBe(201)
    expect((await washer('GET', at)).body).toMatchObject({ paid: 10_00, payments: [{ amount: 10_00 }] })
    expect((await washer('POST', `${at}/payments`, cash(11_00), headers)).body.error.code).toBe(
      'IDEMPOTENCY_KEY_REUSED',
    )
  })
})

describe('a bay that a walk-in stands in', () => {
  const bookedAt = '2026-11-30T10:30:00+01:00'

  async function atHalfPastNine() {
    const world = await setup()
    const booking = await world.book(bookedAt)
    await world.washer('POST', `/api/v1/bookings/${booking}/confirm`, {})
    world.time.now = Date.parse('2026-11-30T09:00:00+01:00')
    const [washer, manager] = [await world.fresh('washer'), await world.fresh('manager')]
    const { bayId, full } = world
    const open = (services = [full]) =>
      washer('POST', '/api/v1/walkins', { ...car, service_ids: services, wash_bay_id: bayId })
    return { ...world, washer, manager, open, booking }
  }

  test('is nobody else’s, and is extended where nobody has it', async () => {
    const { open, washer, wax, full, bayId, database } = await atHalfPastNine()
    const { body } = await open()
    expect((await open([wax])).body.error.code).toBe('SLOT_TAKEN')
    const longer = await washer('POST', `/api/v1/walkins/${body.id}/services`, { service_ids: [wax] })
    expect(longer.status).toBe(200)
    const slots = await database.db.select().from(timeSlots).where(eq(timeSlots.resourceId, bayId))
    expect(slots.map(({ endsAt }) => endsAt.toISOString()).toSorted()).toEqual([
      '2026-11-30T09:30:00.000Z',
      '2026-11-30T10:30:00.000Z',
    ])
    // One more would reach into the booking of half past ten.
    const tooLong = await washer('POST', `/api/v1/walkins/${body.id}/services`, { service_ids: [full] })
    expect(tooLong).toMatchObject({ status: 409, body: { error: { code: 'SLOT_TAKEN' } } })
    expect((await washer('GET', `/api/v1/walkins/${body.id}`)).body.services).toHaveLength(2)
  })

  test('is not given where a booking begins before it would be done', async () => {
    const { open, full, wax } = await atHalfPastNine()
    expect((await open([full, wax, wax])).status).toBe(409)
    expect((await open([full, wax])).status).toBe(201)
  })

  test('is free again from its completion, or from its cancellation', async () => {
    const { open, washer, manager, time, bayId, database, full } = await atHalfPastNine()
    const first = (await open()).body.id
    await washer('POST', `/api/v1/walkins/${first}/payments`, cash(29_90))
    time.now += minutes(10)
    expect((await open()).status).toBe(409)
    expect((await washer('POST', `/api/v1/walkins/${first}/complete`, {})).status).toBe(200)
    const [slot] = await database.db.select().from(timeSlots).orderBy(timeSlots.startsAt)
    expect(slot?.endsAt.getTime()).toBe(time.now)
    const second = await open()
    expect(second.status).toBe(201)
    expect((await open()).status).toBe(409)
    await manager('POST', `/api/v1/walkins/${second.body.id}/cancel`, {})
    expect((await open()).status).toBe(201)
    const { rows } = await database.pool.query('select version::int from resources where id = $1', [bayId])
    expect(rows[0].version).toBeGreaterThanOrEqual(5)
    expect(full).toBeTruthy()
  })

  test('one that takes longer than it was kept for ends where the next begins', async () => {
    const { open, fresh, time, database, washer } = await atHalfPastNine()
    const { id } = (await open()).body
    await washer('POST', `/api/v1/walkins/${id}/payments`, cash(29_90))
    time.now += minutes(100)
    const late = await fresh('washer')
    expect((await late('POST', `/api/v1/walkins/${id}/complete`, {})).status).toBe(200)
    const [slot] = await database.db.select().from(timeSlots).orderBy(timeSlots.startsAt)
    expect(slot?.endsAt.toISOString()).toBe('2026-11-30T09:00:00.000Z')
  })

  test('has to be there, to be a bay, and to be large enough', async () => {
    const { open, manager } = await setup()
    const missing = await open({ wash_bay_id: '0198c000-0000-7000-8000-000000000001' })
    expect(missing.body.error.code).toBe('WASH_BAY_NOT_FOUND')
    const small = { bay_number: 'S', max_vehicle_size: 'compact' }
    const bay = (await manager('POST', '/api/v1/facilities/wash-bays', small)).body.id
    expect((await open({ wash_bay_id: bay, size: 'large' })).body.error.code).toBe('BAY_TOO_SMALL')
    expect((await open({ wash_bay_id: bay })).status).toBe(201)
  })
})
