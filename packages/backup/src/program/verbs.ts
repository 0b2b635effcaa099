import type { S3Place } from '@ikoma/api'
import { AppError } from '@ikoma/kernel'
import type { Host, Program } from '@ikoma/machine'
import { asUser } from '@ikoma/machine/system'

/** How our own program for databases is started on this machine, and the account that we are ourselves. */
export interface DatabaseTool {
  argv: readonly [string, ...string[]]
  self: { owner: string; group: string }
}

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

/** The files of one name in a bucket. */
export interface S3Shelf {
  s3: S3Place
  name: string
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

/** A backup as it was sent: whatever is read back later is held against these bytes. */
export interface Sent extends Expected {
  engineVersion: string
}

/** What the program can be asked: its question and its answer, by verb. */
export interface DatabaseVerbs {
  digest: { ask: { files: string[] }; answer: (Digest | null)[] }
  clear: { ask: { directory: string }; answer: null }
  holders: { ask: { path: string }; answer: { pids: number[] } }
  'sqlite-copy': { ask: { path: string; workDir: string }; answer: Sent }
  'sqlite-prove': { ask: { workDir: string; expected: Expected }; answer: { checks: string[] } }
  'sqlite-restore': {
    ask: { path: string; id: string; expected: Expected }
    answer: { former: string | null }
  }
  'postgres-ready': { ask: { timeoutMs: number }; answer: PostgresState }
  'postgres-query': { ask: PostgresQuery; answer: PostgresRows }
  'postgres-copy': { ask: null; answer: Sent }
  'postgres-prove': { ask: { database: string; id: string; expected: Expected }; answer: { checks: string[] } }
  'postgres-restore': {
    ask: { database: string; id: string; expected: Expected }
    answer: { former: string | null }
  }
  'postgres-undo': { ask: { database: string; former: string; id: string }; answer: { former: string | null } }
  'sqlite-undo': { ask: { path: string; former: string; id: string }; answer: { former: string | null } }
  /** Names, sorted. */
  's3-list': { ask: S3Shelf; answer: string[] }
  /** Only what was written under our seal; null when nothing was. */
  's3-read': { ask: S3Shelf & { file: string }; answer: string | null }
  /** What is on its standard input, under our seal. */
  's3-write': { ask: S3Shelf & { file: string }; answer: null }
  /** The file on its standard input, refused when those are other bytes. */
  's3-put': { ask: S3Shelf & { file: string; sent: Digest }; answer: null }
  /** Into the file on its standard output; null when there is none. */
  's3-get': { ask: S3Shelf & { file: string }; answer: Digest | null }
  's3-digest': { ask: S3Shelf & { files: string[] }; answer: (Digest | null)[] }
  's3-remove': { ask: S3Shelf & { file: string }; answer: null }
}

export interface Question<V extends keyof DatabaseVerbs> {
  verb: V
  ask: DatabaseVerbs[V]['ask']
  /** The account that it works as; ours by default. */
  as?: string
}

type Streams = Pick<Program, 'input' | 'inputFile' | 'outputFile' | 'env' | 'timeoutSec'>

const longestSec = 24 * 3600

/** Has the program do one thing. Rejects with the reason it gives when it cannot. */
export async function askDatabase<V extends keyof DatabaseVerbs>(
  host: Host,
  tool: DatabaseTool,
  { verb, ask, as = tool.self.owner, ...streams }: Question<V> & Streams,
): Promise<DatabaseVerbs[V]['answer']> {
  const argv = await asUser(host, { user: as, self: tool.self.owner, argv: [...tool.argv, verb] })
  // In the environment nobody else reads it, and standard input may be the backup itself.
  const env = { ...streams.env, IKOMA_ASK: JSON.stringify(ask) }
  // The order's own time is what bounds it.
  const { code, stderr } = await host.run({ argv, timeoutSec: longestSec, ...streams, env })
  const said = lastAnswer(stderr)
  if (code === 0 && said && 'answer' in said) return said.answer as DatabaseVerbs[V]['answer']
  if (said && 'problem' in said) throw new AppError(codeOf(said.problem), said.problem.message, said.problem)
  const rest = stderr.trim().slice(-2_000)
  throw new AppError('unavailable', `The program for databases ended with ${code ?? 'a signal'}: ${rest}`, {
    reason: 'tool_failed',
  })
}

interface Problem {
  reason: string
  message: string
}

type Said = { answer: unknown } | { problem: Problem }

/** What the program itself cannot name, such as a connection that was lost, may be over the next time. */
function codeOf({ reason }: Problem): 'unavailable' | 'unprocessable' {
  return ['tool_failed', 'database_failed'].includes(reason) ? 'unavailable' : 'unprocessable'
}

/** Its standard output may be the backup itself, so it answers in the last line of the other. */
function lastAnswer(stderr: string): Said | null {
  try {
    return JSON.parse(stderr.trimEnd().split('\n').at(-1) ?? '') as Said
  } catch {
    return null
  }
}
