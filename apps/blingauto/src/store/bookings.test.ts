import type { AppError } from '@ikoma/kernel'
import { eq, sql } from 'drizzle-orm'
import { describe, expect, test } from 'vitest'
import { outcomes, overlaps } from '../testing/outcomes.ts'
import { setup } from '../testing/world.ts'
import { actOnBooking } from './booking-acts.ts'
import { expireHolds } from './booking-holds.ts'
import { rescheduleBooking } from './booking-moves.ts'
import { baysFor, placeBooking } from './bookings.ts'
import { closePlace, reopenPlace } from './closures.ts'
import { bookings, timeSlots } from './schema.ts'

const minute = 60_000
const hour = 60 * minute

const reasonOf = (work: Promise<unknown>) =>
  work.then(
    () => 'ok',
    (error: AppError) => error.reason,
  )

describe('one time', () => {
  test('of one bay goes to one of a hundred who want it at once, through two processes', async () => {
    const { databases, bayIds, wanted, at, time } = await setup({ processes: 2 })
    for (const clock of ['09:00', '10:30', '15:00']) {
      const startsAt = at('2026-12-01', clock)
      const how = { resourceIds: bayIds, now: time.now }
      const all = Array.from({ length: 100 }, (_, n) =>
        placeBooking(databases[n % 2] as never, wanted(startsAt + (n % 3) * 15 * minute), how),
      )
      expect(await outcomes(all)).toEqual({ ok: 1, slot_taken: 99 })
    }
  })

  test('that is gone is told at once, while somebody holds the bay: nobody waits for its lock', async () => {
    const { database, place, at, bayIds } = await setup()
    await place(at('2026-12-01', '10:00'))
    await database.transaction(async (tx) => {
      await tx.execute(sql`select from resources where id = ${bayIds[0]} for update`)
      const crowd = Array.from({ length: 100 }, () => place(at('2026-12-01', '10:30')))
      expect(await outcomes(crowd)).toEqual({ slot_taken: 100 })
    })
  })

  test('that a crowd waits for leaves the others of this process their connections', async () => {
    const { database, place, at, bayIds } = await setup()
    let crowd: Promise<unknown> = Promise.resolve()
    await database.transaction(async (tx) => {
      await tx.execute(sql`select from resources where id = ${bayIds[0]} for update`)
      crowd = outcomes(Array.from({ length: 30 }, () => place(at('2026-12-01', '10:00'))))
      const waiting = `select 1 from pg_stat_activity where wait_event_type = 'Lock' and datname = current_database()`
      await expect.poll(async () => (await database.pool.query(waiting)).rowCount, { timeout: 5_000 }).toBe(1)
    })
    expect(await crowd).toEqual({ ok: 1, slot_taken: 29 })
  })

  test('at any of three bays goes to three, each at one of its own', async () => {
    const { databases, bayIds, wanted, at, time } = await setup({ processes: 2, bays: 3 })
    const startsAt = at('2026-12-01', '10:00')
    const all = Array.from({ length: 40 }, (_, n) =>
      placeBooking(databases[n % 2] as never, wanted(startsAt), { resourceIds: bayIds, now: time.now }),
    )
    expect(await outcomes(all)).toEqual({ ok: 3, slot_taken: 37 })
  })

  test('at any bay is asked of those that the vehicle goes into, the smallest first', async () => {
    const { database, bayIds } = await setup({ bays: 3 })
    const put = (n: number, size: string) =>
      database.pool.query('update wash_bays set max_vehicle_size = $1 where id = $2', [size, bayIds[n]])
    await put(0, 'oversized')
    await put(1, 'compact')
    expect(await baysFor(database.db, 'standard')).toEqual([bayIds[2], bayIds[0]])
    await database.pool.query("update resources set status = 'maintenance' where id = $1", [bayIds[2]])
    expect(await baysFor(database.db, 'standard')).toEqual([bayIds[0]])
    expect(await baysFor(database.db, 'oversized')).toEqual([bayIds[0]])
  })

  test('within somebody’s buffer is refused, and so is one that a program writes behind our back', async () => {
    const { database, place, at, bayIds } = await setup({ bufferBeforeMin: 10, bufferAfterMin: 15 })
    const noon = at('2026-12-01', '12:00')
    await place(noon)
    expect(await reasonOf(place(noon + hour))).toBe('slot_taken')
    expect(await reasonOf(place(noon + 84 * minute))).toBe('slot_taken')
    expect(await reasonOf(place(noon + 85 * minute))).toBe('ok')
    const written = database.db.execute(sql`insert into time_slots (id, resource_id, starts_at, ends_at, blocked) values
      (gen_random_uuid(), ${bayIds[0]}, '2026-12-01T11:30Z', '2026-12-01T11:40Z',
       '[2026-12-01T11:30Z,2026-12-01T11:40Z)')`)
    await expect(written).rejects.toMatchObject({ cause: { constraint: 'time_slots_apart' } })
  })

  test('of a team that does not come there any more is refused, though it came when it was chosen', async () => {
    const { database, teamIds, wanted, at, time } = await setup({ teams: 1 })
    const far = {
      ...wanted(at('2026-12-01', '10:00')),
      type: 'mobile' as const,
      location: { latitude: 49, longitude: 2 },
    }
    const how = { resourceIds: teamIds, now: time.now }
    expect(await reasonOf(placeBooking(database, far, how))).toBe('out_of_reach')
    expect(await reasonOf(placeBooking(database, { ...far, location: { latitude: 48.1, longitude: 2 } }, how))).toBe(
      'ok',
    )
  })

  test('outside the hours, too soon or too far is refused for whoever asks', async () => {
    const { place, at, day } = await setup()
    expect(await reasonOf(place(at('2026-12-01', '08:30')))).toBe('closed')
    expect(await reasonOf(place(at('2026-12-01', '17:30')))).toBe('closed')
    expect(await reasonOf(place(at('2026-11-30', '09:30')))).toBe('too_soon')
    expect(await reasonOf(place(at(day(91), '10:00')))).toBe('too_far')
    expect(await reasonOf(place(at('2026-11-30', '10:00')))).toBe('ok')
  })

  test('is stored as the instant and as what the clock of the place shows', async () => {
    const { place, at } = await setup({ zone: 'Africa/Casablanca', horizonDays: 200 })
    const booking = await place(at('2027-02-10', '10:00'))
    expect([booking.startsAt.toISOString(), booking.localDate, booking.localTime, booking.zone]).toEqual([
      '2027-02-10T10:00:00.000Z',
      '2027-02-10',
      '10:00',
      'Africa/Casablanca',
    ])
  })
})

