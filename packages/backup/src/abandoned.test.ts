import { expect, test } from 'vitest'
import { abandonedIn, clearAbandoned } from './abandoned.ts'
import { simulatedShelf } from './testing/simulated-shelf.ts'

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

test('a scratch folder is cleared as the account it belongs to; one that cannot be is named, and hinders no other', async () => {
  const { host, tool, shelf, here, logged, course } = simulatedShelf()
  const [gone, mine] = [`/var/backups/ikoma/app/work-${id}`, '/var/backups/ikoma/app/work-20260116T020000Z-1a2b3c']
  host.putDirectory(gone, { mode: 0o700, owner: 'gone', group: 'gone' })
  host.putDirectory(mine, { mode: 0o700, owner: 'root', group: 'root' })
  host.install('setpriv', ({ args }) => ({ code: args.join().includes('gone') ? 1 : 0, stderr: 'no such user' }))
  await clearAbandoned(host, tool, { shelf, log: course.log })
  expect([await here(), logged]).toEqual([[`work-${id}`], [`Could not be cleared: ${gone}`]])
})
