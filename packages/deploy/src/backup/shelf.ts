import { type BackupManifest, type BackupState, backupIdPattern, backupManifestSchema } from '@ikoma/api'
import { AppError } from '@ikoma/kernel'
import { askDatabase, type DatabaseTool } from '../drivers/database-tool.ts'
import type { Host } from '../host.ts'
import { refuseForeignFolders } from './own-folders.ts'

/** Where the backups of one database lie: `directory/name`. */
export interface Shelf {
  directory: string
  name: string
}

export interface ShelvedBackup {
  manifest: BackupManifest
  state: BackupState
}

/** An app passes through to its scratch folder, and sees nothing on the way. */
const passageMode = 0o711

export const pathOf = ({ directory, name }: Shelf, file: string) => `${directory}/${name}/${file}`
export const workDirOf = (shelf: Shelf, id: string) => pathOf(shelf, `work-${id}`)
const manifestName = (id: string) => `${id}.json`

/** Makes what is missing of the shelf; gives what was made, last first, to take it back. */
export async function makeShelf(host: Host, tool: DatabaseTool, { directory, name }: Shelf): Promise<string[]> {
  const made: string[] = []
  await refuseForeignFolders(host, tool, `${directory}/${name}/`)
  for (const path of [directory, `${directory}/${name}`]) {
    if (await host.look(path)) continue
    await host.makeDirectory(path, { mode: passageMode, ...tool.self })
    made.unshift(path)
  }
  return made
}

/** From now on the backup is there. */
export async function writeManifest(host: Host, tool: DatabaseTool, manifest: BackupManifest, shelf: Shelf) {
  const content = `${JSON.stringify(manifest, null, 2)}\n`
  await host.write(pathOf(shelf, manifestName(manifest.id)), { content, mode: 0o600, ...tool.self })
}

export async function removeManifest(host: Host, shelf: Shelf, id: string): Promise<void> {
  await host.remove(pathOf(shelf, manifestName(id)))
}

export async function getManifest(
  host: Host,
  tool: DatabaseTool,
  { shelf, id }: { shelf: Shelf; id: string },
): Promise<BackupManifest> {
  await refuseForeignFolders(host, tool, pathOf(shelf, manifestName(id)))
  return readManifest(host, shelf, id)
}

async function readManifest(host: Host, shelf: Shelf, id: string): Promise<BackupManifest> {
  const text = await host.read(pathOf(shelf, manifestName(id)))
  const parsed = text === null ? null : backupManifestSchema.safeParse(parseJson(text))
  if (parsed?.success && parsed.data.id === id) return parsed.data
  const there = text === null ? 'there is none' : 'its manifest cannot be read'
  throw new AppError('unprocessable', `The backup ${id} of ${shelf.name} cannot be used: ${there}.`, {
    reason: text === null ? 'backup_not_found' : 'backup_damaged',
  })
}

/** The backups of a shelf, newest first, each with what its bytes are worth now: they are all read. */
export async function listBackups(host: Host, tool: DatabaseTool, shelf: Shelf): Promise<ShelvedBackup[]> {
  const manifests: BackupManifest[] = []
  await refuseForeignFolders(host, tool, pathOf(shelf, manifestName('any')))
  for (const { id, isManifest } of await entriesOf(host, shelf)) {
    if (!isManifest) continue
    // What cannot be read as a manifest is no backup.
    const manifest = await readManifest(host, shelf, id).catch(unreadable)
    if (manifest) manifests.push(manifest)
  }
  manifests.sort((a, b) => (a.id < b.id ? 1 : -1))
  const files = manifests.map(({ file }) => pathOf(shelf, file))
  if (files.length === 0) return []
  const digests = await askDatabase(host, tool, { verb: 'digest', ask: { files } })
  return manifests.map((manifest, index) => ({ manifest, state: stateOf(manifest, digests[index] ?? null) }))
}

export function stateOf(
  { bytes, sha256, proof }: BackupManifest,
  digest: { bytes: number; sha256: string } | null,
): BackupState {
  if (digest === null) return 'missing'
  if (digest.bytes !== bytes || digest.sha256 !== sha256) return 'damaged'
  return proof === null ? 'unproven' : 'proven'
}

interface ShelfEntry {
  file: string
  id: string
  isManifest: boolean
  isWorkDir: boolean
}

/** What is ours on the shelf, by its name. */
export async function entriesOf(host: Host, shelf: Shelf): Promise<ShelfEntry[]> {
  const files = await host.list(`${shelf.directory}/${shelf.name}`)
  return files.flatMap((file) => {
    const id = file.replace(/^work-/, '').replace(/\..*$/, '')
    if (!backupIdPattern.test(id)) return []
    return [{ file, id, isManifest: file === manifestName(id), isWorkDir: file.startsWith('work-') }]
  })
}

/** When a backup was begun, by its id; in milliseconds. */
export function takenAtMs(id: string): number {
  const [, time = ''] = backupIdPattern.exec(id) ?? []
  return Date.parse(time.replace(/^(\d{4})(\d\d)(\d\d)T(\d\d)(\d\d)/, '$1-$2-$3T$4:$5:'))
}

function unreadable(error: unknown): null {
  const { reason } = error as AppError
  if (reason === 'backup_damaged' || reason === 'unexpected_file') return null
  throw error
}

function parseJson(text: string): unknown {
  try {
    return JSON.parse(text)
  } catch {
    return null
  }
}
