import { describe, expect, test } from 'vitest'
import { code, setupPlace } from '../testing/place.ts'

const on = (time: string, day = '2026-12-01') => `${day}T${time}:00+01:00`
const ids = ({ body }: { body: { bookings: { id: string }[] } }) => body.bookings.map(({ id }) => id)
const everyDay = (from: string, to: string) => ({
  days: [1, 2, 3, 4, 5, 6, 7].map((weekday) => ({ weekday, hours: [{ from, to }] })),
})

async function times(call: Awaited<ReturnType<typeof setupPlace>>['call'], date = '2026-12-01') {
  const { body } = await call('GET', `/api/v1/scheduling/available-slots?date=${date}`)
  return body.slots.map(({ time }: { time: string }) => time)
}

describe('the hours of the place', () => {
  test('change, list the bookings outside of them, and hold for those that are placed', async () => {
    const { admin, book, call } = await setupPlace()
    const early = await book(on('09:00'))
    await book(on('12:00'))
    const late = await book(on('17:00'))
    const at = '/api/v1/facilities/business-hours'
    const changed = await admin.call('PUT', at, everyDay('10:00', '16:00'))
    expect(ids(changed)).toEqual([early.body.id, late.body.id])
    expect(ids(await admin.call('PUT', at, everyDay('10:00', '16:00')))).toEqual(ids(changed))
    expect((await times(call))[0]).toBe('10:00')
    expect(code(await book(on('15:30')))).toBe('CLOSED')
    expect((await call('GET', at)).body.days[6]).toEqual({ weekday: 7, hours: [{ from: '10:00', to: '16:00' }] })
    const backwards = { days: [{ weekday: 1, hours: [{ from: '18:00', to: '09:00' }] }] }
    expect(code(await admin.call('PUT', at, backwards))).toBe('HOURS_INVALID')
    const twice = {
      days: [
        { weekday: 1, hours: [] },
        { weekday: 1, hours: [] },
      ],
    }
    expect((await admin.call('PUT', at, twice)).status).toBe(400)
  })

  test('are no reason for a booking that a closure hits: it was listed there', async () => {
    const { admin, book } = await setupPlace()
    await book(on('10:00'))
    await admin.call('POST', '/api/v1/facilities/closures', { date: '2026-12-01', reason: 'works' })
    expect(ids(await admin.call('PUT', '/api/v1/facilities/business-hours', everyDay('09:00', '18:00')))).toEqual([])
  })

  test('of one day are its own, and those of its weekday again', async () => {
    const { admin, book, call } = await setupPlace()
    const at = '/api/v1/facilities/exceptional-days/2026-12-01'
    const { body: booking } = await book(on('10:30'))
    const pauses = {
      hours: [
        { from: '08:00', to: '10:00' },
        { from: '10:30', to: '12:00' },
        { from: '13:00', to: '15:00' },
        { from: '16:00', to: '17:00' },
      ],
    }
    expect(ids(await admin.call('PUT', at, pauses))).toEqual([])
    // Three pauses, and none of what is offered is taken.
    expect(await times(call)).toEqual('08:00 08:30 09:00 13:00 13:30 14:00 16:00'.split(' '))
    expect(ids(await admin.call('PUT', at, { hours: [], reason: 'holiday' }))).toEqual([booking.id])
    expect(await times(call)).toEqual([])
    expect((await call('GET', at)).body).toEqual({ date: '2026-12-01', hours: [], reason: 'holiday' })
    expect((await call('GET', '/api/v1/facilities/exceptional-days')).body.exceptional_days).toHaveLength(1)
    expect(ids(await admin.call('DELETE', at))).toEqual([])
    expect(code(await admin.call('DELETE', at))).toBe('EXCEPTIONAL_DAY_NOT_FOUND')
    expect((await times(call)).at(-1)).toBe('17:00')
  })

  test('of a Sunday that is taken back list who comes on it', async () => {
    const { admin, book } = await setupPlace()
    const at = '/api/v1/facilities/exceptional-days/2026-12-06'
    await admin.call('PUT', at, { hours: [{ from: '10:00', to: '12:00' }] })
    const { body: booking } = await book(on('10:00', '2026-12-06'))
    expect(ids(await admin.call('DELETE', at))).toEqual([booking.id])
  })
})