describe('a booking that nobody confirms', () => {
  test('frees its time when its hold is over, worker or not, and is paid for in vain', async () => {
    const { database, place, at, time } = await setup({ holdMin: 30 })
    const startsAt = at('2026-12-01', '10:00')
    const first = await place(startsAt)
    time.now += 30 * minute - 1
    expect(await reasonOf(place(startsAt))).toBe('slot_taken')
    time.now += 1
    const late = actOnBooking(database, first.id, 'confirm', { now: time.now })
    expect(await reasonOf(late)).toBe('wrong_status')
    const second = await place(startsAt)
    expect((await actOnBooking(database, second.id, 'confirm', { now: time.now })).status).toBe('confirmed')
    const again = actOnBooking(database, first.id, 'confirm', { now: time.now })
    expect(await reasonOf(again)).toBe('wrong_status')
    time.now += 24 * hour
    expect(await expireHolds(database, time.now)).toBe(0)
    expect(await reasonOf(place(startsAt + 48 * hour))).toBe('ok')
  })

  test('is ended by the worker', async () => {
    const { database, place, at, time } = await setup()
    const { id } = await place(at('2026-12-01', '10:00'))
    time.now += 31 * minute
    expect(await expireHolds(database, time.now)).toBe(1)
    const [booking] = await database.db.select().from(bookings).where(eq(bookings.id, id))
    expect(booking).toMatchObject({ status: 'cancelled', endReason: 'hold_expired', fee: 0 })
    expect(await reasonOf(place(at('2026-12-01', '10:00')))).toBe('ok')
  })
})

