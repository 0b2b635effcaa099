import { expect, test } from 'vitest'
import { occurrencesOf } from './series.ts'
import { localOf } from './zoned-time.ts'

test.each(['Europe/Paris', 'Africa/Casablanca', 'Australia/Lord_Howe', 'America/New_York'])(
  'a series keeps its hour of the clock over every change of it: %s',
  (zone) => {
    const series = occurrencesOf({ date: '2027-01-05', time: '09:30', zone, everyWeeks: 1, count: 26 })
    expect(new Set(series.map(({ startsAt }) => startsAt !== null && localOf(startsAt, zone).time))).toEqual(
      new Set(['09:30']),
    )
    expect(series.map(({ date }) => date).slice(0, 3)).toEqual(['2027-01-05', '2027-01-12', '2027-01-19'])
  },
)

test('an occurrence in the hour that a night leaves out is named, and is no other hour', () => {
  const series = occurrencesOf({ date: '2027-03-21', time: '02:30', zone: 'Europe/Paris', everyWeeks: 1, count: 3 })
  expect(series.map(({ date, startsAt }) => [date, startsAt === null])).toEqual([
    ['2027-03-21', false],
    ['2027-03-28', true],
    ['2027-04-04', false],
  ])
})
