import { describe, expect, test } from 'vitest'
import { code, member, setupPlace, team } from '../testing/place.ts'

const on = (time: string, day = '2026-12-01') => `${day}T${time}:00+01:00`

describe('asking for one time', () => {
  test('says that it is free and where, or why not and what is next', async () => {
    const { call, book, bayIds, admin } = await setupPlace()
    const check = async (at: string, more: object = {}) =>
      (await call('POST', '/api/v1/scheduling/check-availability', { scheduled_at: at, ...more })).body
    expect(await check(on('10:00'))).toEqual({
      ...{ available: true, reason: null, wash_bay_ids: bayIds, mobile_team_ids: [], next: [] },
    })
    await book(on('10:00'))
    const taken = await check(on('10:30'))
    expect(taken).toMatchObject({ available: false, reason: 'taken', wash_bay_ids: [] })
    expect(taken.next.map(({ time }: { time: string }) => time)).toEqual(['11:00', '11:30', '12:00', '12:30', '13:00'])
    expect((await check(on('10:30'), { duration_minutes: 30 })).reason).toBe('taken')
    expect(await check(on('17:30'))).toMatchObject({
      reason: 'closed',
      next: [{ date: '2026-12-02', time: '09:00' }, {}, {}, {}, {}],
    })
    expect((await check('2026-11-30T09:00:00+01:00')).reason).toBe('too_soon')
    expect((await check(on('10:00', '2027-04-01'))).reason).toBe('too_far')
    expect((await check(on('10:00'), { vehicle_size: 'OVERSIZED' })).reason).toBe('no_resource')
    await admin.call('PUT', '/api/v1/facilities/business-hours', { days: [] })
    expect(await check(on('14:00'))).toMatchObject({ reason: 'closed', next: [] })
  })

  test('counts how long the services take, and who washes', async () => {
    const { call, book, wash, service, made } = await setupPlace({ bays: 2 })
    const wax = await service('Wax', 45)
    const id = await made('/staff', member('E1'))
    await book(on('11:30'), { staff_id: id })
    const check = async (more: object) =>
      (await call('POST', '/api/v1/scheduling/check-availability', { scheduled_at: on('10:00'), ...more })).body
    expect((await check({ service_ids: [wash, wax] })).wash_bay_ids).toHaveLength(1)
    expect((await check({ service_ids: [wash], staff_id: id })).wash_bay_ids).toHaveLength(2)
    expect(await check({ service_ids: [wash, wax], staff_id: id })).toMatchObject({ available: false, reason: 'taken' })
  })
})

test('a list that is posted is the one that is asked for by address', async () => {
  const { call, made } = await setupPlace()
  await made('/facilities/mobile-teams', team('A', { base_latitude: 48, base_longitude: 2 }))
  const path = '/api/v1/scheduling/available-slots'
  const posted = { date: '2026-12-01', days: 2, duration_minutes: 90 }
  const stationary = await call('POST', path, posted)
  expect(stationary.body.slots).toHaveLength(32)
  expect(stationary.body).toEqual((await call('GET', `${path}?date=2026-12-01&days=2&duration_minutes=90`)).body)
  const mobile = { ...posted, booking_type: 'mobile', customer_location: { latitude: 48.1, longitude: 2 } }
  const asked = `${path}?date=2026-12-01&days=2&duration_minutes=90&booking_type=mobile&latitude=48.1&longitude=2`
  const found = await call('POST', path, mobile)
  expect(found.body.slots[0].mobile_team_ids).toHaveLength(1)
  expect(found.body).toEqual((await call('GET', asked)).body)
  expect(code(await call('POST', path, { ...posted, booking_type: 'mobile' }))).toBe('CUSTOMER_LOCATION_INVALID')
  for (const wrong of [
    'days=15',
    'days=x',
    'duration_minutes=',
    'duration_minutes=1e9',
    'latitude=x&longitude=2',
    'latitude=&longitude=',
  ])
    expect((await call('GET', `${path}?date=2026-12-01&${wrong}`)).status).toBe(400)
})

test('what takes bookings is listed for the staff', async () => {
  const { admin, client, made, bayIds } = await setupPlace()
  await made('/facilities/mobile-teams', team('A', {}))
  await made('/staff', member('E1'))
  const { body } = await admin.call('GET', '/api/v1/scheduling/resources')
  expect(body.resources.map(({ kind }: { kind: string }) => kind)).toEqual(['bay', 'team', 'staff'])
  const bays = await admin.call('GET', '/api/v1/scheduling/resources?kind=bay')
  expect(bays.body.resources).toEqual([
    { id: bayIds[0], kind: 'bay', name: 'BAY-001', max_vehicle_size: 'large', mobile_team_id: null },
  ])
  expect((await client.call('GET', '/api/v1/scheduling/resources')).status).toBe(403)
})
