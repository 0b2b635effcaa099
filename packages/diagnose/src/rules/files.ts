import type { Entry } from '@ikoma/machine'

/** Owner and mode of a file, as `stat` would tell them. */
export function accessOf({ kind, owner, group, mode }: Entry): string {
  return `${kind}, ${owner}:${group} ${mode.toString(8)}`
}

/** Whether a user may write there, as far as names tell: groups of other names are not known here. */
export function isOpenTo(user: string, { owner, group, mode }: Entry): boolean {
  return user === 'root' || user === owner || user === group || (mode & 0o002) !== 0
}
