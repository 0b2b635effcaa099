import type { Digest, Found } from '../program/verbs.ts'

/** The files of a shelf, wherever it stands. Whatever is said of a backup's bytes is of those that lie there. */
export interface ShelfFiles {
  /** Rejects when the files could be anybody's, or cannot be reached. */
  check(): Promise<void>
  /** The names of all files that may be a backup's, and of others; none when there is no such shelf. */
  list(): Promise<string[]>
  /** The text of a file; null when there is no file. */
  read(file: string): Promise<string | null>
  /** Replaces a file so that what is read is the old or the new. */
  write(file: string, text: string): Promise<void>
  /** Removes a file; does nothing when there is none. */
  remove(file: string, timeoutSec?: number): Promise<void>
  /** The digest of each file, all of which is read. */
  digests(files: string[]): Promise<Found[]>
  /** Takes a file over from its path on the server; other bytes than were sent may be refused. */
  keep(file: string, sent: Digest): Promise<void>
  /** Runs `work` with a path on the server with the bytes of a file as they are now, or no file when there is none. */
  withBytes<T>(file: string, work: (path: string) => Promise<T>): Promise<T>
}
