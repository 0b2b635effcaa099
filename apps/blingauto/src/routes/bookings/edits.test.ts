import { describe, expect, test } from 'vitest'
import { overlaps } from '../../testing/outcomes.ts'
import { code, member, setupPlace } from '../../testing/place.ts'

const on = (time: string, day = '2026-12-01') => `${day}T${time}:00+01:00`
const ends = (booking: { ends_at: string }) => booking.ends_at.slice(11, 16)

async function setup(options: Parameters<typeof setupPlace>[0] = {}) {
  const place = await setupPlace(options)
  const patch = (id: string, body: object, by = place.admin) => by.call('PATCH', `/api/v1/bookings/${id}`, body)
  return { ...place, patch }
}

describe('the end alone', () => {
  test('into the next booking is a conflict, up to it is not', async () => {
    const { book, patch } = await setup()
    const { body: booking } = await book(on('10:00'))
    await book(on('11:30'))
    expect(code(await patch(booking.id, { ends_at: on('12:00') }))).toBe('SLOT_TAKEN')
    const longer = await patch(booking.id, { ends_at: on('11:30') })
    expect(longer.body).toMatchObject({ estimated_duration_minutes: 90, total_price: 50_00 })
    expect(code(await book(on('11:00')))).toBe('SLOT_TAKEN')
    const shorter = await patch(booking.id, { ends_at: on('10:30') })
    expect(ends(shorter.body)).toBe('09:30')
    expect((await book(on('10:30'))).status).toBe(201)
  })

  test('into the next one’s buffer is a conflict', async () => {
    const { book, patch, admin } = await setup()
    await admin.call('PATCH', '/api/v1/facilities/site', { buffer_after_minutes: 15 })
    const { body: booking } = await book(on('10:00'))
    await book(on('12:00'))
    expect(code(await patch(booking.id, { ends_at: on('11:50') }))).toBe('SLOT_TAKEN')
    expect((await patch(booking.id, { ends_at: on('11:45') })).status).toBe(200)
  })

  test('out of the hours is refused, backwards and without end too, and by a client', async () => {
    const { book, patch, client } = await setup()
    const { body: booking } = await book(on('17:00'))
    expect(code(await patch(booking.id, { ends_at: on('18:30') }))).toBe('CLOSED')
    for (const end of [on('16:00'), on('17:10'), on('17:00', '2026-12-02'), '2026-12-01T17:30:30+01:00'])
      expect((await patch(booking.id, { ends_at: end })).status).toBe(422)
    expect((await patch(booking.id, { ends_at: on('17:30') }, client)).status).toBe(403)
    expect((await patch(booking.id, { notes: 'late', phone_number: '+33 1' }, client)).body).toMatchObject({
      ...{ notes: 'late', phone_number: '+33 1', estimated_duration_minutes: 60 },
    })
  })

  test('when the notice is over and the place was closed meanwhile is still moved, but not beyond what it has', async () => {
    const { book, patch, admin, time, as } = await setup()
    const { body: booking } = await book(on('10:00'))
    await admin.call('POST', `/api/v1/bookings/${booking.id}/confirm`, {})
    await admin.call('POST', '/api/v1/facilities/closures', { date: '2026-12-01', reason: 'strike' })
    time.now = Date.parse(on('09:30'))
    const later = await as('admin', 'later')
    expect((await patch(booking.id, { ends_at: on('10:45') }, later)).status).toBe(200)
    expect(code(await patch(booking.id, { ends_at: on('11:15') }, later))).toBe('CLOSED')
  })

  test('of many at once into a gap is moved by one of each two neighbours, and nothing overlaps', async () => {
    const { book, patch, database } = await setup()
    const found = []
    for (const time of ['09:00', '11:00', '13:00', '15:00']) found.push((await book(on(time))).body)
    const stretched = found.map((booking) =>
      patch(booking.id, { ends_at: new Date(Date.parse(booking.scheduled_at) + 150 * 60_000).toISOString() }),
    )
    const statuses = (await Promise.all(stretched)).map(({ status }) => status)
    expect(statuses).toEqual([409, 409, 409, 200])
    expect((await database.pool.query(overlaps)).rows).toEqual([{ n: 0 }])
  })

  test('moves the time of who washes with it', async () => {
    const { book, patch, made } = await setup({ bays: 2 })
    const id = await made('/staff', member('E1'))
    const { body: booking } = await book(on('10:00'), { staff_id: id })
    const { body: next } = await book(on('11:00'), { staff_id: id, wash_bay_id: undefined })
    expect(code(await patch(booking.id, { ends_at: on('11:30') }))).toMatch(/_TAKEN$/)
    await patch(next.id, { staff_id: null })
    const { body: other } = await book(on('12:00'), { staff_id: id })
    expect(other.staff_id).toBe(id)
  })
})

