import { describe, expect, test } from 'vitest'
import { overlaps } from '../testing/outcomes.ts'
import { code, member, setupPlace, team } from '../testing/place.ts'

const ten = '2026-12-01T10:00:00+01:00'
const on = (time: string, day = '2026-12-01') => `${day}T${time}:00+01:00`
const days = (from: string, to: string, weekdays = [1, 2, 3, 4, 5]) => ({
  days: weekdays.map((weekday) => ({ weekday, hours: [{ from, to }] })),
})

describe('who washes', () => {
  test('is free and at work, or the booking is refused; one of two bays at once', async () => {
    const { made, book, admin } = await setupPlace({ bays: 2 })
    const id = await made('/staff', member('E1'))
    await admin.call('PUT', `/api/v1/staff/${id}/schedule`, days('09:00', '12:00'))
    expect(code(await book(on('11:30'), { staff_id: id }))).toBe('STAFF_AWAY')
    const first = await book(ten, { staff_id: id })
    expect(first).toMatchObject({ status: 201, body: { staff_id: id } })
    expect(code(await book(on('10:30'), { staff_id: id }))).toBe('STAFF_TAKEN')
    expect((await book(on('10:30'))).status).toBe(201)
    expect((await book(on('11:00'), { staff_id: id })).status).toBe(201)
  })

  test('is one of ten who want them at once at two bays', async () => {
    const { made, book } = await setupPlace({ bays: 2 })
    const id = await made('/staff', member('E1'))
    const answers = await Promise.all(Array.from({ length: 10 }, () => book(ten, { staff_id: id })))
    expect(answers.map(({ status }) => status).toSorted()).toEqual([201, ...Array(9).fill(409)])
  })

  test('works within the hours of the place, however long their own are', async () => {
    const { made, book, admin } = await setupPlace()
    const id = await made('/staff', member('E1'))
    await admin.call('PUT', `/api/v1/staff/${id}/schedule`, days('06:00', '23:00', [1, 2, 3, 4, 5, 6, 7]))
    expect((await book(on('19:00'), { staff_id: id })).status).toBe(422)
    expect((await book(on('17:00'), { staff_id: id })).status).toBe(201)
  })

  test('is away for a time, which lists what it hits, and not longer', async () => {
    const { made, book, admin, call } = await setupPlace()
    const id = await made('/staff', member('E1'))
    const { body: hit } = await book(ten, { staff_id: id })
    await book(on('13:00'))
    const away = { starts_at: on('08:00'), ends_at: on('15:00'), reason: 'doctor', resource_id: id }
    const closed = await admin.call('POST', '/api/v1/facilities/closures', away)
    expect(closed.body.bookings.map((booking: { id: string }) => booking.id)).toEqual([hit.id])
    const free = async (staff: string) => {
      const { body } = await call('GET', `/api/v1/scheduling/available-slots?date=2026-12-01${staff}`)
      return body.slots.map(({ time }: { time: string }) => time)
    }
    expect(await free(`&staff_id=${id}`)).toEqual(['15:00', '15:30', '16:00', '16:30', '17:00'])
    expect((await free(''))[0]).toBe('09:00')
    expect(code(await book(on('11:00'), { staff_id: id }))).toBe('STAFF_AWAY')
    expect((await book(on('11:00'))).status).toBe(201)
    expect((await book(on('15:00'), { staff_id: id })).status).toBe(201)
  })

  test('moves with the booking, and is free again when it is cancelled', async () => {
    const { made, book, client } = await setupPlace({ bays: 2 })
    const id = await made('/staff', member('E1'))
    const { body: booking } = await book(ten, { staff_id: id })
    const at = `/api/v1/bookings/${booking.id}`
    const moved = await client.call('POST', `${at}/reschedule`, { new_scheduled_at: on('14:00') })
    expect(moved.body).toMatchObject({ staff_id: id, scheduled_at: '2026-12-01T13:00:00.000Z' })
    expect((await book(ten, { staff_id: id })).status).toBe(201)
    expect(code(await book(on('14:30'), { staff_id: id }))).toBe('STAFF_TAKEN')
    const onto = await client.call('POST', `${at}/reschedule`, { new_scheduled_at: on('10:30') })
    expect(code(onto)).toBe('STAFF_TAKEN')
    await client.call('POST', `${at}/cancel`, {})
    expect((await book(on('14:30'), { staff_id: id })).status).toBe(201)
  })

  test('is named, exchanged and taken off by managers alone', async () => {
    const { made, book, client, admin, as } = await setupPlace({ bays: 2 })
    const [one, two] = [await made('/staff', member('E1')), await made('/staff', member('E2'))]
    const { body: booking } = await book(ten)
    const at = `/api/v1/bookings/${booking.id}`
    expect((await client.call('PATCH', at, { staff_id: one })).status).toBe(403)
    expect((await (await as('washer')).call('PATCH', at, { staff_id: one })).status).toBe(403)
    expect((await admin.call('PATCH', at, { staff_id: one })).body.staff_id).toBe(one)
    expect(code(await book(ten, { staff_id: one }))).toBe('STAFF_TAKEN')
    expect((await admin.call('PATCH', at, { staff_id: two })).body.staff_id).toBe(two)
    const { body: other } = await book(ten, { staff_id: one })
    expect(code(await admin.call('PATCH', `/api/v1/bookings/${other.id}`, { staff_id: two }))).toBe('STAFF_TAKEN')
    expect((await admin.call('PATCH', at, { staff_id: null })).body.staff_id).toBe(null)
    expect((await admin.call('PATCH', `/api/v1/bookings/${other.id}`, { staff_id: two })).body.staff_id).toBe(two)
  })

  test('of a team goes out with it alone', async () => {
    const { made, book } = await setupPlace()
    const base = { base_latitude: 48, base_longitude: 2 }
    await made('/facilities/mobile-teams', team('A', base))
    const theirs = await made('/facilities/mobile-teams', team('B', base))
    const id = await made('/staff', member('E1', { mobile_team_id: theirs }))
    expect(code(await book(ten, { staff_id: id }))).toBe('STAFF_ELSEWHERE')
    const mobile = { booking_type: 'mobile', customer_location: { latitude: 48, longitude: 2 }, staff_id: id }
    expect((await book(ten, mobile)).body).toMatchObject({ mobile_team_id: theirs, staff_id: id })
  })

  test('whose hold is over is taken by another, together with their bay or without', async () => {
    const { made, book, time, as, vehicle, wash, client, database } = await setupPlace({ bays: 2 })
    const id = await made('/staff', member('E1'))
    const { body: over } = await book(ten, { staff_id: id })
    time.now += 31 * 60_000
    const again = await as('admin', 'later')
    const wanted = { customer_id: client.id, vehicle_id: vehicle, service_ids: [wash], scheduled_at: ten }
    const other = { ...wanted, wash_bay_id: over.wash_bay_id }
    expect((await again.call('POST', '/api/v1/bookings', other)).status).toBe(201)
    expect((await again.call('POST', '/api/v1/bookings', { ...wanted, staff_id: id })).status).toBe(201)
    const confirmed = await again.call('POST', `/api/v1/bookings/${over.id}/confirm`, {})
    expect(code(confirmed)).toBe('WRONG_STATUS')
    expect((await database.pool.query(overlaps)).rows).toEqual([{ n: 0 }])
  })
})

