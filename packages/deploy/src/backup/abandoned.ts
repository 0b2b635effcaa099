import { askDatabase, type DatabaseTool } from '../drivers/database-tool.ts'
import type { Host } from '../host.ts'
import { entriesOf, pathOf, type Shelf, takenAtMs } from './shelf.ts'

/** Longer than any order may take: what is older and has no manifest is nobody's any more. */
const abandonedAfterMs = 24 * 3600 * 1000

/** Files and scratch folders of backups that were killed before they were finished. */
export async function findAbandoned(host: Host, shelf: Shelf): Promise<{ path: string; isWorkDir: boolean }[]> {
  const entries = await entriesOf(host, shelf)
  const finished = new Set(entries.filter(({ isManifest }) => isManifest).map(({ id }) => id))
  const old = (id: string) => Date.now() - takenAtMs(id) > abandonedAfterMs
  return entries
    .filter(({ id, isManifest, isWorkDir }) => !isManifest && old(id) && (isWorkDir || !finished.has(id)))
    .map(({ file, isWorkDir }) => ({ path: pathOf(shelf, file), isWorkDir }))
}

/** What cannot be cleared, such as of an account that is gone, is told and stays: it is in nobody's way. */
export async function clearAbandoned(host: Host, tool: DatabaseTool, { shelf, log }: Clearing): Promise<void> {
  for (const found of await findAbandoned(host, shelf)) {
    await removeAbandoned(host, tool, found).catch(() => log(`Could not be cleared: ${found.path}`))
  }
}

interface Clearing {
  shelf: Shelf
  log(text: string): void
}

export async function removeAbandoned(
  host: Host,
  tool: DatabaseTool,
  { path, isWorkDir }: { path: string; isWorkDir: boolean },
): Promise<void> {
  if (isWorkDir) {
    // Under its own account: what an app put there may be links.
    const as = (await host.look(path))?.owner ?? tool.self.owner
    await askDatabase(host, tool, { verb: 'clear', ask: { directory: path }, as })
  }
  await host.remove(path)
}