describe('services of a booking that is not confirmed', () => {
  test('are added and taken away: its end and price move', async () => {
    const { book, client, service, wash } = await setup()
    const { body: booking } = await book(on('10:00'))
    const wax = await service('Wax', 45, 30_00)
    const at = `/api/v1/bookings/${booking.id}/services`
    const more = await client.call('POST', at, { service_ids: [wax] })
    expect(more.body).toMatchObject({ estimated_duration_minutes: 105, total_price: 80_00 })
    expect(ends(more.body)).toBe('10:45')
    expect(code(await book(on('11:00')))).toBe('SLOT_TAKEN')
    expect(code(await client.call('POST', at, { service_ids: [wax] }))).toBe('SERVICES_TWICE')
    const less = await client.call('DELETE', `${at}/${wash}`)
    expect(less.body).toMatchObject({ estimated_duration_minutes: 45, total_price: 30_00 })
    expect(less.body.services.map(({ id }: { id: string }) => id)).toEqual([wax])
    expect(code(await client.call('DELETE', `${at}/${wax}`))).toBe('SERVICES_NONE')
    expect(code(await client.call('DELETE', `${at}/${wash}`))).toBe('SERVICE_NOT_FOUND')
    expect((await book(on('11:00'))).status).toBe(201)
  })

  test('into the next booking are a conflict, out of the hours refused, and change nothing then', async () => {
    const { book, client, service } = await setup()
    const wax = await service('Wax', 45, 30_00)
    const { body: booking } = await book(on('10:00'))
    const { body: last } = await book(on('17:00'))
    await book(on('11:00'))
    const add = (id: string) => client.call('POST', `/api/v1/bookings/${id}/services`, { service_ids: [wax] })
    expect(code(await add(booking.id))).toBe('SLOT_TAKEN')
    expect(code(await add(last.id))).toBe('CLOSED')
    const { body: same } = await client.call('GET', `/api/v1/bookings/${booking.id}`)
    expect(same).toEqual(booking)
  })

  test('are fixed once it is confirmed, and too many, too long or too dear are refused', async () => {
    const { book, client, service, admin } = await setup()
    const long = await service('Detail', 240, 90_00)
    const { body: booking } = await book(on('10:00'))
    const at = `/api/v1/bookings/${booking.id}/services`
    expect(code(await client.call('POST', at, { service_ids: [long] }))).toBe('SERVICES_TOO_LONG')
    await admin.call('POST', `/api/v1/bookings/${booking.id}/confirm`, {})
    const wax = await service('Wax', 45, 30_00)
    expect(code(await client.call('POST', at, { service_ids: [wax] }))).toBe('WRONG_STATUS')
    await client.call('POST', `/api/v1/bookings/${booking.id}/cancel`, {})
    expect(code(await client.call('PATCH', `/api/v1/bookings/${booking.id}`, { notes: 'x' }))).toBe('WRONG_STATUS')
  })
})

describe('moving a booking', () => {
  test('goes to another bay where its own is taken, or to the one that is named', async () => {
    const { book, client, bayIds } = await setup({ bays: 3 })
    const [one, two, three] = bayIds
    const { body: booking } = await book(on('10:00'), { wash_bay_id: one })
    await book(on('14:00'), { wash_bay_id: one })
    const move = (time: string, more: object = {}) =>
      client.call('POST', `/api/v1/bookings/${booking.id}/reschedule`, { new_scheduled_at: on(time), ...more })
    expect((await move('12:00')).body.wash_bay_id).toBe(one)
    expect((await move('14:00')).body).toMatchObject({ wash_bay_id: two, total_price: 50_00 })
    expect((await move('14:00', { wash_bay_id: three })).body.wash_bay_id).toBe(three)
    expect(code(await move('14:30', { wash_bay_id: one }))).toBe('SLOT_TAKEN')
    expect((await move('16:00', { wash_bay_id: one })).body.wash_bay_id).toBe(one)
    expect((await book(on('14:00'), { wash_bay_id: three })).status).toBe(201)
  })

  test('leaves a bay that takes no more bookings, whose bookings are lengthened all the same', async () => {
    const { book, client, admin, bayIds, patch } = await setup({ bays: 2 })
    const { body: booking } = await book(on('10:00'))
    const at = `/api/v1/facilities/wash-bays/${bayIds[0]}`
    expect((await admin.call('PATCH', at, { status: 'maintenance' })).status).toBe(200)
    expect((await patch(booking.id, { ends_at: on('11:30') })).status).toBe(200)
    const move = { new_scheduled_at: on('14:00') }
    const moved = await client.call('POST', `/api/v1/bookings/${booking.id}/reschedule`, move)
    expect(moved.body.wash_bay_id).toBe(bayIds[1])
  })

  test('of a team that has all it takes, or starts elsewhere now, is lengthened where it stands', async () => {
    const { book, made, admin, patch } = await setup()
    const base = { base_latitude: 48, base_longitude: 2, daily_capacity: 1, radius_m: 5_000 }
    const team = await made('/facilities/mobile-teams', { name: 'A', ...base })
    const mobile = { booking_type: 'mobile', customer_location: { latitude: 48, longitude: 2 } }
    const { body: booking } = await book(on('10:00'), mobile)
    await admin.call('PATCH', `/api/v1/facilities/mobile-teams/${team}`, { base_latitude: 40, daily_capacity: 0 })
    expect((await patch(booking.id, { ends_at: on('11:30') })).body).toMatchObject({
      ...{ mobile_team_id: team, estimated_duration_minutes: 90 },
    })
  })
})
