import type { Digest } from '../program/verbs.ts'

/** The files of a shelf, wherever it stands. What a backup's bytes are is only ever said of those that lie there. */
export interface ShelfFiles {
  /** Rejects when what lies there could be anybody's, or cannot be reached. */
  check(): Promise<void>
  /** Names; none when there is no such shelf. */
  list(): Promise<string[]>
  /** Null when there is none. */
  read(file: string): Promise<string | null>
  /** Replaces a file so that what is read is the old or the new. */
  write(file: string, text: string): Promise<void>
  /** Nothing when nothing is there. */
  remove(file: string, timeoutSec?: number): Promise<void>
  /** Reads all of them; null where there is none. */
  digests(files: string[]): Promise<(Digest | null)[]>
  /** Takes over what was written to the file's path on the server; other bytes than were sent may be refused. */
  keep(file: string, sent: Digest): Promise<void>
  /** Runs `work` with a path on the server that has the bytes as they lie there now, or nothing when nothing does. */
  withBytes<T>(file: string, work: (path: string) => Promise<T>): Promise<T>
}
