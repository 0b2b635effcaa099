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
