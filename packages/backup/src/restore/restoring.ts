import type { BackupManifest } from '@ikoma/api'
import { AppError } from '@ikoma/kernel'
import type { Course, Host } from '@ikoma/machine'
import type { Engine } from '../engines/engine.ts'
import { expectedOf } from '../expected.ts'
import { newBackupId } from '../ids.ts'
import type { BackupProgram } from '../program/ask.ts'

/** The database that was there before: where it is kept, and the id to put it back with. */
export interface Former {
  id: string
  place: string
}

export interface Restoring {
  host: Host
  tool: BackupProgram
  course: Course
}

/** Has the engine put a backup in the place of its database. Gives the former one. */
export async function putInPlace(
  { host, course }: Restoring,
  engine: Engine,
  { inputFile, manifest }: { inputFile: string; manifest: BackupManifest },
): Promise<Former | null> {
  const id = newBackupId()
  const ask = { id, expected: expectedOf(manifest) }
  const restored = await course.step('restore', () => engine.ask(host, { verb: 'restore', ask, inputFile }))
  return formerOf(id, restored)
}

/** Has the engine put its former database back. Gives the one that was in its place. */
export async function putBack({ host, course }: Restoring, engine: Engine, former: string): Promise<Former | null> {
  const id = newBackupId()
  const undone = await course.step('undo', () => engine.ask(host, { verb: 'undo', ask: { former, id } }))
  return formerOf(id, undone)
}

function formerOf(id: string, { former }: { former: string | null }): Former | null {
  return former === null ? null : { id, place: former }
}

export function otherEngine({ id, engine }: BackupManifest): AppError {
  return new AppError('unprocessable', `The backup ${id} is of ${engine}, not of this kind of database.`, {
    reason: 'other_engine',
  })
}
