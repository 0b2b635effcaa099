import type { Change, Desired } from '@ikoma/machine'
import { findAbandoned } from './abandoned.ts'
import { sourceOf } from './fall.ts'
import type { BackupProgram } from './program/ask.ts'
import { filesOf } from './shelf/files-of.ts'
import { manifestName, type Shelf } from './shelf/shelf.ts'
import { listBackups, type ShelvedBackup } from './shelf/shelved-backup.ts'

export interface Keeping {
  keepDays: number
  /** The number of proven backups of each database, its youngest, that stay however old they are; no suspect one counts. */
  keepProven: number
}

const dayMs = 24 * 3600 * 1000

/** A shelf without backups that are older than they are kept for, and without files of any that was never finished. */
export function prunedShelf(tool: BackupProgram, shelf: Shelf, keeping: Keeping): Desired {
  return async (host) => {
    const old = tooOld(await listBackups(host, tool, shelf), keeping, Date.now())
    const changes: Change[] = old.map(({ manifest, state }) => ({
      title: `remove the backup ${manifest.id} of ${shelf.name} (${state})`,
      diff: null,
      async apply(on) {
        const files = filesOf(on, tool, shelf)
        // The manifest first, which makes it a backup: none may be listed without its file.
        await files.remove(manifestName(manifest.id))
        await files.remove(manifest.file)
      },
      undo: null,
    }))
    for (const { place, remove } of await findAbandoned(host, tool, shelf)) {
      const title = `remove ${place}, of a backup that was never finished`
      changes.push({ title, diff: null, apply: remove, undo: null })
    }
    return changes
  }
}

/** Backups, newest first, that are older than the days and not among the youngest proven ones. */
export function tooOld(backups: readonly ShelvedBackup[], { keepDays, keepProven }: Keeping, nowMs: number) {
  const bySource = Map.groupBy(backups, ({ manifest }) => sourceOf(manifest))
  const proven = [...bySource.values()].flatMap((each) =>
    each.filter(({ state }) => state === 'proven').slice(0, keepProven),
  )
  return backups.filter((backup) => {
    const ageMs = nowMs - Date.parse(backup.manifest.takenAt)
    return ageMs > keepDays * dayMs && !proven.includes(backup)
  })
}
