import type { BackupManifest, BackupState } from '@ikoma/api'
import { AppError } from '@ikoma/kernel'
import { askDatabase, type DatabaseTool } from '../drivers/database-tool.ts'
import type { Host } from '../host.ts'
import type { Course } from '../plan.ts'
import type { Engine } from './engine.ts'
import { newBackupId } from './ids.ts'
import { inScratch } from './scratch.ts'
import { pathOf, type Shelf, type ShelvedBackup, stateOf, writeManifest } from './shelf.ts'
import { prove } from './take-backup.ts'

export interface Verifying {
  host: Host
  tool: DatabaseTool
  course: Course
  shelf: Shelf
  engine: Engine
  manifest: BackupManifest
}

/** Restores a backup into a scratch database once more. What it finds is written into the manifest: good or not. */
export async function verifyBackup(verifying: Verifying): Promise<ShelvedBackup> {
  const { host, tool, course, shelf, engine, manifest } = verifying
  await engine.check(host)
  const before = await readBackup(host, tool, { shelf, manifest })
  const result = isReadable(before) ? await proveAgain(verifying) : { proof: null, problem: problems[before] }
  course.signal.throwIfAborted()
  const after = { ...manifest, ...result }
  await writeManifest(host, tool, after, shelf)
  return { manifest: after, state: isReadable(before) ? (after.proof ? 'proven' : 'unproven') : before }
}

function proveAgain(verifying: Verifying): Promise<Pick<BackupManifest, 'proof' | 'problem'>> {
  const { host, course, shelf, engine, manifest } = verifying
  const scratchId = newBackupId()
  const file = pathOf(shelf, manifest.file)
  return inScratch(verifying, scratchId, (workDir) =>
    course.step('prove', () => prove(host, engine, { file, scratchId, workDir, manifest })),
  )
}

/** Rejects with why a backup may not be restored; nothing was changed then, except that its manifest says so too. */
export async function mustVerify(verifying: Verifying): Promise<void> {
  const { manifest, state } = await verifyBackup(verifying)
  if (state === 'proven') return
  const reason = state === 'unproven' ? 'backup_not_proven' : `backup_${state}`
  throw new AppError('unprocessable', `The backup ${manifest.id} was refused. ${manifest.problem}`, { reason })
}

const problems = {
  damaged: 'Its bytes are not those that were taken.',
  missing: 'Its file is not there.',
} as const

const isReadable = (state: BackupState): state is 'proven' | 'unproven' => !(state in problems)

async function readBackup(
  host: Host,
  tool: DatabaseTool,
  { shelf, manifest }: { shelf: Shelf; manifest: BackupManifest },
): Promise<BackupState> {
  const [digest] = await askDatabase(host, tool, { verb: 'digest', ask: { files: [pathOf(shelf, manifest.file)] } })
  return stateOf(manifest, digest ?? null)
}
