import { AppError } from '@ikoma/kernel'
import fc from 'fast-check'
import { expect, test } from 'vitest'
import type { Hours, Week } from '../domain/opening-hours.ts'
import { offers } from '../domain/plan.ts'
import { dayAfter, firstInstantOf } from '../domain/zoned-time.ts'
import { type Told, wasOpen } from '../testing/oracle.ts'
import { setup } from '../testing/world.ts'
import { actOnBooking } from './booking-acts.ts'
import { editBooking } from './booking-edits.ts'
import { expireHolds } from './booking-holds.ts'
import { rescheduleBooking } from './booking-moves.ts'
import { readBookings } from './booking-views.ts'
import { placeBooking } from './bookings.ts'
import { closePlace, reopenPlace } from './closures.ts'
import { changeDay, changeOwnWeek, changeWeek } from './opening-hours.ts'
import { computePlan, readPlan, type Scope } from './plans.ts'
import { lockResources } from './resources.ts'
import { site } from './schema.ts'
import { releaseSlots, takeSlot } from './time-slots.ts'

const minute = 60_000
const day = 86_400_000
const place = { latitude: 48, longitude: 2 }
const capacity = 3
const everyDay = (hours: Hours[]): Week => Object.fromEntries([1, 2, 3, 4, 5, 6, 7].map((weekday) => [weekday, hours]))
const usual = everyDay([{ from: '09:00', to: '18:00' }])

/** Days on which the clock of the place jumps, or does not. */
const places = fc.constantFrom(
  { zone: 'Europe/Paris', date: '2026-10-25' },
  { zone: 'Europe/Paris', date: '2027-03-28' },
  { zone: 'Africa/Casablanca', date: '2027-02-07' },
  { zone: 'Africa/Casablanca', date: '2027-03-14' },
  { zone: 'America/Sao_Paulo', date: '2018-11-04' },
  { zone: 'Australia/Lord_Howe', date: '2027-10-03' },
  { zone: 'Asia/Kolkata', date: '2027-01-05' },
)
const clock = fc
  .nat(96)
  .map((n) => `${String(Math.floor(n / 4)).padStart(2, '0')}:${String((n % 4) * 15).padStart(2, '0')}`)
const hours: fc.Arbitrary<Hours[]> = fc.oneof(
  fc.constant<Hours[]>([{ from: '00:00', to: '24:00' }]),
  fc.uniqueArray(clock, { minLength: 2, maxLength: 4 }).map((times) => {
    const [a = '', b = '', c, d] = times.toSorted()
    return c !== undefined && d !== undefined
      ? [
          { from: a, to: b },
          { from: c, to: d },
        ]
      : [{ from: a, to: b }]
  }),
)
/** By day mostly, so that they meet. */
const quarter = fc.oneof({ weight: 5, arbitrary: fc.integer({ min: 36, max: 60 }) }, fc.integer({ min: 0, max: 95 }))
const at = { day: fc.nat(1), quarter }
const long = fc.constantFrom(30, 45, 60, 105)
const who = fc.constantFrom(null, 0, 1)
const pick = fc.nat(20)
const command = fc.oneof(
  { weight: 8, arbitrary: fc.record({ do: fc.constant('place' as const), ...at, long, where: fc.nat(2), who }) },
  { weight: 4, arbitrary: fc.record({ do: fc.constant('offered' as const), pick, long, where: fc.nat(2), who }) },
  { weight: 3, arbitrary: fc.record({ do: fc.constant('move' as const), ...at, pick, where: fc.nat(1) }) },
  fc.record({ do: fc.constantFrom('confirm' as const, 'cancel' as const), pick }),
  { weight: 2, arbitrary: fc.record({ do: fc.constant('end' as const), pick, long }) },
  { weight: 2, arbitrary: fc.record({ do: fc.constant('name' as const), pick, who }) },
  fc.record({ do: fc.constant('stand' as const), ...at, where: fc.nat(1) }),
  fc.record({ do: fc.constant('leave' as const), pick }),
  fc.record({ do: fc.constant('close' as const), ...at, quarters: fc.integer({ min: 1, max: 40 }), what: fc.nat(5) }),
  fc.record({ do: fc.constant('open' as const), pick }),
  fc.record({ do: fc.constant('week' as const), hours }),
  {
    weight: 2,
    arbitrary: fc.record({ do: fc.constant('own' as const), what: fc.nat(4), hours: fc.option(hours) }),
  },
  fc.record({ do: fc.constant('day' as const), day: fc.nat(1), hours }),
  fc.record({ do: fc.constant('wait' as const), minutes: fc.integer({ min: 1, max: 40 }) }),
  fc.record({ do: fc.constant('expire' as const) }),
)
type Command = typeof command extends fc.Arbitrary<infer T> ? T : never

