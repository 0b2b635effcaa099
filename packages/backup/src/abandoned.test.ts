import { expect, test } from 'vitest'
import { abandonedIn } from './abandoned.ts'

const id = '20260115T020000Z-1a2b3c'
const takenMs = Date.parse('2026-01-15T02:00:00Z')
const dayMs = 24 * 3600 * 1000
const abandoned = (names: string[], nowMs: number) => abandonedIn(names, nowMs).map(({ file }) => file)

test('a file without a manifest is abandoned after a day, not before, and not by a clock that was put back', () => {
  const names = [`${id}.sqlite.gz`, `work-${id}`]
  expect(abandoned(names, takenMs + dayMs + 1)).toEqual(names)
  for (const nowMs of [takenMs + dayMs, takenMs, takenMs - 10 * dayMs]) expect(abandoned(names, nowMs)).toEqual([])
})

test('what has a manifest is a backup, however old; only its scratch folder is nobody’s', () => {
  const names = [`${id}.json`, `${id}.sqlite.gz`, `${id}.pgdump`, `work-${id}`]
  expect(abandoned(names, takenMs + 1_000 * dayMs)).toEqual([`work-${id}`])
})

test('the manifest of another backup finishes nothing, and names that are not ours are left alone', () => {
  const other = '20260115T020000Z-ffffff'
  const theirs = ['README', 'app.db', 'work-app', `x${id}.gz`, '20260115-1a2b3c.gz']
  const names = [`${other}.json`, `${id}.sqlite.gz`, `${id}.json.abcdef.ikoma`, ...theirs]
  expect(abandoned(names, takenMs + 2 * dayMs)).toEqual([`${id}.sqlite.gz`, `${id}.json.abcdef.ikoma`])
})
