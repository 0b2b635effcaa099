import fc from 'fast-check'
import { Temporal } from 'temporal-polyfill'
import { describe, expect, test } from 'vitest'
import { blockedBy, defaultRules, freeStarts, isOpen, refusal, type Wanted } from './availability.ts'
import { type Calendar, hoursFault } from './opening-hours.ts'
import { firstInstantOf, instantsOf, localOf, overlap, type Span } from './zoned-time.ts'

const minute = 60_000
const hour = 60 * minute
const everyDay = (from: string, to: string) =>
  Object.fromEntries([1, 2, 3, 4, 5, 6, 7].map((weekday) => [weekday, [{ from, to }]]))
const at = (date: string, time: string, zone: string): number => {
  const [instant] = instantsOf(date, time, zone)
  if (instant === undefined) throw new Error(`${zone} has no ${date} ${time}`)
  return instant
}

function setup(zone: string, more: Partial<Wanted> & { calendar?: Partial<Calendar> } = {}) {
  const calendar: Calendar = { zone, weekly: everyDay('09:00', '18:00'), days: {}, closures: [], ...more.calendar }
  const wanted: Wanted = {
    rules: { ...defaultRules, noticeMin: 0, horizonDays: 5000, ...more.rules },
    durationMin: more.durationMin ?? 60,
    blocked: more.blocked ?? [],
    now: more.now ?? Date.UTC(2018, 0, 1),
    calendar,
  }
  const startsOn = (date: string) =>
    freeStarts(wanted, { from: firstInstantOf(date, '00:00', zone), to: firstInstantOf(date, '24:00', zone) }).map(
      (start) => localOf(start, zone),
    )
  return { wanted, calendar, times: (date: string) => startsOn(date).map(({ time }) => time), startsOn }
}

/** Days on which the clock of the place jumps, and the day before and after. */
const days: [string, string][] = [
  ['Europe/Paris', '2026-10-25'],
  ['Europe/Paris', '2027-03-28'],
  ['Europe/Paris', '2027-10-31'],
  ['Africa/Casablanca', '2027-02-07'],
  ['Africa/Casablanca', '2027-03-14'],
  ['America/Sao_Paulo', '2018-11-04'],
  ['Australia/Lord_Howe', '2027-04-04'],
  ['Australia/Lord_Howe', '2027-10-03'],
  ['Asia/Kolkata', '2027-03-28'],
  ['America/New_York', '2026-11-01'],
]