async function world() {
  const made = await setup({
    ...{ processes: 2, bays: 2, teams: 1, dailyCapacity: capacity, staff: 2, holdMin: 30, noticeMin: 0 },
    ...{ horizonDays: 400, bufferBeforeMin: 5, bufferAfterMin: 10 },
  })
  const { databases, bayIds, teamIds, staffIds } = made
  const [one = databases[0] as never, two = databases[0] as never] = databases
  const places = [...bayIds, ...teamIds]
  const everything = [...places, ...staffIds]
  return { ...made, one, two, places, everything }
}

type World = Awaited<ReturnType<typeof world>>

/** One run, from an empty place on. */
class Run {
  readonly #world: World
  readonly #start: string
  readonly told: Told
  readonly #answers = new Map<string, string>()
  readonly #standing: string[] = []
  #done = 0
  #known: Awaited<ReturnType<typeof readBookings>> = []
  #now: number

  constructor(made: World, zone: string, date: string) {
    this.#world = made
    this.#start = dayAfter(date, -1)
    this.#now = firstInstantOf(this.#start, '00:00', zone) - 2 * day
    this.told = { zone, week: usual, days: {}, own: {}, closures: [] }
  }

  async begin(): Promise<void> {
    const { one } = this.#world
    for (const table of emptied) await one.pool.query(`delete from ${table}`)
    await one.db.update(site).set({ zone: this.told.zone })
    await changeWeek(one, usual, this.#now)
  }

  async do(command: Command): Promise<void> {
    const before = this.#known
    try {
      await this.#run(command, before)
    } catch (error) {
      if (!(error instanceof AppError) || !['conflict', 'unprocessable'].includes(error.code)) throw error
      // What was offered a moment ago, with nobody else there, is free.
      if (command.do === 'offered') throw error
    }
    await this.#check(command, before)
  }

  #at({ day: days, quarter }: { day: number; quarter: number }): number {
    return firstInstantOf(dayAfter(this.#start, days), '00:00', this.told.zone) + quarter * 15 * minute
  }

  async #bookings() {
    return readBookings(this.#world.one.db, undefined)
  }

  async #run(command: Command, all: Awaited<ReturnType<typeof readBookings>>): Promise<unknown> {
    const { one, two, bayIds, staffIds, everything, places } = this.#world
    const now = this.#now
    const picked = 'pick' in command ? all[command.pick % Math.max(all.length, 1)] : undefined
    switch (command.do) {
      case 'place':
        return this.#place(this.#at(command), command)
      case 'offered':
        return this.#placeOffered(command)
      case 'move':
        if (picked?.type !== 'stationary') return
        return rescheduleBooking(two, picked.id, {
          ...{ startsAt: this.#at(command), resourceId: bayIds[command.where] ?? '', now },
        })
      case 'confirm':
      case 'cancel':
        return picked && actOnBooking(one, picked.id, command.do, { now })
      case 'end':
        if (!picked) return
        return editBooking(two, picked.id, { endsAt: picked.startsAt.getTime() + command.long * minute }, now)
      case 'name':
        return picked && editBooking(one, picked.id, { staffId: this.#member(command.who) }, now)
      case 'stand': {
        const resourceId = bayIds[command.where] ?? ''
        const wanted = { resourceId, startsAt: this.#at(command), durationMin: 30, now, walkIn: true }
        this.#standing.push((await one.transaction((tx) => takeSlot(tx, wanted))).slotId)
        return
      }
      case 'leave': {
        const slotId = this.#standing[command.pick % Math.max(this.#standing.length, 1)]
        if (!slotId) return
        return one.transaction(async (tx) => {
          await lockResources(tx, bayIds)
          await releaseSlots(tx, [slotId])
        })
      }
      case 'close': {
        const from = this.#at(command)
        const span = { from, to: from + command.quarters * 15 * minute }
        const resourceId = everything[command.what] ?? null
        const { closure } = await closePlace(one, span, { reason: 'x', by: null, now, resourceId })
        return this.told.closures.push({ id: closure.id, ...span, resourceId })
      }
      case 'open': {
        const [gone] = this.told.closures.splice(command.pick % Math.max(this.told.closures.length, 1), 1)
        return gone && reopenPlace(two, gone.id)
      }
      case 'week':
        this.told.week = everyDay(command.hours)
        return changeWeek(two, this.told.week, now)
      case 'own': {
        const id = [...places, ...staffIds][command.what] ?? ''
        const week = command.hours && everyDay(command.hours)
        this.told.own[id] = week
        return changeOwnWeek(one, id, { week, now })
      }
      case 'day': {
        const date = dayAfter(this.#start, command.day)
        this.told.days[date] = command.hours
        return changeDay(two, date, { day: { hours: command.hours, reason: null }, now })
      }
      case 'wait':
        this.#now += command.minutes * minute
        return
      case 'expire':
        return expireHolds(two, now)
    }
  }

  #member(index: number | null): string | null {
    return index === null ? null : (this.#world.staffIds[index] ?? null)
  }

  #place(startsAt: number, { long: minutes, where, who: index }: { long: number; where: number; who: number | null }) {
    const { one, places, wanted } = this.#world
    const isMobile = where === 2
    // Staff of no team does not go out.
    const staffId = isMobile ? null : this.#member(index)
    const booking = isMobile
      ? { ...wanted(startsAt, minutes), type: 'mobile' as const, location: place }
      : wanted(startsAt, minutes)
    return placeBooking(one, booking, { resourceIds: [places[where] ?? ''], staffId, now: this.#now })
  }

  async #placeOffered(command: Command & { do: 'offered' }): Promise<unknown> {
    const isMobile = command.where === 2
    const staffId = isMobile ? null : this.#member(command.who)
    const scope = this.#scope(isMobile ? 'team' : 'bay', staffId)
    const { plan, site: rules } = await readPlan(this.#world.two, this.#kept, scope, this.#now)
    const placeId = this.#world.places[command.where] ?? null
    const wish = {
      durationMin: command.long,
      size: 'standard' as const,
      location: isMobile ? place : null,
      placeId,
      staffId,
    }
    const free = offers(plan, wish, { rules, now: this.#now })
    const chosen = free[command.pick % Math.max(free.length, 1)]
    return chosen && this.#place(chosen.start, command)
  }

  readonly #kept = {
    get: async (key: string) => this.#answers.get(key) ?? null,
    set: async (key: string, value: string) => void this.#answers.set(key, value),
  }

  #scope(kind: Scope['kind'], staffId: string | null): Scope {
    return { kind, staffId, date: this.#start, days: 3 }
  }

  async #check(command: Command, before: Awaited<ReturnType<typeof readBookings>>): Promise<void> {
    const { one, two, staffIds } = this.#world
    const scopes = [this.#scope('bay', null), this.#scope('bay', staffIds[0] ?? ''), this.#scope('team', null)] as const
    this.#done += 1
    const scope = scopes[this.#done % 3] ?? scopes[0]
    const { stamp: _, ...now } = await computePlan(one, scope)
    expect(await readPlan(two, this.#kept, scope, this.#now)).toMatchObject(now)
    expect((await one.pool.query(apart)).rows).toEqual([])
    expect((await one.pool.query(whole)).rows).toEqual([])
    this.#known = await this.#bookings()
    for (const booking of this.#known) {
      const old = before.find(({ id }) => id === booking.id)
      const span = { from: booking.startsAt.getTime(), to: booking.endsAt.getTime() }
      const isSame =
        old?.placeId === booking.placeId &&
        (old.staffId === booking.staffId || booking.staffId === null) &&
        old.startsAt.getTime() <= span.from &&
        span.to <= old.endsAt.getTime()
      const resources = booking.staffId === null ? [booking.placeId] : [booking.placeId, booking.staffId]
      if (!isSame && command.do === 'name') expect(wasOpen(this.told, span, [booking.staffId ?? ''])).toBe(true)
      else if (!isSame) expect(wasOpen(this.told, span, resources)).toBe(true)
    }
    expect(this.#mostOfADay()).toBeLessThanOrEqual(capacity)
  }

  #mostOfADay(): number {
    const coming = this.#known.filter(
      ({ type, status, holdExpiresAt }) =>
        type === 'mobile' &&
        (status === 'confirmed' || (status === 'pending' && (holdExpiresAt?.getTime() ?? 0) > this.#now)),
    )
    const days = Object.values(Object.groupBy(coming, ({ localDate }) => localDate))
    return Math.max(0, ...days.map((ofDay) => ofDay?.length ?? 0))
  }
}

/** Faster than to truncate them. */
const emptied = ['booking_services', 'bookings', 'time_slots', 'closures', 'exceptional_days', 'resource_hours']
/** By their own times, five minutes before and ten after each: not by what the app says that they block. */
const apart = `select a.id from time_slots a join time_slots b on a.resource_id = b.resource_id and a.id < b.id
  and tstzrange(a.starts_at - interval '5 minutes', a.ends_at + interval '10 minutes')
    && tstzrange(b.starts_at - interval '5 minutes', b.ends_at + interval '10 minutes')
  where not a.released and not b.released`
/** Both times of a booking are its own, and both are free once it is over. */
const whole = `select b.id from bookings b join time_slots s on s.id in (b.slot_id, b.staff_slot_id)
  where s.starts_at <> b.starts_at or s.ends_at <> b.ends_at
  or (b.status = 'cancelled' and not s.released) or (b.status = 'confirmed' and s.released)`

test('whatever happens in whatever order: no overlap, nothing outside hours, and what was kept is never wrong', async () => {
  const made = await world()
  const property = fc.asyncProperty(places, fc.array(command, { minLength: 10, maxLength: 40 }), async (where, all) => {
    const run = new Run(made, where.zone, where.date)
    await run.begin()
    for (const each of all) await run.do(each)
  })
  // One run takes seconds on a busy machine.
  const limitMs = Math.max(20_000, fc.readConfigureGlobal().interruptAfterTimeLimit ?? 0)
  await fc.assert(property, { numRuns: 200, interruptAfterTimeLimit: limitMs })
})
