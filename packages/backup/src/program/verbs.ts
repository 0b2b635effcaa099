import type { BackupManifest, S3Place } from '@ikoma/api'

/** What a database held at one moment: the schema as a digest, the rows of each table. */
export interface Content {
  tables: Record<string, number>
  schemaSha256: string
}

export interface Digest {
  bytes: number
  sha256: string
}

/** The bytes of a backup, and what is in them. */
export interface Expected extends Content, Digest {}

/** Of a file that is there and cannot be read, whatever the reason is; what others say of theirs stays true. */
export interface Unread {
  problem: string
}

/** Null where there is no file. */
export type Found = Digest | Unread | null

/** A backup as it was sent: whatever is read back later is held against these bytes. */
export interface Sent extends Expected {
  engineVersion: string
}

/** A question, and the answer to it. */
interface Verb<Ask, Answer> {
  ask: Ask
  answer: Answer
}

/** Files of the server. */
export interface FileVerbs {
  digest: Verb<{ files: string[] }, Found[]>
  clear: Verb<{ directory: string }, null>
  holders: Verb<{ path: string }, { pids: number[] }>
}

/** What every kind of database is asked for its backups. `source` is that of the manifest. */
export interface EngineVerbs {
  /** Sends what the database holds at one moment to the file on its standard output. */
  copy: Verb<{ source: string; workDir: string }, Sent>
  /** Restores the file on its standard input into a scratch database, and checks that one. */
  prove: Verb<{ source: string; id: string; workDir: string; expected: Expected }, { checks: string[] }>
  /** Puts the file on its standard input in the place of the live database; the former one is kept as of `id`. */
  restore: Verb<{ source: string; id: string; expected: Expected }, { former: string | null }>
  /** Puts the one back that was kept as of `former`; the one in its place is kept in turn. */
  undo: Verb<{ source: string; former: string; id: string }, { former: string | null }>
}

export interface PostgresVerbs {
  /** Rejects with why nothing could be proven: who may not come in, or may not make the database to prove it in. */
  provable: Verb<{ source: string }, null>
  ready: Verb<{ timeoutMs: number }, PostgresState>
  query: Verb<PostgresQuery, PostgresRows>
}

export interface PostgresState {
  version: string
  inRecovery: boolean
  connections: number
  maxConnections: number
  sizeBytes: number
}

export interface PostgresQuery {
  sql: string
  maxRows: number
  maxBytes: number
  timeoutMs: number
}

export interface PostgresRows {
  columns: string[]
  /** Values as PostgreSQL writes them. */
  rows: (string | null)[][]
  /** Whether there were more than the limits allow. */
  truncated: boolean
}

/** The files of one name in a bucket. */
export interface S3Shelf {
  s3: S3Place
  name: string
}

type S3File = S3Shelf & { file: string }

export interface S3Verbs {
  /** The names of all files that may be a backup's, and of a few others, sorted. */
  list: Verb<S3Shelf, string[]>
  /** The text of a file, only when it was written under our seal; null when there is no file. */
  read: Verb<S3File, string | null>
  /** Writes the text on its standard input, under our seal. */
  write: Verb<S3File, null>
  /** Sends the file on its standard input, which is refused when it has other bytes. */
  put: Verb<S3File & { sent: Digest }, null>
  /** Fetches a file into the one on its standard output; null when there is none. */
  get: Verb<S3File, Digest | null>
  /** The digest of each file, all of which is read. */
  digest: Verb<S3Shelf & { files: string[] }, Found[]>
  remove: Verb<S3File, null>
}

/** All that the program can be asked, by the part of it that answers. Databases are named as in manifests. */
export interface Verbs extends Record<BackupManifest['engine'], EngineVerbs> {
  files: FileVerbs
  postgres: EngineVerbs & PostgresVerbs
  s3: S3Verbs
}

export type Part = keyof Verbs
export type AskOf<V> = V extends Verb<infer Ask, unknown> ? Ask : never
export type AnswerOf<V> = V extends Verb<unknown, infer Answer> ? Answer : never

/** What a part of the program exports as its `verbs`. */
export type Answering<Of> = { [V in keyof Of]: (ask: AskOf<Of[V]>) => Promise<AnswerOf<Of[V]>> }