test('people are added, found, changed and let go, but not while somebody waits for them', async () => {
  const { admin, made, book, client } = await setupPlace()
  const id = await made('/staff', member('E1'))
  for (const name of ['E2', 'E3']) await made('/staff', member(name))
  const { body: page } = await admin.call('GET', '/api/v1/staff?limit=2&page=1')
  expect([page.staff.length, page.total_count, page.has_next]).toEqual([2, 3, true])
  expect(code(await admin.call('POST', '/api/v1/staff', member('E1')))).toBe('EMPLOYEE_CODE_TAKEN')
  expect(code(await admin.call('PATCH', `/api/v1/staff/${id}`, { employee_code: 'E2' }))).toBe('EMPLOYEE_CODE_TAKEN')
  expect(code(await admin.call('POST', '/api/v1/staff', member('E9', { account_id: id })))).toBe('ACCOUNT_ID_UNKNOWN')
  const patched = await admin.call('PATCH', `/api/v1/staff/${id}`, { account_id: client.id, last_name: 'Lovelace' })
  expect(patched.body).toMatchObject({ account_id: client.id, last_name: 'Lovelace', employee_code: 'E1' })
  const { body: booking } = await book(ten, { staff_id: id })
  expect(code(await admin.call('DELETE', `/api/v1/staff/${id}`))).toBe('RESOURCE_IN_USE')
  await client.call('POST', `/api/v1/bookings/${booking.id}/cancel`, {})
  expect((await admin.call('DELETE', `/api/v1/staff/${id}`)).status).toBe(204)
  expect((await admin.call('GET', '/api/v1/staff')).body.total_count).toBe(2)
  expect((await admin.call('GET', '/api/v1/staff?status=inactive')).body.staff[0].id).toBe(id)
  expect(code(await book(ten, { staff_id: id }))).toBe('STAFF_UNAVAILABLE')
  expect((await admin.call('GET', `/api/v1/staff/${id}`)).body.status).toBe('inactive')
})

test('a bay and a team have hours of their own too, and a week without any is not the week of the place', async () => {
  const { admin, bayIds, book } = await setupPlace({ bays: 2 })
  const at = `/api/v1/facilities/wash-bays/${bayIds[0]}/hours`
  expect((await admin.call('GET', at)).body).toEqual({ days: null })
  const { body: booked } = await book(ten)
  expect(booked.wash_bay_id).toBe(bayIds[0])
  const changed = await admin.call('PUT', at, days('14:00', '16:00', [2]))
  expect(changed.body.bookings.map(({ id }: { id: string }) => id)).toEqual([booked.id])
  // The first bay is closed then: the second one is tried.
  expect((await book(on('12:00'))).body.wash_bay_id).toBe(bayIds[1])
  expect((await book(on('14:00'))).body.wash_bay_id).toBe(bayIds[0])
  await admin.call('PUT', at, { days: [] })
  expect((await admin.call('GET', at)).body.days).toHaveLength(7)
  expect((await book(on('15:00'), { wash_bay_id: bayIds[0] })).body.error.code).toBe('CLOSED')
  await admin.call('PUT', at, { days: null })
  expect((await book(on('15:00'), { wash_bay_id: bayIds[0] })).status).toBe(201)
})
