import { newId } from '@ikoma/kernel'
import { eq, sql } from 'drizzle-orm'
import { describe, expect, test } from 'vitest'
import { setup } from '../testing/world.ts'
import { actOnBooking } from './booking-acts.ts'
import { addServices, editBooking, removeService } from './booking-edits.ts'
import { expireHolds } from './booking-holds.ts'
import { rescheduleBooking } from './booking-moves.ts'
import { placeBooking } from './bookings.ts'
import { changeClosure, closePlace, reopenPlace } from './closures.ts'
import { changeDay, changeOwnWeek, changeWeek } from './opening-hours.ts'
import { computePlan, readPlan, type Scope } from './plans.ts'
import { changeResource } from './resource-changes.ts'
import { lockResources } from './resources.ts'
import { mobileTeams, resources, staffMembers, washBays } from './schema.ts'
import { changeSite } from './site.ts'
import { releaseSlots, takeSlot } from './time-slots.ts'

const minute = 60_000
const hour = 60 * minute
const place = { latitude: 48, longitude: 2 }

/** Two processes with one Redis, before which everything is asked for once. */
async function world() {
  const made = await setup({ processes: 2, bays: 2, teams: 1, staff: 2, holdMin: 30 })
  const { databases, bayIds, teamIds, staffIds, wanted, at, time } = made
  const [one = databases[0] as never, two = databases[0] as never] = databases
  const answers = new Map<string, string>()
  const kept = {
    get: async (key: string) => answers.get(key) ?? null,
    set: async (key: string, value: string) => void answers.set(key, value),
  }
  const days = { date: '2026-12-01', days: 3 }
  const scopes: Scope[] = (['bay', 'team'] as const).flatMap((kind) => [
    ...[null, ...staffIds].map((staffId) => ({ kind, staffId, ...days })),
  ])
  const asked = () => Promise.all(scopes.map(async (scope) => (await readPlan(two, kept, scope, made.time.now)).plan))
  const computed = () => Promise.all(scopes.map(async (scope) => (await computePlan(one, scope)).plan))
  const book = (startsAt: number, staffId: string | null = null) =>
    placeBooking(one, wanted(startsAt), { resourceIds: [bayIds[0] ?? ''], staffId, now: time.now })
  const ten = at('2026-12-01', '10:00')
  return { ...made, one, two, book, ten, asked, computed, kept, scopes, ids: { bayIds, teamIds, staffIds } }
}

type World = Awaited<ReturnType<typeof world>>

const service = { name: 'Wax', price: 30_00, durationMin: 45 }
const closing = (to: World) => ({ from: to.ten, to: to.ten + hour })
const why = (to: World) => ({ reason: 'works', by: null, now: to.time.now })
const week = { 2: [{ from: '10:00', to: '12:00' }] }
const resource = (kind: 'bay' | 'team' | 'staff', to: World) => ({ kind, now: to.time.now })

