import { describe, expect, test } from 'vitest'
import { code, north, setupPlace, team } from '../testing/place.ts'

const base = { base_latitude: 48, base_longitude: 2 }
const ten = '2026-12-01T10:00:00+01:00'
const at = (miles: number) => ({ latitude: 48 + north(miles), longitude: 2 })
const mobile = (miles: number, more: object = {}) => ({
  booking_type: 'mobile',
  customer_location: at(miles),
  ...more,
})

describe('a mobile team', () => {
  test('within eight miles reaches two of three points, at 3.489, 6.253 and not 10.375 miles', async () => {
    const { made, book, call } = await setupPlace()
    await made('/facilities/mobile-teams', team('North', { ...base, radius_m: Math.round(8 * 1_609.344) }))
    const answers = []
    for (const [n, miles] of [3.489, 6.253, 10.375].entries())
      answers.push(await book(`2026-12-01T1${n}:00:00+01:00`, mobile(miles)))
    expect(answers.map(({ status }) => status)).toEqual([201, 201, 422])
    expect(answers.map(code)[2]).toBe('OUT_OF_REACH')
    const check = (miles: number) =>
      call('POST', '/api/v1/scheduling/check-availability', {
        scheduled_at: '2026-12-02T10:00:00+01:00',
        ...mobile(miles),
      })
    expect((await check(6.253)).body).toMatchObject({ available: true, reason: null })
    expect((await check(10.375)).body).toMatchObject({ available: false, reason: 'out_of_reach', next: [] })
  })

  test('without coordinates never answers, least of all at 0,0', async () => {
    const { made, book } = await setupPlace()
    await made('/facilities/mobile-teams', team('Nowhere', { radius_m: 500_000 }))
    const zero = { booking_type: 'mobile', customer_location: { latitude: 0, longitude: 0 } }
    expect(code(await book(ten, zero))).toBe('OUT_OF_REACH')
    expect(code(await book(ten, mobile(0)))).toBe('OUT_OF_REACH')
  })

  test('whose address changes answers at the new one alone, whatever was kept', async () => {
    const { made, book, admin, call } = await setupPlace()
    const id = await made('/facilities/mobile-teams', team('North', { ...base, radius_m: 5_000 }))
    const slots = async (latitude: number) =>
      (
        await call(
          'GET',
          `/api/v1/scheduling/available-slots?date=2026-12-01&booking_type=mobile&latitude=${latitude}&longitude=2`,
        )
      ).body.slots.length
    expect([await slots(48), await slots(49)]).toEqual([17, 0])
    await admin.call('PATCH', `/api/v1/facilities/mobile-teams/${id}`, { base_latitude: 49 })
    expect([await slots(48), await slots(49)]).toEqual([0, 17])
    expect(code(await book(ten, mobile(0)))).toBe('OUT_OF_REACH')
    const gone = { base_latitude: null, base_longitude: null }
    await admin.call('PATCH', `/api/v1/facilities/mobile-teams/${id}`, gone)
    expect([await slots(48), await slots(49)]).toEqual([0, 0])
  })

  test('is asked the nearest first, then the others, and a conflict only when none is free', async () => {
    const { made, book } = await setupPlace()
    const far = await made('/facilities/mobile-teams', team('A far', { base_latitude: 48.2, base_longitude: 2 }))
    const near = await made('/facilities/mobile-teams', team('Z near', { base_latitude: 48.01, base_longitude: 2 }))
    const answers = []
    for (let n = 0; n < 3; n += 1) answers.push(await book(ten, mobile(0)))
    expect(answers.map(({ status }) => status)).toEqual([201, 201, 409])
    expect(answers.slice(0, 2).map(({ body }) => body.mobile_team_id)).toEqual([near, far])
    expect(code(answers[2] as never)).toBe('SLOT_TAKEN')
    expect(answers[0]?.body).toMatchObject({ wash_bay_id: null, customer_location: at(0), booking_type: 'mobile' })
  })

  test('takes so many bookings on one day of the place, of however many at once, and the next day again', async () => {
    const { made, book, client, call } = await setupPlace()
    await made('/facilities/mobile-teams', team('Few', { ...base, daily_capacity: 2 }))
    const hours = ['09', '10', '11', '12', '13', '14', '15', '16']
    const answers = await Promise.all(hours.map((hour) => book(`2026-12-01T${hour}:00:00+01:00`, mobile(1))))
    expect(answers.filter(({ status }) => status === 201)).toHaveLength(2)
    expect(new Set(answers.map(code))).toEqual(new Set([undefined, 'TEAM_FULL']))
    const where = 'booking_type=mobile&latitude=48&longitude=2'
    const offered = await call('GET', `/api/v1/scheduling/available-slots?date=2026-12-01&days=2&${where}`)
    expect(new Set(offered.body.slots.map(({ date }: { date: string }) => date))).toEqual(new Set(['2026-12-02']))
    expect((await book('2026-12-02T09:00:00+01:00', mobile(1))).status).toBe(201)
    const [first] = answers.filter(({ status }) => status === 201)
    const move = { new_scheduled_at: '2026-12-01T17:00:00+01:00' }
    // Of the same day it counts once, wherever on it.
    expect((await client.call('POST', `/api/v1/bookings/${first?.body.id}/reschedule`, move)).status).toBe(200)
    await client.call('POST', `/api/v1/bookings/${first?.body.id}/cancel`, {})
    expect((await book('2026-12-01T17:00:00+01:00', mobile(1))).status).toBe(201)
  })

  test('is made, changed and taken out of use, but not while somebody waits for it', async () => {
    const { admin, made, book, client } = await setupPlace()
    const at = '/api/v1/facilities/mobile-teams'
    const id = await made('/facilities/mobile-teams', team('North', { ...base, service_radius_km: 12.5 }))
    expect((await admin.call('GET', `${at}/${id}`)).body).toMatchObject({ radius_m: 12_500, daily_capacity: 8 })
    expect(code(await admin.call('POST', at, team('North', {})))).toBe('TEAM_NAME_TAKEN')
    expect(code(await admin.call('POST', at, team('Half', { base_latitude: 1 })))).toBe('BASE_HALF')
    expect(code(await admin.call('PATCH', `${at}/${id}`, { base_longitude: null }))).toBe('BASE_HALF')
    const { body: booking } = await book(ten, mobile(1))
    const refused = await admin.call('DELETE', `${at}/${id}`)
    expect(refused).toMatchObject({ status: 409, body: { error: { details: { bookings: [{ id: booking.id }] } } } })
    expect((await admin.call('PATCH', `${at}/${id}`, { status: 'inactive' })).status).toBe(409)
    await client.call('POST', `/api/v1/bookings/${booking.id}/cancel`, {})
    expect((await admin.call('DELETE', `${at}/${id}`)).status).toBe(204)
    expect((await admin.call('GET', at)).body).toEqual({ mobile_teams: [], total_count: 0 })
    expect((await admin.call('GET', `${at}?include_inactive=true`)).body.total_count).toBe(1)
    expect(code(await book(ten, mobile(1)))).toBe('OUT_OF_REACH')
  })
})

