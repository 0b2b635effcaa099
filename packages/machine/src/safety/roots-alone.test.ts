import { expect, test } from 'vitest'
import { accessOf, accountOf, isRootsAlone, onlyOwnerWrites, othersRename, othersWrite } from './roots-alone.ts'

const accounts = { root: 0, self: 998, other: 1000 }
const names = ['root', 'self', 'other'] as const

/** Who may write beside the owner, by the permission bits. */
const modes = [
  { mode: 0o755, who: 'nobody' },
  { mode: 0o700, who: 'nobody' },
  { mode: 0o775, who: 'group' },
  { mode: 0o757, who: 'all' },
  { mode: 0o777, who: 'all' },
] as const

const table = names.flatMap((owner) =>
  modes.flatMap(({ mode, who }) =>
    names.flatMap((group) =>
      [false, true].map((sticky) => {
        const shared = who === 'all' || (who === 'group' && group !== 'root')
        return { owner, mode: mode | (sticky ? 0o1000 : 0), group, sticky, who, shared }
      }),
    ),
  ),
)

test.each(table)('$owner:$group $mode, sticky $sticky: by name and by number', (row) => {
  const { owner, group, mode, sticky, who, shared } = row
  const byNumber = accessOf({ uid: accounts[owner], gid: accounts[group], mode })
  for (const [access, self] of [
    [{ owner, group, mode }, 'self'],
    [byNumber, accountOf(accounts.self)],
  ] as const) {
    expect(othersWrite(access)).toBe(shared)
    expect(onlyOwnerWrites(access)).toBe(who === 'nobody')
    expect(othersRename(access)).toBe(shared && !sticky)
    expect(isRootsAlone(access)).toBe(owner === 'root' && (!shared || sticky))
    expect(isRootsAlone(access, self)).toBe(owner !== 'other' && (!shared || sticky))
  }
})