describe('a closure', () => {
  const at = '/api/v1/facilities/closures'

  test('answers what it hits; changed, what it hits newly; deleted, the place is open', async () => {
    const { admin, book, call } = await setupPlace()
    const { body: first } = await book(on('10:00'))
    const { body: second } = await book(on('14:00'))
    const made = await admin.call('POST', at, { starts_at: on('09:00'), ends_at: on('11:00'), reason: 'works' })
    expect([made.status, ids(made)]).toEqual([201, [first.id]])
    const { id } = made.body.closure
    const longer = await admin.call('PATCH', `${at}/${id}`, { ends_at: on('15:00') })
    expect(ids(longer)).toEqual([second.id])
    expect(await times(call)).toEqual(['15:00', '15:30', '16:00', '16:30', '17:00'])
    expect(code(await admin.call('PATCH', `${at}/${id}`, { ends_at: on('08:00') }))).toBe('ENDS_BEFORE_START')
    expect((await admin.call('GET', at)).body.closures).toEqual([longer.body.closure])
    expect((await admin.call('DELETE', `${at}/${id}`)).status).toBe(204)
    expect(code(await admin.call('DELETE', `${at}/${id}`))).toBe('CLOSURE_NOT_FOUND')
    expect((await times(call))[0]).toBe('09:00')
  })

  test('of whole days is so over the change of the clock: 25 hours in autumn, 23 in spring', async () => {
    const { admin } = await setupPlace()
    const hoursOf = async (date: string) => {
      const { body } = await admin.call('POST', at, { date, reason: 'holiday' })
      return (Date.parse(body.closure.ends_at) - Date.parse(body.closure.starts_at)) / 3_600_000
    }
    expect([await hoursOf('2026-10-25'), await hoursOf('2027-03-28'), await hoursOf('2026-12-25')]).toEqual([
      25, 23, 24,
    ])
  })

  test('is not kept by bookings of years ago, however they ended', async () => {
    const { admin, book, database } = await setupPlace()
    const { body: booking } = await book(on('10:00'))
    await admin.call('POST', `/api/v1/bookings/${booking.id}/confirm`, {})
    const long = ['2020-05-05T08:00Z', '2020-05-05T09:00Z']
    await database.pool.query('update bookings set starts_at = $1, ends_at = $2', long)
    const made = await admin.call('POST', at, { date: '2020-01-01', until_date: '2027-01-01', reason: 'for good' })
    expect([made.status, ids(made)]).toEqual([201, []])
  })

  test('of one bay leaves the other, and names a resource that is there', async () => {
    const { admin, book, bayIds } = await setupPlace({ bays: 2 })
    const { body: hit } = await book(on('10:00'))
    await book(on('10:00'))
    const works = { starts_at: on('09:00'), ends_at: on('12:00'), reason: 'pump' }
    expect(ids(await admin.call('POST', at, { ...works, resource_id: bayIds[0] }))).toEqual([hit.id])
    expect((await book(on('11:00'))).body.wash_bay_id).toBe(bayIds[1])
    const nobody = { ...works, resource_id: '0198c000-0000-7000-8000-000000000001' }
    expect(code(await admin.call('POST', at, nobody))).toBe('RESOURCE_NOT_FOUND')
    expect(code(await admin.call('POST', at, { reason: 'x', starts_at: on('09:00') }))).toBe('CLOSURE_TIME_INVALID')
  })
})

describe('the site', () => {
  const at = '/api/v1/facilities/site'

  test('has rules that hold for the next booking, and for what is offered', async () => {
    const { admin, call, book } = await setupPlace()
    expect((await call('GET', at)).body).toMatchObject({ zone: 'Europe/Paris', notice_minutes: 120, step_minutes: 30 })
    const changed = await admin.call('PATCH', at, {
      step_minutes: 60,
      buffer_after_minutes: 15,
      tax_basis_points: 2000,
    })
    expect(changed.body).toMatchObject({ step_minutes: 60, buffer_after_minutes: 15, tax_basis_points: 2000 })
    await book(on('10:00'))
    expect(await times(call)).toEqual('12:00 13:00 14:00 15:00 16:00 17:00'.split(' '))
    expect(code(await book(on('11:10')))).toBe('SLOT_TAKEN')
    await admin.call('PATCH', at, { notice_minutes: 3 * 24 * 60 })
    expect(await times(call)).toEqual([])
    expect(code(await book(on('14:00')))).toBe('TOO_SOON')
    await admin.call('PATCH', at, { notice_minutes: 0, horizon_days: 1 })
    expect(code(await book(on('14:00')))).toBe('TOO_FAR')
  })

  test('keeps its zone once something is booked, and its currency once something has a price', async () => {
    const { admin, book } = await setupPlace()
    expect((await admin.call('PATCH', at, { zone: 'Africa/Casablanca' })).body.zone).toBe('Africa/Casablanca')
    expect((await admin.call('PATCH', at, { zone: '+01:00' })).status).toBe(400)
    expect((await admin.call('PATCH', at, { zone: 'Mars/Olympus' })).status).toBe(400)
    await admin.call('PATCH', at, { zone: 'Europe/Paris' })
    expect((await book(on('10:00'))).status).toBe(201)
    expect(code(await admin.call('PATCH', at, { zone: 'Europe/Berlin' }))).toBe('ZONE_FIXED')
    expect((await admin.call('PATCH', at, { zone: 'Europe/Paris' })).status).toBe(200)
    expect(code(await admin.call('PATCH', at, { currency: 'MAD' }))).toBe('CURRENCY_FIXED')
  })
})