test('a bay is taken out of use, but not while somebody waits for it; hold that is over does not keep it', async () => {
  const { admin, book, bayIds, time, as } = await setupPlace()
  const at = `/api/v1/facilities/wash-bays/${bayIds[0]}`
  const { body: booking } = await book(ten)
  const refused = await admin.call('DELETE', at)
  expect(refused).toMatchObject({
    status: 409,
    body: { error: { code: 'RESOURCE_IN_USE', details: { bookings: [{ id: booking.id }] } } },
  })
  time.now += 31 * 60_000
  const later = await as('admin', 'later')
  expect((await later.call('DELETE', at)).status).toBe(204)
  expect((await later.call('GET', '/api/v1/facilities/wash-bays')).body.wash_bays).toEqual([])
})

test('what belongs to the other kind of booking is refused by its field', async () => {
  const { book, bayIds } = await setupPlace()
  const reason = async (more: object) => code(await book(ten, more))
  expect(await reason({ booking_type: 'mobile' })).toBe('CUSTOMER_LOCATION_INVALID')
  expect(await reason({ customer_location: at(0) })).toBe('CUSTOMER_LOCATION_INVALID')
  expect(await reason(mobile(0, { wash_bay_id: bayIds[0] }))).toBe('WASH_BAY_ID_INVALID')
  expect(await reason({ mobile_team_id: bayIds[0] })).toBe('MOBILE_TEAM_ID_INVALID')
  expect((await book(ten, { booking_type: 'mobile', customer_location: { latitude: 91, longitude: 0 } })).status).toBe(
    400,
  )
})
