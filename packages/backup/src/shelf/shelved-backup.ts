import { type BackupManifest, type BackupState, backupManifestSchema } from '@ikoma/api'
import { AppError } from '@ikoma/kernel'
import type { Host } from '@ikoma/machine'
import { isGood, sourceOf, withFalls } from '../fall.ts'
import type { BackupProgram } from '../program/ask.ts'
import type { Digest } from '../program/verbs.ts'
import { filesOf } from './files-of.ts'
import { entriesIn, manifestName, type Shelf } from './shelf.ts'
import type { ShelfFiles } from './shelf-files.ts'

export interface ShelvedBackup {
  manifest: BackupManifest
  state: BackupState
}

/** Writes the manifest: from now on the backup is there. */
export async function writeManifest(files: ShelfFiles, manifest: BackupManifest): Promise<void> {
  await files.write(manifestName(manifest.id), `${JSON.stringify(manifest, null, 2)}\n`)
}

export async function getManifest(
  host: Host,
  tool: BackupProgram,
  { shelf, id }: { shelf: Shelf; id: string },
): Promise<BackupManifest> {
  const files = filesOf(host, tool, shelf)
  await files.check()
  return readManifest(files, shelf, id)
}

async function readManifest(files: ShelfFiles, shelf: Shelf, id: string): Promise<BackupManifest> {
  const text = await files.read(manifestName(id))
  const parsed = text === null ? null : backupManifestSchema.safeParse(parseJson(text))
  // Another's name would have another's file judged, fetched and removed.
  if (parsed?.success && parsed.data.id === id && parsed.data.file.startsWith(`${id}.`)) return parsed.data
  const there = text === null ? 'there is none' : 'its manifest cannot be read'
  throw new AppError('unprocessable', `The backup ${id} of ${shelf.name} cannot be used: ${there}.`, {
    reason: text === null ? 'backup_not_found' : 'backup_damaged',
  })
}

/** The backups of a shelf, newest first, each with the state of its bytes now: they are all read. */
export async function listBackups(host: Host, tool: BackupProgram, shelf: Shelf): Promise<ShelvedBackup[]> {
  const files = filesOf(host, tool, shelf)
  await files.check()
  const manifests: BackupManifest[] = []
  for (const { id, isManifest } of entriesIn(await files.list())) {
    if (!isManifest) continue
    // A file that cannot be read as a manifest makes no backup.
    const manifest = await readManifest(files, shelf, id).catch(unreadable)
    if (manifest) manifests.push(manifest)
  }
  manifests.sort((a, b) => (a.id < b.id ? 1 : -1))
  const digests = await files.digests(manifests.map(({ file }) => file))
  return withFalls(manifests).map((manifest, index) => ({ manifest, state: stateOf(manifest, digests[index] ?? null) }))
}

/** The youngest good backup of a database, by what is written of it; null when there is none. */
export async function findLastGood(
  files: ShelfFiles,
  shelf: Shelf,
  of: Pick<BackupManifest, 'engine' | 'source'>,
): Promise<BackupManifest | null> {
  const ids = entriesIn(await files.list()).flatMap(({ id, isManifest }) => (isManifest ? [id] : []))
  const read: BackupManifest[] = []
  for (const id of ids.sort().reverse()) {
    const manifest = await readManifest(files, shelf, id).catch(unreadable)
    if (manifest === null || sourceOf(manifest) !== sourceOf(of)) continue
    read.push(manifest)
    if (isGood(manifest)) break
  }
  return withFalls(read).find(isGood) ?? null
}

export function stateOf(manifest: BackupManifest, digest: Digest | null): BackupState {
  const { bytes, sha256 } = manifest
  if (digest === null) return 'missing'
  if (digest.bytes !== bytes || digest.sha256 !== sha256) return 'damaged'
  return worthOf(manifest)
}

/** What a backup is worth whose bytes are those that were taken. */
export function worthOf({ proof, suspect = null }: BackupManifest): 'proven' | 'suspect' | 'unproven' {
  if (proof === null) return 'unproven'
  return suspect === null ? 'proven' : 'suspect'
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
