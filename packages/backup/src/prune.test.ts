import { expect, test } from 'vitest'
import { tooOld } from './prune.ts'
import type { ShelvedBackup } from './shelf/shelved-backup.ts'

const backup = (source: string, takenAt: string) =>
  ({ state: 'proven', manifest: { engine: 'postgres', source, takenAt } }) as ShelvedBackup

test('the last proven backups of each database stay, though another fills the same shelf', () => {
  const young = ['2026-11-03', '2026-11-02'].map((day) => backup('busy', `${day}T00:00:00Z`))
  const last = backup('quiet', '2026-01-02T00:00:00Z')
  const older = backup('quiet', '2026-01-01T00:00:00Z')
  const now = Date.parse('2026-11-21T00:00:00Z')
  expect(tooOld([...young, last, older], { keepDays: 1, keepProven: 1 }, now)).toEqual([young[1], older])
})

test.each(['unproven', 'damaged', 'missing'] as const)(
  'what is %s takes no place among the proven ones, however young, and goes by its age alone',
  (state) => {
    const bad = (day: string) => ({ ...backup('app', `${day}T00:00:00Z`), state })
    const good = (day: string) => backup('app', `${day}T00:00:00Z`)
    const [younger, young, last, between, former, oldest] = [
      ...[bad('2026-01-20'), bad('2026-01-10'), good('2026-01-09')],
      ...[bad('2026-01-08'), good('2026-01-07'), good('2026-01-06')],
    ]
    const all = [younger, young, last, between, former, oldest] as ShelvedBackup[]
    const now = Date.parse('2026-01-21T00:00:00Z')
    expect(tooOld(all, { keepDays: 7, keepProven: 2 }, now)).toEqual([young, between, oldest])
    expect(tooOld(all, { keepDays: 7, keepProven: 1 }, now)).toEqual([young, between, former, oldest])
    expect(tooOld(all, { keepDays: 30, keepProven: 1 }, now)).toEqual([])
  },
)

test('a backup is kept for its days to the last moment', () => {
  const only = { ...backup('app', '2026-01-01T00:00:00Z'), state: 'unproven' } as ShelvedBackup
  const end = Date.parse('2026-01-08T00:00:00Z')
  expect(tooOld([only], { keepDays: 7, keepProven: 1 }, end)).toEqual([])
  expect(tooOld([only], { keepDays: 7, keepProven: 1 }, end + 1)).toEqual([only])
})
