import type { Host } from '@ikoma/machine'
import { askProgram, type BackupProgram } from './program/ask.ts'
import { filesOf } from './shelf/files-of.ts'
import { entriesIn, folderOf, pathOf, placeOf, type Shelf, takenAtMs } from './shelf/shelf.ts'

/** Longer than any order may take: a file that is older and has no manifest is nobody's any more. */
const abandonedAfterMs = 24 * 3600 * 1000

export interface Abandoned {
  place: string
  remove(on: Host): Promise<void>
}

/** Files and scratch folders of backups that were killed before they were finished. */
export async function findAbandoned(host: Host, tool: BackupProgram, shelf: Shelf): Promise<Abandoned[]> {
  const nowMs = Date.now()
  const here = abandonedIn(await host.list(folderOf(shelf)), nowMs).map(({ file, isWorkDir }) => {
    const path = pathOf(shelf, file)
    return { place: path, remove: (on: Host) => removeAbandoned(on, tool, { path, isWorkDir }) }
  })
  if (shelf.s3 === undefined) return here
  const there = abandonedIn(await filesOf(host, tool, shelf).list(), nowMs).map(({ file }) => ({
    place: `${file} in ${placeOf(shelf)}`,
    remove: (on: Host) => filesOf(on, tool, shelf).remove(file),
  }))
  return [...here, ...there]
}

/** Among the names of a shelf, those of backups that nobody can still be taking, and that were never finished. */
export function abandonedIn(names: readonly string[], nowMs: number) {
  const entries = entriesIn(names)
  const finished = new Set(entries.filter(({ isManifest }) => isManifest).map(({ id }) => id))
  const old = (id: string) => nowMs - takenAtMs(id) > abandonedAfterMs
  return entries.filter(({ id, isManifest, isWorkDir }) => !isManifest && old(id) && (isWorkDir || !finished.has(id)))
}

/** A folder that cannot be cleared, such as that of an account that is gone, is logged and stays: it harms nobody. */
export async function clearAbandoned(host: Host, tool: BackupProgram, { shelf, log }: Clearing): Promise<void> {
  for (const { place, remove } of await findAbandoned(host, tool, shelf)) {
    await remove(host).catch(() => log(`Could not be cleared: ${place}`))
  }
}

interface Clearing {
  shelf: Shelf
  log(text: string): void
}

export async function removeAbandoned(
  host: Host,
  tool: BackupProgram,
  { path, isWorkDir }: { path: string; isWorkDir: boolean },
): Promise<void> {
  if (isWorkDir) {
    // Cleared under its owner's account: what an app put into the folder may be links.
    const as = (await host.look(path))?.owner ?? tool.self.owner
    await askProgram(host, tool, { part: 'files', verb: 'clear', ask: { directory: path }, as })
  }
  await host.remove(path)
}