describe('moving a booking', () => {
  test('takes the new time and frees the old one, and what it costs stays', async () => {
    const { database, place, at, time, bayIds } = await setup()
    const { id, price } = await place(at('2026-12-01', '10:00'))
    await actOnBooking(database, id, 'confirm', { now: time.now })
    const how = { startsAt: at('2026-12-01', '10:30'), resourceId: bayIds[0] ?? '', now: time.now }
    expect(await rescheduleBooking(database, id, how)).toMatchObject({ status: 'confirmed', price, localTime: '10:30' })
    expect(await reasonOf(place(at('2026-12-01', '09:30')))).toBe('ok')
  })

  test('onto another’s time is refused, and leaves it where it was', async () => {
    const { database, place, at, time, bayIds } = await setup()
    const mine = await place(at('2026-12-01', '10:00'))
    await place(at('2026-12-01', '12:00'))
    const how = { startsAt: at('2026-12-01', '11:30'), resourceId: bayIds[0] ?? '', now: time.now }
    expect(await reasonOf(rescheduleBooking(database, mine.id, how))).toBe('slot_taken')
    const [booking] = await database.db.select().from(bookings).where(eq(bookings.id, mine.id))
    expect(booking?.localTime).toBe('10:00')
    expect(await reasonOf(place(at('2026-12-01', '10:30')))).toBe('slot_taken')
  })

  test('is over two hours before it begins', async () => {
    const { database, place, at, time, bayIds } = await setup()
    const { id } = await place(at('2026-12-01', '10:00'))
    await actOnBooking(database, id, 'confirm', { now: time.now })
    time.now = at('2026-12-01', '08:00') + 1
    const how = { startsAt: at('2026-12-02', '10:00'), resourceId: bayIds[0] ?? '', now: time.now }
    expect(await reasonOf(rescheduleBooking(database, id, how))).toBe('too_late_to_reschedule')
  })

  test('while others book where it goes: one of them has the time', async () => {
    const { databases, place, at, time, bayIds, wanted } = await setup({ processes: 2, bays: 2 })
    const startsAt = at('2026-12-01', '14:00')
    for (let round = 0; round < 10; round += 1) {
      const { id } = await place(at('2026-12-02', '10:00') + round * hour * 24, { bay: 1 })
      const target = startsAt + round * 24 * hour
      const [one, two] = databases as [never, never]
      const to = { startsAt: target, resourceId: bayIds[0] ?? '', now: time.now }
      const booked = Array.from({ length: 5 }, () =>
        placeBooking(two, wanted(target + 30 * minute), { resourceIds: [bayIds[0] ?? ''], now: time.now }),
      )
      expect(await outcomes([rescheduleBooking(one, id, to), ...booked])).toEqual({ ok: 1, slot_taken: 5 })
    }
  })

  test('several at once onto each other’s times ends without a deadlock, and no two overlap', async () => {
    const { database, place, at, time, bayIds } = await setup({ bays: 2 })
    const ids: string[] = []
    for (const bay of [0, 1])
      for (const clock of ['09:00', '11:00', '13:00']) ids.push((await place(at('2026-12-01', clock), { bay })).id)
    const moves = Array.from({ length: 60 }, (_, n) =>
      rescheduleBooking(database, ids[n % 6] ?? '', {
        startsAt: at('2026-12-01', ['09:00', '10:00', '11:00', '12:00', '14:00'][n % 5] ?? ''),
        resourceId: bayIds[n % 2] ?? '',
        now: time.now,
      }),
    )
    expect(Object.keys(await outcomes(moves)).filter((key) => key !== 'ok' && key !== 'slot_taken')).toEqual([])
    expect((await database.pool.query(overlaps)).rows).toEqual([{ n: 0 }])
  })
})

describe('closing the place', () => {
  test('lists the bookings that it hits, leaves them, and refuses new ones until it is open again', async () => {
    const { database, place, at, time } = await setup()
    const { id } = await place(at('2026-12-01', '11:30'))
    await place(at('2026-12-02', '11:30'))
    const span = { from: at('2026-12-01', '12:00'), to: at('2026-12-02', '00:00') }
    const { closure, bookings: hit } = await closePlace(database, span, { reason: 'works', by: null, now: time.now })
    expect(hit.map((booking) => booking.id)).toEqual([id])
    expect(await reasonOf(place(at('2026-12-01', '14:00')))).toBe('closed')
    expect(await reasonOf(place(at('2026-12-01', '09:30')))).toBe('ok')
    expect(await reopenPlace(database, closure.id)).toBe(true)
    expect(await reasonOf(place(at('2026-12-01', '14:00')))).toBe('ok')
  })

  test('while somebody books: the booking is listed, or refused', async () => {
    const { databases, wanted, at, time, bayIds } = await setup({ processes: 2 })
    for (let round = 0; round < 20; round += 1) {
      const startsAt = at('2026-12-01', '14:00') + round * 24 * hour
      const [one, two] = databases as [never, never]
      const [booked, closed] = await Promise.allSettled([
        placeBooking(one, wanted(startsAt), { resourceIds: bayIds, now: time.now }),
        closePlace(two, { from: startsAt, to: startsAt + hour }, { reason: 'x', by: null, now: time.now }),
      ])
      if (closed.status !== 'fulfilled') throw closed.reason
      expect(closed.value.bookings.length).toBe(booked.status === 'fulfilled' ? 1 : 0)
    }
  })
})

test('a cancelled booking keeps nobody away, and costs what it costs so late', async () => {
  const { database, place, at, time } = await setup()
  const { id } = await place(at('2026-12-01', '10:00'))
  await actOnBooking(database, id, 'confirm', { now: time.now })
  time.now = at('2026-12-01', '07:00')
  const cancelled = await actOnBooking(database, id, 'cancel', { now: time.now, reason: 'rain' })
  expect(cancelled).toMatchObject({ status: 'cancelled', fee: 25_00, endReason: 'rain' })
  expect(await reasonOf(place(at('2026-12-01', '10:00')))).toBe('ok')
  const slots = await database.db.select().from(timeSlots)
  expect(slots.map(({ released }) => released).toSorted()).toEqual([false, true])
})