describe('hours are of the wall clock', () => {
  test.each(days)('nine o’clock is nine o’clock before, on and after a jump: %s %s', (zone, date) => {
    const { times } = setup(zone)
    const [year, month, dayOfMonth] = date.split('-').map(Number) as [number, number, number]
    for (const shift of [-1, 0, 1, 7]) {
      const other = new Date(Date.UTC(year, month - 1, dayOfMonth + shift)).toISOString().slice(0, 10)
      expect(times(other)[0]).toBe('09:00')
      expect(times(other).at(-1)).toBe('17:00')
      expect(times(other)).toHaveLength(17)
    }
  })

  test.each(days)('one half hour at 12:30 is shown and can be booked: %s %s', (zone, date) => {
    const { wanted, startsOn } = setup(zone, {
      durationMin: 30,
      calendar: { weekly: everyDay('12:30', '13:00') } as Partial<Calendar>,
    } as never)
    const [only, ...others] = startsOn(date)
    expect([only?.time, others]).toEqual(['12:30', []])
    expect(refusal(wanted, at(date, '12:30', zone))).toBeNull()
  })

  test('five and a half hours from Greenwich starts are on the hour and the half hour', () => {
    expect(
      new Set(
        setup('Asia/Kolkata')
          .times('2027-01-05')
          .map((time) => time.slice(3)),
      ),
    ).toEqual(new Set(['00', '30']))
  })

  test('the hour that a spring night leaves out has no start, nor have hours within it', () => {
    const night = (from: string, to: string) =>
      setup('Europe/Paris', { durationMin: 15, calendar: { weekly: everyDay(from, to) } } as never).times('2027-03-28')
    expect(night('00:00', '06:00').filter((time) => time.startsWith('02'))).toEqual([])
    expect(night('02:00', '03:00')).toEqual([])
    expect(night('02:15', '02:45')).toEqual([])
    expect(night('01:00', '04:00')).toEqual(['01:00', '01:30', '03:00', '03:30'])
  })

  test('the hour that an autumn night repeats can be booked twice, and no end is before its start', () => {
    const { startsOn } = setup('Europe/Paris', {
      durationMin: 30,
      calendar: { weekly: everyDay('02:00', '03:00') },
    } as never)
    expect(startsOn('2026-10-25').map(({ time, offset }) => `${time}${offset}`)).toEqual([
      '02:00+02:00',
      '02:30+02:00',
      '02:00+01:00',
      '02:30+01:00',
    ])
    const closing = setup('Europe/Paris', {
      durationMin: 30,
      calendar: { weekly: everyDay('01:00', '02:30') },
    } as never)
    expect(closing.startsOn('2026-10-25').map(({ time }) => time)).toEqual(['01:00', '01:30', '02:00'])
  })

  test('hours up to midnight go on in those from midnight', () => {
    const calendar = { weekly: { 5: [{ from: '22:00', to: '24:00' }], 6: [{ from: '00:00', to: '02:00' }] } }
    const { times, wanted } = setup('Europe/Paris', { durationMin: 120, calendar } as never)
    expect(times('2027-01-08')).toEqual(['22:00', '22:30', '23:00', '23:30'])
    expect(times('2027-01-09')).toEqual(['00:00'])
    expect(refusal(wanted, at('2027-01-09', '00:30', 'Europe/Paris'))).toBe('closed')
  })

  test('a client one zone further east sees the last hour of the day as the first of the next', () => {
    const { startsOn, wanted } = setup('Europe/Paris', { calendar: { weekly: everyDay('23:00', '24:00') } } as never)
    expect(startsOn('2027-01-05').map(({ time }) => time)).toEqual(['23:00'])
    const [start = 0] = freeStarts(wanted, {
      from: at('2027-01-05', '00:00', 'Europe/Paris'),
      to: at('2027-01-06', '00:00', 'Europe/Paris'),
    })
    expect(localOf(start, 'Europe/Helsinki')).toMatchObject({ date: '2027-01-06', time: '00:00' })
  })
})

describe('days that are not like their weekday', () => {
  test('an exceptional day with three pauses offers nothing within them', () => {
    const hours = [
      { from: '08:00', to: '10:00' },
      { from: '10:30', to: '12:00' },
      { from: '13:00', to: '15:00' },
      { from: '16:00', to: '17:00' },
    ]
    const { times } = setup('Europe/Paris', { calendar: { days: { '2027-01-05': hours } } } as never)
    expect(times('2027-01-05')).toEqual('08:00 08:30 09:00 10:30 11:00 13:00 13:30 14:00 16:00'.split(' '))
    expect(times('2027-01-06')).toHaveLength(17)
  })

  test('one without hours is closed', () => {
    const { times } = setup('Europe/Paris', { calendar: { days: { '2027-01-05': [] } } } as never)
    expect(times('2027-01-05')).toEqual([])
  })

  test('a week that is open on Thursdays alone is so in every week, over the change of the clock', () => {
    const { times } = setup('Europe/Helsinki', {
      calendar: { weekly: { 4: [{ from: '09:00', to: '12:00' }] } },
    } as never)
    for (let week = 0; week < 8; week += 1) {
      const thursday = new Date(Date.UTC(2027, 2, 4 + 7 * week)).toISOString().slice(0, 10)
      expect(times(thursday)[0]).toBe('09:00')
    }
    expect(times('2027-03-05')).toEqual([])
  })

  test('a closure over half a week leaves the other half, and one of years ago blocks nothing', () => {
    const closures: Span[] = [
      { from: at('2027-01-04', '00:00', 'Europe/Paris'), to: at('2027-01-06', '12:00', 'Europe/Paris') },
      { from: at('2019-01-01', '00:00', 'Europe/Paris'), to: at('2020-01-01', '00:00', 'Europe/Paris') },
    ]
    const { times } = setup('Europe/Paris', { calendar: { closures } } as never)
    expect(times('2027-01-04')).toEqual([])
    expect(times('2027-01-06')[0]).toBe('12:00')
    expect(times('2027-01-07')).toHaveLength(17)
  })

  test.each([
    [[{ from: '09:00', to: '09:00' }], '09:00 is not before 09:00'],
    [[{ from: '18:00', to: '09:00' }], '18:00 is not before 09:00'],
    [
      [
        { from: '09:00', to: '12:00' },
        { from: '11:00', to: '13:00' },
      ],
      '11:00 is before the hours that end at 12:00',
    ],
    [[{ from: '00:00', to: '24:00' }], null],
  ])('hours that cannot be are named: %j', (hours, fault) => {
    expect(hoursFault(hours)).toBe(fault)
  })
})

