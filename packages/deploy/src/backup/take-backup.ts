import type { BackupManifest } from '@ikoma/api'
import type { AppError } from '@ikoma/kernel'
import type { DatabaseTool } from '../drivers/database-tool.ts'
import type { Host } from '../host.ts'
import type { Course } from '../plan.ts'
import { clearAbandoned } from './abandoned.ts'
import type { Engine, Proving } from './engine.ts'
import { newBackupId } from './ids.ts'
import { inScratch } from './scratch.ts'
import { makeShelf, pathOf, removeManifest, type Shelf, writeManifest } from './shelf.ts'

export interface Taking {
  host: Host
  tool: DatabaseTool
  course: Course
  shelf: Shelf
  engine: Engine
  /** The order's attempt. */
  takenBy: string
}

/**
 * Takes a backup, restores that into a scratch database and checks it. Only then there is a manifest that calls it proven:
 * whatever stops it before leaves no backup. One that fails its checks is kept to be looked at, and is not good.
 */
export async function takeBackup(taking: Taking): Promise<BackupManifest> {
  const { host, tool, course, shelf, engine } = taking
  await engine.check(host)
  const id = newBackupId()
  const file = `${id}.${engine.extension}`
  const made = await makeShelf(host, tool, shelf)
  try {
    course.signal.throwIfAborted()
    await clearAbandoned(host, tool, { shelf, log: course.log })
    const manifest = await inScratch(taking, id, async (workDir) => {
      const draft = await course.step('copy', () => copyOf(taking, { id, file, workDir }))
      const proof = await course.step('prove', () => proofOf(taking, draft, workDir))
      return { ...draft, ...proof }
    })
    course.signal.throwIfAborted()
    await writeManifest(host, tool, manifest, shelf)
    return manifest
  } catch (error) {
    await removeManifest(host, shelf, id)
    await host.remove(pathOf(shelf, file))
    // With backups in them they stay.
    for (const directory of made) await host.remove(directory).catch(() => {})
    throw error
  }
}

async function copyOf(
  { host, shelf, engine, takenBy }: Taking,
  { id, file, workDir }: { id: string; file: string; workDir: string },
): Promise<BackupManifest> {
  const takenAt = new Date().toISOString()
  const sent = await engine.copy(host, { file: pathOf(shelf, file), workDir })
  const origin = { ...engine.source, name: shelf.name, takenAt, takenBy }
  return { version: 1, id, ...origin, file, ...sent, proof: null, problem: null }
}

async function proofOf({ host, course, shelf, engine }: Taking, manifest: BackupManifest, workDir: string) {
  course.signal.throwIfAborted()
  return prove(host, engine, { file: pathOf(shelf, manifest.file), scratchId: manifest.id, workDir, manifest })
}

/** The proof, or why there is none. Rejects when it could not be tried: that says nothing of the backup. */
export async function prove(
  host: Host,
  engine: Engine,
  from: Proving,
): Promise<Pick<BackupManifest, 'proof' | 'problem'>> {
  try {
    const checks = await engine.prove(host, from)
    return { proof: { at: new Date().toISOString(), checks }, problem: null }
  } catch (error) {
    const { reason, message } = error as AppError
    if (reason !== 'proof_failed' && reason !== 'backup_damaged') throw error
    return { proof: null, problem: message }
  }
}
