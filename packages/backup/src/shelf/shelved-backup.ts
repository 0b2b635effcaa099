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
  return (await lookThrough(host, tool, shelf)).backups
}

/** What lies on a shelf and is no backup that can be read, and why; it stays there. */
export interface Stray {
  file: string
  why: string
}

/** All that lies on a shelf. What is junk hides none of the backups beside it. */
export async function lookThrough(
  host: Host,
  tool: BackupProgram,
  shelf: Shelf,
): Promise<{ backups: ShelvedBackup[]; strays: Stray[] }> {
  const files = filesOf(host, tool, shelf)
  await files.check()
  const names = await files.list()
  const entries = entriesIn(names)
  const known = new Set(entries.map(({ file }) => file))
  const others = names.filter((name) => !known.has(name)).map((file) => ({ file, why: 'it is no file of a backup' }))
  const strays: Stray[] = []
  const manifests: BackupManifest[] = []
  for (const { id, file, isManifest } of entries) {
    if (!isManifest) continue
    const manifest = await readManifest(files, shelf, id).catch((error) => {
      strays.push({ file, why: reasonOf(error) })
      return null
    })
    if (manifest) manifests.push(manifest)
  }
  manifests.sort((a, b) => (a.id < b.id ? 1 : -1))
  const found = await files.digests(manifests.map(({ file }) => file))
  const backups = withFalls(manifests).flatMap((manifest, index): ShelvedBackup[] => {
    const digest = found[index] ?? null
    if (digest === null || !('problem' in digest)) return [{ manifest, state: stateOf(manifest, digest) }]
    strays.push({ file: manifest.file, why: `it cannot be read: ${digest.problem}` })
    return []
  })
  return { backups, strays: [...strays, ...others] }
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

/** Of a file that cannot be read as a manifest, and makes no backup; rejects with what is wrong with the whole shelf. */
function reasonOf(error: unknown): string {
  const { reason, code, message } = error as AppError
  if (['backup_damaged', 'backup_not_found', 'unexpected_file', 's3_object_refused'].includes(reason)) return message
  // A disk that fails at this file.
  if (['EIO', 'EISDIR', 'ELOOP', 'EACCES'].includes(code)) return code
  throw error
}

function unreadable(error: unknown): null {
  reasonOf(error)
  return null
}

function parseJson(text: string): unknown {
  try {
    return JSON.parse(text)
  } catch {
    return null
  }
}