describe('a start', () => {
  const zone = 'Europe/Paris'
  const ten = at('2027-01-05', '10:00', zone)

  test('within a buffer is taken, by whomever it is asked for', () => {
    const rules = { ...defaultRules, noticeMin: 0, horizonDays: 5000, bufferBeforeMin: 10, bufferAfterMin: 15 }
    const noon = ten + 2 * hour
    const blocked = [blockedBy({ from: noon, to: noon + hour }, rules)]
    const { wanted } = setup(zone, { rules, blocked })
    expect(refusal(wanted, noon + hour)).toBe('taken')
    expect(refusal(wanted, noon + hour + 24 * minute)).toBe('taken')
    expect(refusal(wanted, noon + hour + 25 * minute)).toBeNull()
    expect(refusal(wanted, noon - hour - 24 * minute)).toBe('taken')
    expect(refusal(wanted, noon - hour - 25 * minute)).toBeNull()
  })

  test('at ten for 105 minutes keeps eleven free of others, also when it is five past ten', () => {
    const { wanted } = setup(zone, { blocked: [{ from: ten, to: ten + 105 * minute }], now: ten + 5 * minute })
    expect(refusal(wanted, ten + hour)).toBe('taken')
    expect(refusal(wanted, ten + 105 * minute)).toBeNull()
  })

  test('is too soon within the notice, which counts hours and not days of the calendar', () => {
    const rules = { ...defaultRules, noticeMin: 7 * 24 * 60, horizonDays: 90 }
    const now = at('2027-03-21', '12:00', zone)
    const { wanted, times } = setup(zone, { rules, now })
    expect(times('2027-03-28')).toEqual('13:00 13:30 14:00 14:30 15:00 15:30 16:00 16:30 17:00'.split(' '))
    expect(refusal(wanted, now + 7 * 24 * hour - 1)).toBe('too_soon')
    expect(refusal(wanted, now + 91 * 24 * hour)).toBe('too_far')
  })

  test('outside the hours, or over their end, is closed', () => {
    const { wanted } = setup(zone)
    expect(refusal(wanted, at('2027-01-05', '08:30', zone))).toBe('closed')
    expect(refusal(wanted, at('2027-01-05', '17:30', zone))).toBe('closed')
    expect(refusal(wanted, at('2027-01-05', '17:00', zone))).toBeNull()
  })

  test('of another place is its own: what somebody booked at 14:00 from another zone is gone at 14:00', () => {
    const picked = at('2027-07-05', '20:00', 'Asia/Tokyo')
    const { times } = setup(zone, { blocked: [{ from: picked, to: picked + hour }] })
    expect(localOf(picked, zone).time).toBe('13:00')
    expect(times('2027-07-05')).not.toContain('13:00')
    expect(times('2027-07-05')).toContain('15:00')
  })
})

