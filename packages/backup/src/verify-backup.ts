import type { BackupManifest, BackupState } from '@ikoma/api'
import { AppError } from '@ikoma/kernel'
import type { Course, Host } from '@ikoma/machine'
import type { Engine } from './engines/engine.ts'
import { newBackupId } from './ids.ts'
import { askProgram, type BackupProgram } from './program/ask.ts'
import { inScratch } from './scratch.ts'
import { filesOf } from './shelf/files-of.ts'
import type { Shelf } from './shelf/shelf.ts'
import { type ShelvedBackup, stateOf, worthOf, writeManifest } from './shelf/shelved-backup.ts'
import { prove } from './take-backup.ts'

export interface Verifying {
  host: Host
  tool: BackupProgram
  course: Course
  shelf: Shelf
  engine: Engine
  manifest: BackupManifest
  /** Whether what it holds less than the one before is meant. */
  accept?: boolean
}

/** Restores a backup into a scratch database once more. The verdict is written into the manifest: good or not. */
export async function verifyBackup(verifying: Verifying): Promise<ShelvedBackup> {
  const { host, tool, shelf, engine, manifest } = verifying
  await engine.check(host)
  return filesOf(host, tool, shelf).withBytes(manifest.file, (path) => verifyBytes(verifying, path))
}

/**
 * Runs `work` with the path of bytes that were just proven. Rejects with why a backup may not be restored; nothing was
 * changed then, except that its manifest says so too.
 */
export async function withVerified<T>(verifying: Verifying, work: (path: string) => Promise<T>): Promise<T> {
  const { host, tool, shelf, engine, manifest } = verifying
  await engine.check(host)
  return filesOf(host, tool, shelf).withBytes(manifest.file, async (path) => {
    refuseUnproven(await verifyBytes(verifying, path))
    return work(path)
  })
}

async function verifyBytes(verifying: Verifying, path: string): Promise<ShelvedBackup> {
  const { host, tool, course, shelf, manifest, accept = false } = verifying
  const [digest] = await askProgram(host, tool, { part: 'files', verb: 'digest', ask: { files: [path] } })
  if (digest && 'problem' in digest) throw unreadable(manifest, digest.problem)
  const before = stateOf(manifest, digest ?? null)
  const result = isReadable(before) ? await proveAgain(verifying, path) : { proof: null, problem: problems[before] }
  course.signal.throwIfAborted()
  const after = { ...manifest, ...result, ...(accept && result.proof !== null ? { suspect: null } : {}) }
  await writeManifest(filesOf(host, tool, shelf), after)
  return { manifest: after, state: isReadable(before) ? worthOf(after) : before }
}

/** That says nothing of the backup: the disk may be well again. */
function unreadable({ id }: BackupManifest, problem: string): AppError {
  return new AppError('unavailable', `The backup ${id} cannot be read: ${problem}.`, { reason: 'backup_unreadable' })
}

function proveAgain(verifying: Verifying, file: string): Promise<Pick<BackupManifest, 'proof' | 'problem'>> {
  const { host, course, engine, manifest } = verifying
  const scratchId = newBackupId()
  return inScratch(verifying, scratchId, (workDir) =>
    course.step('prove', () => prove(host, engine, { file, scratchId, workDir, manifest })),
  )
}

function refuseUnproven({ manifest, state }: ShelvedBackup): void {
  // What it holds is less, and is what was taken.
  if (state === 'proven' || state === 'suspect') return
  const reason = state === 'unproven' ? 'backup_not_proven' : `backup_${state}`
  throw new AppError('unprocessable', `The backup ${manifest.id} was refused. ${manifest.problem}`, { reason })
}

const problems = {
  damaged: 'Its bytes are not those that were taken.',
  missing: 'Its file is not there.',
} as const

const isReadable = (state: BackupState): state is ReturnType<typeof worthOf> => !(state in problems)