/** Everybody who changes an answer: what is there before, and what they do. */
const writers: Record<string, (to: World) => Promise<() => Promise<unknown>>> = {
  'a booking': async (to) => () => to.book(to.ten),
  'a booking with who washes': async (to) => () => to.book(to.ten, to.staffIds[0]),
  'a mobile booking': async (to) => () =>
    placeBooking(
      to.one,
      { ...to.wanted(to.ten), type: 'mobile', location: place },
      { resourceIds: to.teamIds, now: to.time.now },
    ),
  'a confirmation, after which no hold ends': async (to) => {
    const { id } = await to.book(to.ten)
    return () => actOnBooking(to.one, id, 'confirm', { now: to.time.now })
  },
  'a cancellation': async (to) => {
    const { id } = await to.book(to.ten, to.staffIds[0])
    return () => actOnBooking(to.one, id, 'cancel', { now: to.time.now })
  },
  'somebody who does not come': async (to) => {
    const { id } = await to.book(to.ten)
    await actOnBooking(to.one, id, 'confirm', { now: to.time.now })
    to.time.now = to.ten + hour
    return () => actOnBooking(to.one, id, 'no_show', { now: to.time.now })
  },
  'the worker that ends holds': async (to) => {
    await to.book(to.ten, to.staffIds[1])
    to.time.now += 31 * minute
    return () => expireHolds(to.one, to.time.now)
  },
  'a booking over a hold that is over': async (to) => {
    await to.book(to.ten)
    to.time.now += 31 * minute
    return () => to.book(to.ten + 30 * minute)
  },
  'a move to another time': async (to) => {
    const { id } = await to.book(to.ten)
    const goal = { startsAt: to.ten + 5 * hour, resourceId: to.bayIds[0] ?? '', now: to.time.now }
    return () => rescheduleBooking(to.one, id, goal)
  },
  'a move to another bay': async (to) => {
    const { id } = await to.book(to.ten, to.staffIds[0])
    const goal = { startsAt: to.ten, resourceId: to.bayIds[1] ?? '', now: to.time.now }
    return () => rescheduleBooking(to.one, id, goal)
  },
  'another end': async (to) => {
    const { id } = await to.book(to.ten)
    return () => editBooking(to.one, id, { endsAt: to.ten + 90 * minute }, to.time.now)
  },
  'somebody who is named to wash': async (to) => {
    const { id } = await to.book(to.ten)
    return () => editBooking(to.one, id, { staffId: to.staffIds[1] ?? '' }, to.time.now)
  },
  'nobody instead of somebody': async (to) => {
    const { id } = await to.book(to.ten, to.staffIds[1])
    return () => editBooking(to.one, id, { staffId: null }, to.time.now)
  },
  'one more service': async (to) => {
    const { id } = await to.book(to.ten)
    const serviceId = await wax(to)
    return () => addServices(to.one, id, [{ serviceId, ...service }], to.time.now)
  },
  'one service less': async (to) => {
    const { id } = await to.book(to.ten)
    const serviceId = await wax(to)
    await addServices(to.one, id, [{ serviceId, ...service }], to.time.now)
    return () => removeService(to.one, id, serviceId, to.time.now)
  },
  'a car at the gate': async (to) => () => standAt(to),
  'a car that leaves': async (to) => {
    const { slotId } = await standAt(to)
    return () =>
      to.one.transaction(async (tx) => {
        await lockResources(tx, [to.bayIds[0] ?? ''])
        await releaseSlots(tx, [slotId])
      })
  },
  'a closure': async (to) => () => closePlace(to.one, closing(to), why(to)),
  'a closure of one bay': async (to) => () =>
    closePlace(to.one, closing(to), { ...why(to), resourceId: to.bayIds[0] ?? '' }),
  'a closure that is changed': async (to) => {
    const { closure } = await closePlace(to.one, closing(to), why(to))
    return () => changeClosure(to.one, closure.id, { endsAt: new Date(to.ten + 3 * hour), now: to.time.now })
  },
  'a closure that is over': async (to) => {
    const { closure } = await closePlace(to.one, closing(to), why(to))
    return () => reopenPlace(to.one, closure.id)
  },
  'the week': async (to) => () => changeWeek(to.one, week, to.time.now),
  'the week of one bay': async (to) => () => changeOwnWeek(to.one, to.bayIds[0] ?? '', { week, now: to.time.now }),
  'the week of somebody': async (to) => () => changeOwnWeek(to.one, to.staffIds[0] ?? '', { week, now: to.time.now }),
  'a day': async (to) => () => changeDay(to.one, '2026-12-02', { day: { hours: [], reason: null }, now: to.time.now }),
  'a day like its weekday again': async (to) => {
    await changeDay(to.one, '2026-12-02', { day: { hours: [], reason: null }, now: to.time.now })
    return () => changeDay(to.one, '2026-12-02', { day: null, now: to.time.now })
  },
  'the size of a bay': async (to) => () =>
    changeResource(to.one, to.bayIds[0] ?? '', resource('bay', to), async (tx) => {
      await tx
        .update(washBays)
        .set({ maxVehicleSize: 'compact' })
        .where(eq(washBays.id, to.bayIds[0] ?? ''))
    }),
  'where a team starts': async (to) => () =>
    changeResource(to.one, to.teamIds[0] ?? '', resource('team', to), async (tx) => {
      await tx.update(mobileTeams).set({ baseLatitude: null, baseLongitude: null })
    }),
  'the team of somebody': async (to) => () =>
    changeResource(to.one, to.staffIds[0] ?? '', resource('staff', to), async (tx) => {
      await tx
        .update(staffMembers)
        .set({ teamId: to.teamIds[0] ?? '' })
        .where(eq(staffMembers.id, to.staffIds[0] ?? ''))
    }),
  'a new bay': async (to) => async () => {
    const id = newId()
    await to.one.transaction(async (tx) => {
      await tx.insert(resources).values({ id, kind: 'bay' })
      await tx.insert(washBays).values({ id, bayNumber: 'BAY-9', maxVehicleSize: 'large' })
    })
  },
  'a bay that is taken out of use': async (to) => () =>
    changeResource(to.one, to.bayIds[0] ?? '', { ...resource('bay', to), status: 'inactive' }),
  'the zone of the place': async (to) => () => changeSite(to.one, { zone: 'America/New_York' }),
}

async function wax(to: World): Promise<string> {
  const id = newId()
  await to.one.db.execute(sql`insert into services (id, category_id, name, price, duration_min)
    select ${id}, category_id, 'Wax', 3000, 45 from services limit 1`)
  return id
}

const standAt = (to: World) =>
  to.one.transaction((tx) =>
    takeSlot(tx, {
      ...{ resourceId: to.bayIds[0] ?? '', startsAt: to.ten, durationMin: 30, now: to.time.now },
      walkIn: true,
    }),
  )

test('what strangers ask for that nobody can book is not kept, and what cannot be read is worked out', async () => {
  const { one, kept, time, staffIds } = await world()
  const set: string[] = []
  const watched = { get: kept.get, set: async (key: string) => void set.push(key) }
  const asked = { kind: 'bay' as const, staffId: null, date: '2026-12-01', days: 1 }
  await readPlan(one, watched, { ...asked, date: '2026-10-01' }, time.now)
  await readPlan(one, watched, { ...asked, date: '2027-12-01' }, time.now)
  await readPlan(one, watched, { ...asked, staffId: newId() }, time.now)
  expect(set).toEqual([])
  await readPlan(one, watched, { ...asked, staffId: staffIds[0] ?? '' }, time.now)
  expect(set).toHaveLength(1)
  const broken = { get: async () => '{', set: async () => {} }
  const { stamp: _, ...computed } = await computePlan(one, asked)
  expect(await readPlan(one, broken, asked, time.now)).toMatchObject(computed)
})

describe('an answer that was kept is the one that would be worked out, after', () => {
  test.each(Object.entries(writers))('%s', async (_, writer) => {
    const to = await world()
    const write = await writer(to)
    const before = await to.asked()
    await write()
    const now = await to.computed()
    expect(await to.asked()).toEqual(now)
    // Else it would be no test.
    expect(now).not.toEqual(before)
  })
})
