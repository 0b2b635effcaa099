import { describe, expect, test } from 'vitest'
import { setupApi } from './testing/api.ts'

const bay = { bay_number: 'BAY-001', max_vehicle_size: 'LARGE' }

/** A place with one bay and one service, and a client with a car. */
async function setup() {
  const api = await setupApi()
  const admin = await api.as('admin')
  const client = await api.as('client')
  const bayId = (await admin.call('POST', '/api/v1/facilities/wash-bays', bay)).body.id as string
  const category = (await admin.call('POST', '/api/v1/services/categories', { name: 'Wash' })).body.id
  const wash = { name: 'Full', price: 50_00, duration_minutes: 60 }
  const service = (await admin.call('POST', `/api/v1/services/categories/${category}/services`, wash)).body.id
  const car = { make: 'Renault', model: 'Clio', year: 2024, license_plate: 'ab 123 cd' }
  const vehicle = (await client.call('POST', '/api/v1/vehicles', car)).body.id
  const booking = (at: string) => ({ vehicle_id: vehicle, service_ids: [service], scheduled_at: at })
  return { ...api, admin, client, bayId, vehicle, service, booking }
}

test('health has the shape of the document', async () => {
  const { call } = await setupApi()
  const { status, body } = await call('GET', '/health')
  expect(status).toBe(200)
  expect(body).toEqual({
    status: 'healthy',
    timestamp: '2026-11-30T07:00:00.000Z',
    version: '1.0.0',
    checks: {
      database: { status: 'healthy' },
      redis: { status: 'healthy' },
      system: { status: 'healthy', cpu_percent: expect.any(Number) },
    },
  })
  expect((await call('GET', '/ready')).body).toEqual({ ready: true, checks: { database: true } })
  expect((await call('GET', '/openapi.json')).body.openapi).toBe('3.1.0')
})

describe('a booking', () => {
  test('is placed, confirmed, begun and completed, with what it took too long', async () => {
    const { admin, as, client, booking, time } = await setup()
    const placed = await client.call('POST', '/api/v1/bookings', booking('2026-12-01T10:00:00+01:00'))
    expect(placed).toMatchObject({
      status: 201,
      body: {
        status: 'pending',
        total_price: 50_00,
        local: { date: '2026-12-01', time: '10:00', utc_offset: '+01:00' },
      },
    })
    const act = (what: string, body = {}) => admin.call('POST', `/api/v1/bookings/${placed.body.id}/${what}`, body)
    expect((await act('start')).body.error).toMatchObject({ code: 'WRONG_STATUS' })
    expect((await act('confirm')).body.status).toBe('confirmed')
    expect((await act('no-show')).body.error.code).toBe('TOO_EARLY_FOR_NO_SHOW')
    time.now = Date.parse('2026-12-01T09:00:00Z')
    // Access tokens live a quarter of an hour, by the clock that everything goes by.
    expect((await act('start')).status).toBe(401)
    const washer = await as('washer')
    const wash = (what: string, body = {}) => washer.call('POST', `/api/v1/bookings/${placed.body.id}/${what}`, body)
    expect((await wash('start')).body.status).toBe('in_progress')
    time.now = Date.parse('2026-12-01T10:12:30Z')
    const later = await as('washer', 'later')
    const done = await later.call('POST', `/api/v1/bookings/${placed.body.id}/complete`, {})
    expect(done.body).toMatchObject({ status: 'completed', overtime_fee: 12_00 })
  })

  test('of one slot by twenty clients at once is one', async () => {
    const { client, booking } = await setup()
    const answers = await Promise.all(
      Array.from({ length: 20 }, () => client.call('POST', '/api/v1/bookings', booking('2026-12-01T10:00:00+01:00'))),
    )
    const counts = Object.groupBy(answers, ({ status }) => String(status))
    expect([counts['201']?.length, counts['409']?.length]).toEqual([1, 19])
    expect(counts['409']?.[0]?.body.error).toMatchObject({ code: 'SLOT_TAKEN', timestamp: expect.any(String) })
  })

  test('of somebody else is nobody’s to see, move or cancel', async () => {
    const { as, client, booking, vehicle, service } = await setup()
    const { body } = await client.call('POST', '/api/v1/bookings', booking('2026-12-01T10:00:00+01:00'))
    const other = await as('client', 'other')
    const at = `/api/v1/bookings/${body.id}`
    expect((await other.call('GET', at)).status).toBe(404)
    expect((await other.call('POST', `${at}/cancel`, {})).status).toBe(404)
    const move = { new_scheduled_at: '2026-12-02T10:00:00+01:00' }
    expect((await other.call('POST', `${at}/reschedule`, move)).status).toBe(404)
    expect((await other.call('GET', `/api/v1/bookings?customer_id=${client.id}`)).body.bookings).toEqual([])
    const theirs = { vehicle_id: vehicle, service_ids: [service], scheduled_at: '2026-12-03T10:00:00+01:00' }
    expect((await other.call('POST', '/api/v1/bookings', theirs)).body.error.code).toBe('VEHICLE_NOT_FOUND')
    const forThem = { ...theirs, customer_id: client.id }
    expect((await other.call('POST', '/api/v1/bookings', forThem)).status).toBe(403)
    expect((await other.call('DELETE', `/api/v1/vehicles/${vehicle}`)).status).toBe(404)
  })

  test('takes its time out of what is offered', async () => {
    const { call, client, booking, bayId } = await setup()
    const times = async () => {
      const { body } = await call('GET', '/api/v1/scheduling/available-slots?date=2026-12-01')
      expect(body.slots[0].wash_bay_ids).toEqual([bayId])
      return body.slots.map(({ time }: { time: string }) => time)
    }
    expect(await times()).toHaveLength(17)
    await client.call('POST', '/api/v1/bookings', booking('2026-12-01T10:00:00+01:00'))
    expect((await times()).slice(0, 3)).toEqual(['09:00', '11:00', '11:30'])
  })
})