test('whatever is offered can be booked, and what is booked of it is never outside the hours nor over another', () => {
  const zones = ['Europe/Paris', 'Africa/Casablanca', 'Australia/Lord_Howe', 'Asia/Kolkata', 'America/Sao_Paulo']
  const quarter = fc.integer({ min: 0, max: 96 }).map((n) => {
    const text = `${String(Math.floor(n / 4)).padStart(2, '0')}:${String((n % 4) * 15).padStart(2, '0')}`
    return text
  })
  const hours = fc
    .uniqueArray(quarter, { minLength: 2, maxLength: 6 })
    .map((times) => times.toSorted())
    .map((times) =>
      Array.from({ length: Math.floor(times.length / 2) }, (_, i) => ({
        from: times[2 * i] ?? '',
        to: times[2 * i + 1] ?? '',
      })),
    )
  const property = fc.property(
    fc.constantFrom(...zones),
    hours,
    fc.integer({ min: 0, max: 400 }),
    fc.constantFrom(15, 30, 45, 60, 105),
    fc.integer({ min: 0, max: 3 }),
    fc.array(fc.nat(200), { maxLength: 12 }),
    (zone, weekly, dayOfYear, durationMin, buffer, picks) => {
      const from = Date.UTC(2026, 9, 1) + dayOfYear * 24 * hour
      const rules = {
        ...defaultRules,
        noticeMin: 0,
        horizonDays: 5000,
        bufferBeforeMin: buffer * 5,
        bufferAfterMin: buffer * 10,
      }
      const calendar: Calendar = {
        zone,
        weekly: Object.fromEntries([1, 2, 3, 4, 5, 6, 7].map((weekday) => [weekday, weekly])),
        days: {},
        closures: [{ from: from + 30 * hour, to: from + 40 * hour }],
      }
      const bookings: Span[] = []
      for (const pick of picks) {
        const wanted: Wanted = {
          calendar,
          rules,
          durationMin,
          blocked: bookings.map((booking) => blockedBy(booking, rules)),
          now: Date.UTC(2020, 0, 1),
        }
        const starts = freeStarts(wanted, { from, to: from + 72 * hour })
        const start = starts[pick % Math.max(starts.length, 1)]
        if (start === undefined) continue
        expect(refusal(wanted, start)).toBeNull()
        const span = { from: start, to: start + durationMin * minute }
        expect(isOpen(calendar, span)).toBe(true)
        expect(bookings.some((other) => overlap(other, span))).toBe(false)
        expect(overlap(span, calendar.closures[0] ?? span)).toBe(false)
        bookings.push(span)
      }
    },
  )
  fc.assert(property, { numRuns: 300 })
})

test('a clock that is asked often, in any order, shows what Temporal says, over every jump', () => {
  const zones = ['Europe/Paris', 'Africa/Casablanca', 'Australia/Lord_Howe', 'Asia/Kolkata', 'America/Sao_Paulo', 'UTC']
  const instant = fc.integer({ min: Date.UTC(2017, 0) / 60_000, max: Date.UTC(2029, 0) / 60_000 })
  const property = fc.property(fc.constantFrom(...zones), fc.array(instant, { maxLength: 30 }), (zone, minutes) => {
    for (const minute of minutes) {
      const at = Temporal.Instant.fromEpochMilliseconds(minute * 60_000).toZonedDateTimeISO(zone)
      const time = at.toPlainTime().toString({ smallestUnit: 'minute' })
      const shown = { date: at.toPlainDate().toString(), time, zone, offset: at.offset }
      expect(localOf(minute * 60_000, zone)).toEqual(shown)
    }
  })
  fc.assert(property, { numRuns: 200 })
})
