import { newId } from '@ikoma/kernel'
import { describe, expect, test } from 'vitest'
import { placeBooking } from '../../store/bookings.ts'
import { code, setupPlace } from '../../testing/place.ts'
import { setup } from '../../testing/world.ts'

/** What people complained of in other booking systems, each as it went wrong there. */
describe('a booking', () => {
  test('for ten after the clock has changed is stored and shown as ten', async () => {
    const { book, client, admin } = await setupPlace()
    await admin.call('PATCH', '/api/v1/facilities/site', { horizon_days: 400 })
    for (const [date, offset] of [
      ['2027-03-27', '+01:00'],
      ['2027-03-29', '+02:00'],
      ['2027-11-02', '+01:00'],
    ]) {
      const placed = await book(`${date}T10:00:00${offset}`)
      const { body } = await client.call('GET', `/api/v1/bookings/${placed.body.id}`)
      expect(body.local).toMatchObject({ date, time: '10:00', utc_offset: offset })
      expect(Date.parse(body.scheduled_at)).toBe(Date.parse(`${date}T10:00:00${offset}`))
    }
  })

  test('from nine hours further east takes the hour of the place, and no other', async () => {
    const { book, call } = await setupPlace()
    await book('2026-12-01T22:00:00+09:00')
    const { body } = await call('GET', '/api/v1/scheduling/available-slots?date=2026-12-01')
    const times = body.slots.map(({ time }: { time: string }) => time)
    expect(times).not.toContain('14:00')
    expect(times).toEqual(expect.arrayContaining(['13:00', '15:00', '16:00', '12:00']))
  })

  test('of a place in São Paulo, twice for the same time, is one', async () => {
    const { book } = await setupPlace({ zone: 'America/Sao_Paulo' })
    const at = '2026-12-01T10:00:00-03:00'
    const [first, second] = await Promise.all([book(at), book(at)])
    expect([first.status, second.status].toSorted()).toEqual([201, 409])
    expect((await book('2026-12-01T13:00:00Z')).status).toBe(409)
  })

  test('that staff places onto a taken time is a conflict for them too', async () => {
    const { book, admin, as, client, vehicle, wash, bayIds } = await setupPlace()
    const at = '2026-12-01T10:00:00+01:00'
    await book(at)
    const wanted = { customer_id: client.id, vehicle_id: vehicle, service_ids: [wash], scheduled_at: at }
    for (const who of [admin, await as('manager'), await as('washer')])
      for (const more of [{}, { wash_bay_id: bayIds[0] }]) {
        const answer = await who.call('POST', '/api/v1/bookings', { ...wanted, ...more })
        expect([answer.status, code(answer)]).toEqual([409, 'SLOT_TAKEN'])
      }
  })

  test('of somebody who is not signed in is refused, whether the time is free or not', async () => {
    const { book, call, vehicle, wash } = await setupPlace()
    const wanted = { vehicle_id: vehicle, service_ids: [wash], scheduled_at: '2026-12-01T10:00:00+01:00' }
    expect((await call('POST', '/api/v1/bookings', wanted)).status).toBe(401)
    expect((await book(wanted.scheduled_at)).status).toBe(201)
    expect((await call('POST', '/api/v1/bookings', wanted)).status).toBe(401)
  })

  test('in four hours, of a place six hours west of Greenwich, can be moved', async () => {
    const { book, admin, time, as } = await setupPlace({ zone: 'America/Mexico_City' })
    const { body: booking } = await book('2026-12-01T14:00:00-06:00')
    await admin.call('POST', `/api/v1/bookings/${booking.id}/confirm`, {})
    time.now = Date.parse('2026-12-01T10:00:00-06:00')
    const move = { new_scheduled_at: '2026-12-01T16:00:00-06:00' }
    const later = await as('manager')
    const moved = await later.call('POST', `/api/v1/bookings/${booking.id}/reschedule`, move)
    expect(moved).toMatchObject({ status: 200, body: { local: { time: '16:00', utc_offset: '-06:00' } } })
  })

  test('whose writing fails half way leaves its time free', async () => {
    const { database, wanted, at, bayIds, time } = await setup()
    const startsAt = at('2026-12-01', '10:00')
    const how = { resourceIds: bayIds, now: time.now }
    const broken = { ...wanted(startsAt), services: [{ serviceId: newId(), name: 'X', price: 1, durationMin: 60 }] }
    await expect(placeBooking(database, broken, how)).rejects.toMatchObject({ reason: 'foreign_key_violation' })
    expect((await placeBooking(database, wanted(startsAt), how)).status).toBe('pending')
  })

  test('that is paid and moved is charged once', async () => {
    const { book, client, admin, database } = await setupPlace()
    const { body: booking } = await book('2026-12-01T10:00:00+01:00')
    await admin.call('POST', `/api/v1/bookings/${booking.id}/confirm`, {})
    await database.pool.query(
      `insert into payments (id, booking_id, amount, method, taken_by) values ($1, $2, 5000, 'card', $3)`,
      [newId(), booking.id, admin.id],
    )
    const move = { new_scheduled_at: '2026-12-02T10:00:00+01:00' }
    const moved = await client.call('POST', `/api/v1/bookings/${booking.id}/reschedule`, move)
    expect(moved.body).toMatchObject({ status: 'confirmed', total_price: 50_00, cancellation_fee: 0, overtime_fee: 0 })
    const paid = await database.pool.query('select amount::int from payments')
    expect(paid.rows).toEqual([{ amount: 5000 }])
  })

  test('is found within one day at no time that is taken', async () => {
    const { book, call } = await setupPlace()
    for (const hour of ['09', '11', '13', '15']) await book(`2026-12-01T${hour}:00:00+01:00`)
    const { body } = await call('POST', '/api/v1/scheduling/check-availability', {
      scheduled_at: '2026-12-01T09:30:00+01:00',
    })
    expect(body.next.map(({ time }: { time: string }) => time)).toEqual(['10:00', '12:00', '14:00', '16:00', '16:30'])
    for (const { starts_at: at } of body.next.slice(0, 4)) expect((await book(at)).status).toBe(201)
  })
})
