import type { Host } from '@ikoma/machine'
import type { BackupProgram } from '../program/ask.ts'
import { bucketFiles } from './bucket-files.ts'
import { directoryFiles } from './directory-files.ts'
import type { Shelf } from './shelf.ts'
import type { ShelfFiles } from './shelf-files.ts'

/** The files of a shelf, in its directory or its bucket. */
export function filesOf(host: Host, tool: BackupProgram, shelf: Shelf): ShelfFiles {
  const { s3 } = shelf
  return s3 === undefined ? directoryFiles(host, tool, shelf) : bucketFiles(host, tool, { ...shelf, s3 })
}
