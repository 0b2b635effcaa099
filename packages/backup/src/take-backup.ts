import type { BackupManifest, FallLimits } from '@ikoma/api'
import type { AppError } from '@ikoma/kernel'
import type { Course, Host } from '@ikoma/machine'
import { clearAbandoned } from './abandoned.ts'
import type { Engine } from './engines/engine.ts'
import { expectedOf } from './expected.ts'
import { fallBetween } from './fall.ts'
import { newBackupId } from './ids.ts'
import type { BackupProgram } from './program/ask.ts'
import { inScratch } from './scratch.ts'
import { filesOf } from './shelf/files-of.ts'
import { makeShelf, manifestName, pathOf, type Shelf } from './shelf/shelf.ts'
import { findLastGood, writeManifest } from './shelf/shelved-backup.ts'

export interface Taking {
  host: Host
  tool: BackupProgram
  course: Course
  shelf: Shelf
  engine: Engine
  /** The attempt of the order that takes it, for the manifest. */
  takenBy: string
  /** When it holds too little, against the last good one. */
  limits: FallLimits
}

/** The time to remove each of two files in: a stopped order has five seconds to end. */
const hurriedSec = 2

/**
 * Takes a backup, restores what its shelf has of it into a scratch database and checks that. Only then there is a manifest
 * that calls it proven: whatever stops it before leaves no backup. One that fails its checks, or holds much less than the
 * last good one, is kept to be looked at, and is not good.
 */
export async function takeBackup(taking: Taking): Promise<BackupManifest> {
  const { host, tool, course, shelf, engine } = taking
  const files = filesOf(host, tool, shelf)
  await engine.check(host)
  await files.check()
  const id = newBackupId()
  const file = `${id}.${engine.extension}`
  const newFolders = await makeShelf(host, tool, shelf)
  try {
    course.signal.throwIfAborted()
    await clearAbandoned(host, tool, { shelf, log: course.log })
    const before = await findLastGood(files, shelf, engine.source)
    const manifest = await inScratch(taking, id, async (workDir) => {
      const draft = await course.step('copy', () => copyOf(taking, { id, file, workDir }))
      if (shelf.s3) await course.step('upload', () => files.keep(file, draft))
      const proof = await files.withBytes(file, (path) => proofOf(taking, draft, { file: path, workDir }))
      return { ...draft, ...proof, suspect: before && fallBetween(before, draft, taking.limits) }
    })
    course.signal.throwIfAborted()
    await writeManifest(files, manifest)
    return manifest
  } catch (error) {
    await discard(taking, { id, file, newFolders })
    throw error
  }
}

async function copyOf(
  { host, shelf, engine, takenBy }: Taking,
  { id, file, workDir }: { id: string; file: string; workDir: string },
): Promise<BackupManifest> {
  const takenAt = new Date().toISOString()
  const sent = await engine.ask(host, { verb: 'copy', ask: { workDir }, outputFile: pathOf(shelf, file) })
  const origin = { ...engine.source, name: shelf.name, takenAt, takenBy }
  return { version: 1, id, ...origin, file, ...sent, proof: null, problem: null }
}

async function proofOf(
  { host, course, engine }: Taking,
  manifest: BackupManifest,
  { file, workDir }: { file: string; workDir: string },
) {
  course.signal.throwIfAborted()
  return course.step('prove', () => prove(host, engine, { file, scratchId: manifest.id, workDir, manifest }))
}

async function discard(
  { host, tool, course, shelf }: Taking,
  { id, file, newFolders }: { id: string; file: string; newFolders: string[] },
): Promise<void> {
  await host.remove(pathOf(shelf, file))
  try {
    const files = filesOf(course.machineAfterStop, tool, shelf)
    const timeoutSec = course.signal.aborted ? hurriedSec : undefined
    await files.remove(manifestName(id), timeoutSec)
    await files.remove(file, timeoutSec)
  } catch {
    // The store may still be failing: a file without a manifest is no backup, and is cleared a day after.
    course.log(`Could not be removed: ${file}`)
  }
  // Folders with other backups in them stay.
  for (const directory of newFolders) await host.remove(directory).catch(() => {})
}

interface Proving {
  file: string
  /** The id of the scratch folder and database, which are gone afterwards. */
  scratchId: string
  workDir: string
  manifest: BackupManifest
}

/** The proof, or why there is none. Rejects when a proof could not be tried: that says nothing of the backup. */
export async function prove(
  host: Host,
  engine: Engine,
  { file, scratchId, workDir, manifest }: Proving,
): Promise<Pick<BackupManifest, 'proof' | 'problem'>> {
  try {
    const ask = { id: scratchId, workDir, expected: expectedOf(manifest) }
    const { checks } = await engine.ask(host, { verb: 'prove', ask, inputFile: file })
    return { proof: { at: new Date().toISOString(), checks }, problem: null }
  } catch (error) {
    const { reason, message } = error as AppError
    if (reason !== 'proof_failed' && reason !== 'backup_damaged') throw error
    return { proof: null, problem: message }
  }
}
