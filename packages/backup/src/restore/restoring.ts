import type { BackupManifest } from '@ikoma/api'
import { AppError } from '@ikoma/kernel'
import type { Course, Host } from '@ikoma/machine'
import type { DatabaseTool } from '../program/ask.ts'

/** What was there before: where it is, and the id to put it back with. */
export interface Former {
  id: string
  place: string
}

export interface Restoring {
  host: Host
  tool: DatabaseTool
  course: Course
}

export function formerOf(id: string, { former }: { former: string | null }): Former | null {
  return former === null ? null : { id, place: former }
}

export function otherEngine({ id, engine }: BackupManifest): AppError {
  return new AppError('unprocessable', `The backup ${id} is of ${engine}, not of this kind of database.`, {
    reason: 'other_engine',
  })
}
