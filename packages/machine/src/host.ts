import type { Certificate } from './certificate.ts'
import type { NetworkFailure } from './network-failure.ts'

/**
 * The machine that is managed, as far as drivers may touch it. Paths are absolute and normal. Methods reject with
 * AppError `unprocessable` when the machine refuses; what a program answers is data.
 */
export interface Host {
  /**
   * Runs a program to its end, without a shell and without our environment. Rejects when it cannot be started. One at a
   * time: what a program leaves behind is ended with it, and that is every other process of the order.
   */
  run(program: Program): Promise<Exit>
  /**
   * The text of a regular file of at most 1 MiB; null when there is none. Where an account could have chosen what is
   * read, by a link or a second name, it is read only when that account may read it itself; `unsafe_path` otherwise.
   */
  read(path: string): Promise<string | null>
  /**
   * The text of a file as `owner` could read it himself, whoever we are; null when there is none. Opened once, through no
   * symbolic link, and judged by what was opened: a regular file of one name, in UTF-8, of at most 1 MiB.
   */
  readAs(path: string, owner: string): Promise<string | null>
  /** All that is below a folder, without following symbolic links; rejects when that is more than `most`. */
  walk(path: string, most: number): Promise<readonly (Entry & { path: string })[]>
  /** The same with whom the file belongs to: both of one open file, whatever is at its path by then. */
  readFile(path: string): Promise<FileContent | null>
  /** What is there, without following a symbolic link; null when nothing is. */
  look(path: string): Promise<Entry | null>
  /** Names in a directory, sorted; empty when there is none. Same refusals as `read`. */
  list(path: string): Promise<string[]>
  /**
   * Replaces a file so that a crash leaves the old or the new, and the new once this resolves. Refuses a path with a
   * symbolic link in it, or through a directory in which anybody but root and ourselves may rename things.
   */
  write(path: string, file: FileContent): Promise<void>
  /** Makes a directory, or gives one its owner and mode. Same refusals as `write`. */
  makeDirectory(path: string, access: FileAccess): Promise<void>
  /** Asks for a page as a client of the machine's own would, once; that nobody answers is data. */
  visit(visit: Visit): Promise<Visited>
  /** Removes a file or an empty directory; nothing when nothing is there. Same refusals as `write`. */
  remove(path: string): Promise<void>
}

export interface Visit {
  scheme: 'http' | 'https'
  /** Where, as an IP address and a port; or a socket of the file system. */
  at: { address: string; port: number } | { socket: string }
  /** What is asked for there: the Host, and over HTTPS the name of the certificate. */
  name: string
  path: string
  timeoutSec: number
}

export type Visited =
  | {
      status: number
      /** The first MiB. */
      body: string
      /** What was shown over HTTPS. */
      certificate: ShownCertificate | null
    }
  | { failure: NetworkFailure }

export interface ShownCertificate extends Certificate {
  /** Whether it is for the name that was asked for. */
  ofName: boolean
  /** Why a client that knows the public authorities would not believe it; null when it would. */
  distrust: string | null
}

export interface Program {
  argv: readonly [string, ...string[]]
  /** Written to its standard input. */
  input?: string
  /** A regular file that is its standard input instead: for what is too large for us to hold. */
  inputFile?: string
  /** A file that is made for its standard output, ours alone and on disk when the program ends; gone when it fails. */
  outputFile?: string
  /** Added to PATH and a language in which tools answer alike. */
  env?: Readonly<Record<string, string>>
  cwd?: string
  timeoutSec?: number
  /**
   * Its lines go into the order's log while it runs, redacted: for what takes long enough to be waited for. It runs no
   * faster than the log takes them, within its own `timeoutSec`.
   */
  aloud?: boolean
  /** What must not be seen in what it prints, by the log or by whoever asked for it. */
  secrets?: readonly string[]
}

export interface Exit {
  code: number | null
  /** Each at most 256 KiB; what is beyond is cut. */
  stdout: string
  stderr: string
}

export interface FileAccess {
  /** Permission bits, such as 0o644. */
  mode: number
  owner: string
  group: string
}

export interface FileContent extends FileAccess {
  content: string
}

export interface Entry extends FileAccess {
  kind: 'file' | 'directory' | 'link' | 'other'
  /** Where a link leads, as it is written. */
  target?: string
}
