import { type BackupManifest, type FallLimits, usualFall } from '@ikoma/api'
import { expect, test } from 'vitest'
import { fallBetween, withFalls } from './fall.ts'

const held = (tables: Record<string, number>, bytes = 1_000) => ({ id: 'before', tables, bytes })
const fall = (before: Record<string, number>, now: Record<string, number>, limits: Partial<FallLimits> = {}) =>
  fallBetween(held(before), held(now), { ...usualFall, ...limits })

test.each([
  ['everything is gone', { customer: 5_000 }, {}, '0 of 1 tables, 0 of 5000 rows'],
  ['no row is left', { customer: 3 }, { customer: 0 }, '0 of 3 rows'],
  ['half of the rows are gone', { customer: 5_000 }, { customer: 2_500 }, '2500 of 5000 rows'],
  ['half of the tables are gone', { a: 1, b: 1, c: 1, d: 1 }, { a: 1, b: 1 }, '2 of 4 tables'],
  ['one of many tables was emptied', { log: 90_000, customer: 500 }, { log: 95_000, customer: 0 }, 'none of the 500'],
  ['one of many tables is gone', { log: 90_000, customer: 500, x: 1 }, { log: 95_000, x: 1 }, 'none of the 500'],
])('a backup is suspect when %s', (_, before, now, told) => {
  expect(fall(before as Record<string, number>, now as Record<string, number>)).toContain(told)
})

test.each([
  ['it grew', { customer: 5_000 }, { customer: 5_001, order: 3 }],
  ['a bit less is there', { customer: 5_000 }, { customer: 2_501 }],
  ['a few rows of few are gone', { customer: 9 }, { customer: 2 }],
  ['it was empty before', { customer: 0 }, { customer: 0 }],
  ['a table has another name', { log: 90_000, customer: 500 }, { log: 90_000, client: 500 }],
  ['a small table was emptied', { log: 90_000, queue: 99 }, { log: 90_000, queue: 0 }],
])('it is not when %s', (_, before, now) => {
  expect(fall(before as Record<string, number>, now as Record<string, number>)).toBeNull()
})

test('bytes tell of what rows do not, above what says nothing', () => {
  const rows = { photo: 100 }
  expect(fallBetween(held(rows, 10_000_000), held(rows, 90_000), usualFall)).toContain('90000 of 10000000 bytes')
  expect(fallBetween(held(rows, 60_000), held(rows, 1_000), usualFall)).toBeNull()
})

test('what may shrink is not compared, by its name or the beginning of it', () => {
  const [before, now] = [
    { customer: 10, queue: 5_000, visit_1: 900 },
    { customer: 10, queue: 0 },
  ]
  expect(fall(before, now)).toContain('none of the 5000 rows of queue')
  expect(fall(before, now, { mayShrink: ['queue', 'visit_*'] })).toBeNull()
  expect(fall(before, now, { mayShrink: ['queue'] })).not.toBeNull()
})

test('the limit is the order’s', () => {
  expect(fall({ a: 1_000 }, { a: 890 }, { suspectFallPercent: 11 })).toContain('890 of 1000 rows')
  expect(fall({ a: 1_000 }, { a: 0 }, { suspectFallPercent: 100 })).toContain('0 of 1000 rows')
  expect(fall({ a: 1_000 }, { a: 1 }, { suspectFallPercent: 100 })).toBeNull()
})

const taken = (rows: number, more: Partial<BackupManifest> = {}) =>
  ({
    engine: 'sqlite',
    source: '/a.db',
    bytes: 1_000,
    proof: { at: '', checks: [] },
    tables: { customer: rows },
    ...more,
  }) as BackupManifest
const verdicts = (newestFirst: BackupManifest[]) => withFalls(newestFirst).map(({ suspect }) => suspect !== null)

test('backups from before they were compared are held against the last good one, not against each other', () => {
  expect(verdicts([taken(0), taken(4_900), taken(0), taken(0), taken(5_000)])).toEqual([true, false, true, true, false])
})

test('what is written stays as it was judged, and an unproven one is no measure', () => {
  expect(verdicts([taken(0), taken(0, { suspect: null }), taken(5_000)])).toEqual([false, false, false])
  expect(verdicts([taken(10), taken(5_000, { proof: null })])).toEqual([false, false])
  expect(verdicts([taken(0, { source: '/b.db' }), taken(5_000)])).toEqual([false, false])
})
