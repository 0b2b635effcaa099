import type { FileAccess } from '../host.ts'

const stickyBit = 0o1000

/** Root's, or the account's that we are ourselves. */
export function belongsTo({ owner }: FileAccess, self: string): boolean {
  return owner === 'root' || owner === self
}

/** Whether anybody but the owner and root may write to it; what is in a folder is then anybody's to add to. */
export function othersWrite({ group, mode }: FileAccess): boolean {
  // Group root is root.
  return (mode & 0o002) !== 0 || ((mode & 0o020) !== 0 && group !== 'root')
}

/** Whether the group has no part in it at all, be it root's: for what decides who may do what. */
export function onlyOwnerWrites({ mode }: FileAccess): boolean {
  return (mode & 0o022) === 0
}

/** Whether anybody but the owners may put something else in the place of what a folder holds. */
export function othersRename(folder: FileAccess): boolean {
  // Where the sticky bit is set, nobody can rename what belongs to another.
  return othersWrite(folder) && (folder.mode & stickyBit) === 0
}

/** Whether only root, and `self`, can rename what a folder holds. */
export function isRootsAlone(folder: FileAccess, self = 'root'): boolean {
  return belongsTo(folder, self) && !othersRename(folder)
}

/** What the kernel says of a file by number, as these rules take it: root is 0, the names of others do not matter. */
export function accessOf({ uid, gid, mode }: { uid: number; gid: number; mode: number }): FileAccess {
  return { owner: accountOf(uid), group: accountOf(gid), mode }
}

/** An account by number: `self` beside what `accessOf` gives. */
export function accountOf(id: number): string {
  return id === 0 ? 'root' : String(id)
}
