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
  /** The role as it is, null when there is none; rejects where an order may not have it as asked. */
  role: Verb<{ name: string; memberOf: readonly string[] }, PostgresRole | null>
  /** Makes or changes a role in one transaction. What its password is checked by is on standard input. */
  setRole: Verb<PostgresRoleChange, null>
  /** Takes back a role that was just made. */
  dropRole: Verb<{ name: string }, null>
  /** The database as it is, null when there is none; rejects where an order may not have it as asked. */
  database: Verb<WantedDatabase, PostgresDatabase | null>
  /** Makes a database aside, and gives it its name once all of it is so. */
  makeDatabase: Verb<PostgresDatabaseMaking, null>
  /** Changes a database in one transaction. */
  setDatabase: Verb<PostgresDatabaseChange, null>
  /** Takes back a database that was just made, unless there is something in it. */
  dropDatabase: Verb<{ name: string }, null>
}

interface RoleOptions {
  login: boolean
  createdb: boolean
  /** -1 for none. */
  connectionLimit: number
  /** When it may not log in any more, as PostgreSQL writes it; null for never. */
  validUntil: string | null
}

export interface PostgresRole extends RoleOptions {
  memberOf: string[]
  /** What its password is checked by. */
  verifier: string | null
  /** Made by an order. */
  ours: boolean
}

export interface PostgresRoleChange extends RoleOptions {
  name: string
  make: boolean
  grant: readonly string[]
  revoke: readonly string[]
  /** Whether standard input holds what its password is checked by; nothing there takes the password away. */
  password: boolean
}

export interface WantedDatabase {
  name: string
  owner: string
  mayConnect: readonly string[]
  extensions: readonly string[]
}

export interface PostgresDatabase {
  owner: string
  encoding: string
  locale: string
  /** -1 for none. */
  connectionLimit: number
  publicConnects: boolean
  /** Whether everybody may make schemas in it. */
  publicSchemas: boolean
  /** Those of `mayConnect` that are let in by name. */
  connects: string[]
  /** Who is connected, and is let in only as everybody is. */
  shutOut: string[]
  /** Whether everybody may make tables in its schema `public`. */
  publicCreates: boolean
  /** Whether its owner may. */
  ownerCreates: boolean
  /** Those that are installed in it, of those that were asked for. */
  extensions: string[]
  /** Made by an order. */
  ours: boolean
}

export interface PostgresDatabaseChange {
  name: string
  owner: string
  connectionLimit: number
  publicConnects: boolean
  publicSchemas: boolean
  grantConnect: readonly string[]
  revokeConnect: readonly string[]
  publicCreates: boolean
  ownerCreates: boolean
  extensions: readonly string[]
  dropExtensions: readonly string[]
}

export interface PostgresDatabaseMaking extends PostgresDatabaseChange {
  encoding: string
  locale: string | null
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
