import { describe, expect, test } from 'vitest'
import { outcomes, overlaps } from '../testing/outcomes.ts'
import { setup } from '../testing/world.ts'
import { actOnBooking } from './booking-acts.ts'
import { editBooking } from './booking-edits.ts'
import { expireHolds } from './booking-holds.ts'
import { rescheduleBooking } from './booking-moves.ts'
import { placeBooking } from './bookings.ts'
import { changeOwnWeek } from './opening-hours.ts'
import { changeResource } from './resource-changes.ts'

const minute = 60_000
const hour = 60 * minute
const day = 24 * hour

/** Two processes at one place. */
async function world(options: Parameters<typeof setup>[0] = {}) {
  const made = await setup({ processes: 2, ...options })
  const [one = made.database, two = made.database] = made.databases
  const book = (process: typeof one, startsAt: number, { bay = 0, staffId = null as string | null } = {}) =>
    placeBooking(process, made.wanted(startsAt), {
      ...{ resourceIds: [made.bayIds[bay] ?? ''], staffId, now: made.time.now },
    })
  return { ...made, one, two, book, ten: made.at('2026-12-01', '10:00') }
}

describe('of two processes at once', () => {
  test('another end and a booking of what follows: one of them has the time', async () => {
    const { one, two, book, ten, time } = await world()
    for (let round = 0; round < 10; round += 1) {
      const startsAt = ten + round * day
      const { id } = await book(one, startsAt)
      const longer = editBooking(one, id, { endsAt: startsAt + 90 * minute }, time.now)
      const others = Array.from({ length: 4 }, () => book(two, startsAt + hour))
      expect(await outcomes([longer, ...others])).toEqual({ ok: 1, slot_taken: 4 })
    }
  })

  test('one who washes, wanted at two bays: at one of them', async () => {
    const { one, two, book, ten, staffIds } = await world({ bays: 2, staff: 1 })
    const [staffId = ''] = staffIds
    for (let round = 0; round < 10; round += 1) {
      const startsAt = ten + round * day
      const work = Array.from({ length: 8 }, (_, n) => book(n % 2 ? one : two, startsAt, { bay: n % 2, staffId }))
      const counts = await outcomes(work)
      expect(counts.ok).toBe(1)
      expect(Object.keys(counts).every((key) => ['ok', 'slot_taken', 'staff_taken'].includes(key))).toBe(true)
    }
  })

  test('bays and people that are exchanged in every order end without a deadlock, and nothing overlaps', async () => {
    const { one, two, book, ten, bayIds, staffIds, time, database } = await world({ bays: 2, staff: 2 })
    const ids: string[] = []
    for (const n of [0, 1, 2, 3])
      ids.push((await book(one, ten + (n >> 1) * 2 * hour, { bay: n % 2, staffId: staffIds[n % 2] ?? null })).id)
    const work = Array.from({ length: 80 }, (_, n) => {
      const [process, id] = [n % 2 ? one : two, ids[n % 4] ?? '']
      return n % 3 === 0
        ? editBooking(process, id, { staffId: staffIds[n % 5 === 0 ? 0 : 1] ?? '' }, time.now)
        : rescheduleBooking(process, id, {
            ...{ startsAt: ten + (n % 4) * hour, resourceId: bayIds[(n >> 1) % 2] ?? '', now: time.now },
          })
    })
    const known = ['ok', 'slot_taken', 'staff_taken', 'booking_busy']
    expect(Object.keys(await outcomes(work)).filter((key) => !known.includes(key))).toEqual([])
    expect((await database.pool.query(overlaps)).rows).toEqual([{ n: 0 }])
    const deadlocks = 'select deadlocks::int as n from pg_stat_database where datname = current_database()'
    expect((await database.pool.query(deadlocks)).rows).toEqual([{ n: 0 }])
  })

  test('bookings of a team on one day: as many as it takes', async () => {
    const { one, two, wanted, at, teamIds, time } = await world({ teams: 1, dailyCapacity: 3 })
    const location = { latitude: 48, longitude: 2 }
    const work = Array.from({ length: 9 }, (_, n) =>
      placeBooking(
        n % 2 ? one : two,
        { ...wanted(at('2026-12-01', '09:00') + n * hour), type: 'mobile', location },
        { resourceIds: teamIds, now: time.now },
      ),
    )
    expect(await outcomes(work)).toEqual({ ok: 3, team_full: 6 })
  })

  test('a late confirmation and a booking of the same time: the booking has it', async () => {
    const { one, two, book, ten, time } = await world({ holdMin: 30 })
    for (let round = 0; round < 10; round += 1) {
      const startsAt = ten + (round + 1) * day
      const { id } = await book(one, startsAt)
      time.now += 30 * minute
      const confirmed = actOnBooking(one, id, 'confirm', { now: time.now })
      const work = [confirmed, book(two, startsAt), expireHolds(one, time.now)]
      expect(await outcomes(work)).toEqual({ ok: 2, wrong_status: 1 })
      await expect(confirmed).rejects.toMatchObject({ reason: 'wrong_status' })
    }
  })

  test('somebody’s new hours, or their leaving, and a booking with them: it is refused, or listed', async () => {
    const { one, two, book, ten, staffIds, time } = await world({ staff: 1 })
    const [staffId = ''] = staffIds
    for (let round = 0; round < 10; round += 1) {
      const [booked, listed] = await Promise.allSettled([
        book(one, ten + round * day, { staffId }),
        changeOwnWeek(two, staffId, { week: {}, now: time.now }),
      ])
      if (listed.status !== 'fulfilled') throw listed.reason
      expect(listed.value.length).toBe(booked.status === 'fulfilled' ? 1 : 0)
      if (booked.status === 'fulfilled') await actOnBooking(one, booked.value.id, 'cancel', { now: time.now })
      await changeOwnWeek(two, staffId, { week: null, now: time.now })
    }
    const leaves = changeResource(two, staffId, { kind: 'staff', status: 'inactive', now: time.now })
    const counts = await outcomes([book(one, ten, { staffId }), leaves])
    expect([
      { ok: 1, resource_in_use: 1 },
      { ok: 1, staff_unavailable: 1 },
    ]).toContainEqual(counts)
  })
})
