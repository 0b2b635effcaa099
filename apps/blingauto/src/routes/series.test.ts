import { describe, expect, test } from 'vitest'
import { setupCounter } from '../testing/counter.ts'

type Shown = { scheduled_at: string; local: { date: string; time: string }; status: string; id: string }
const localOf = (body: { bookings: Shown[] }) => body.bookings.map(({ local }) => `${local.date} ${local.time}`)

async function setup(options = {}) {
  const world = await setupCounter(options)
  await world.database.pool.query('update site set horizon_days = 400')
  await world.database.pool.query("insert into business_hours values (7, '[]') on conflict do nothing")
  await world.database.pool.query(`update business_hours set hours = '[{"from":"00:00","to":"24:00"}]'`)
  const series = (more: object) => ({
    ...{ vehicle_id: world.vehicle, service_ids: [world.full], scheduled_at: '2026-12-01T10:00:00+01:00' },
    ...{ every_weeks: 1, count: 3, ...more },
  })
  const place = (more = {}, headers = {}) => world.client.call('POST', '/api/v1/bookings/series', series(more), headers)
  const count = async () =>
    Number((await world.database.pool.query('select count(*) from bookings where series_id is not null')).rows[0].count)
  return { ...world, series, place, count }
}

describe('a series', () => {
  test('is at the same hour of the clock, whatever the clock does', async () => {
    const { place, client } = await setup()
    const { status, body } = await place({ scheduled_at: '2027-03-16T10:00:00+01:00', every_weeks: 2, count: 18 })
    expect(status).toBe(201)
    expect(localOf(body).every((local) => local.endsWith('10:00'))).toBe(true)
    expect(body.bookings.map(({ scheduled_at }: Shown) => scheduled_at.slice(0, 16))).toEqual(
      expect.arrayContaining(['2027-03-16T09:00', '2027-03-30T08:00', '2027-10-26T08:00', '2027-11-09T09:00']),
    )
    expect(body).toMatchObject({ date: '2027-03-16', time: '10:00', zone: 'Europe/Paris', conflicts: [] })
    const seen = (await client.call('GET', `/api/v1/bookings/series/${body.id}`)).body
    expect(localOf(seen)).toEqual(localOf(body))
  })

  test('with a time that cannot be had is refused, naming the date and why, and books nothing', async () => {
    const { place, book, count, database } = await setup()
    await book('2026-12-08T10:30:00+01:00')
    await database.pool.query(`insert into closures (id, starts_at, ends_at, reason)
      values (gen_random_uuid(), '2026-12-14T23:00Z', '2026-12-15T23:00Z', 'works')`)
    const refused = await place({ count: 4 })
    expect(refused).toMatchObject({
      status: 409,
      body: {
        error: {
          code: 'SERIES_CONFLICTS',
          details: {
            conflicts: [
              { date: '2026-12-08', time: '10:00', reason: 'slot_taken' },
              { date: '2026-12-15', time: '10:00', reason: 'closed' },
            ],
          },
        },
      },
    })
    expect(await count()).toBe(0)
    const { rows } = await database.pool.query('select count(*)::int as n from time_slots where not released')
    expect(rows).toEqual([{ n: 1 }])
    const skipped = await place({ count: 4, on_conflict: 'skip' })
    expect(skipped.status).toBe(201)
    expect(localOf(skipped.body)).toEqual(['2026-12-01 10:00', '2026-12-22 10:00'])
    expect(skipped.body.conflicts.map(({ date }: { date: string }) => date)).toEqual(['2026-12-08', '2026-12-15'])
  })

  test('names the day on which the clock leaves its hour out, and too far a one', async () => {
    const { place, database } = await setup()
    const night = { scheduled_at: '2027-03-21T02:30:00+01:00', on_conflict: 'skip' }
    expect((await place(night)).body.conflicts).toEqual([
      { date: '2027-03-28', time: '02:30', reason: 'hour_left_out' },
    ])
    await database.pool.query('update site set horizon_days = 90')
    const far = await place({ count: 20 })
    expect(far.body.error.details.conflicts[0]).toEqual({ date: '2027-03-02', time: '10:00', reason: 'too_far' })
  })

  test('takes another bay where one is taken, and each of its times once', async () => {
    const { place, book } = await setup({ bays: 2 })
    await book('2026-12-08T10:00:00+01:00')
    const both = await Promise.all([place(), place()])
    expect(both.map(({ status }) => status).toSorted()).toEqual([201, 409])
  })

  test('that is sent again with its key is placed once', async () => {
    const { place, count } = await setup()
    const key = { 'idempotency-key': 'series-1' }
    const first = await place({}, key)
    expect((await place({}, key)).body).toEqual(first.body)
    expect(await count()).toBe(3)
  })

  test('is cancelled from now on, each for its own fee, and by its owner or staff alone', async () => {
    const { place, fresh, again, time } = await setup()
    const { body } = await place({ count: 4 })
    const washer = await fresh('washer')
    for (const { id } of body.bookings) await washer('POST', `/api/v1/bookings/${id}/confirm`, {})
    time.now = Date.parse('2026-12-08T00:00:00+01:00')
    const stranger = await fresh('client')
    expect((await stranger('GET', `/api/v1/bookings/series/${body.id}`)).status).toBe(404)
    expect((await stranger('POST', `/api/v1/bookings/series/${body.id}/cancel`, {})).status).toBe(404)
    const client = await again()
    const { cancelled } = (await client('POST', `/api/v1/bookings/series/${body.id}/cancel`, { reason: 'moved' })).body
    expect(cancelled.map((each: { cancellation_fee: number }) => each.cancellation_fee)).toEqual([7_48, 0, 0])
    const statuses = (await client('GET', `/api/v1/bookings/series/${body.id}`)).body.bookings as Shown[]
    expect(statuses.map(({ status }) => status)).toEqual(['confirmed', 'cancelled', 'cancelled', 'cancelled'])
  })

  test.each([
    [{ count: 53 }, 400],
    [{ count: 1 }, 400],
    [{ every_weeks: 0 }, 400],
    [{ service_ids: ['0198c000-0000-7000-8000-000000000001'] }, 422],
  ])('%j is refused', async (more, status) => {
    const { place } = await setup()
    expect((await place(more)).status).toBe(status)
  })
})
