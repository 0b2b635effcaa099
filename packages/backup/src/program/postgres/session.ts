import { spawn } from 'node:child_process'
import type { Readable, Writable } from 'node:stream'
import { text } from 'node:stream/consumers'
import pg from 'pg'
import { stopping } from '../bytes.ts'
import { Problem, problemOf } from '../problem.ts'

const maxErrorCharacters = 2_000

export type Session = pg.Client

/** A connection to the database that the environment names, or another beside it. */
export async function connected<T>(database: string | null, work: (session: Session) => Promise<T>): Promise<T> {
  const session = new pg.Client(database === null ? {} : { database })
  // A server that goes away fails the question that waits for it.
  session.on('error', () => undefined)
  try {
    await session.connect().catch((error: unknown) => {
      throw serverDown(error) ?? error
    })
    return await work(session)
  } finally {
    // Also of a server that waits for a password: it would for a minute, and we with it.
    await session.end().catch(() => undefined)
  }
}

/** Nobody listens, or the server starts or stops: another time it may answer. */
function serverDown(error: unknown): Problem | null {
  const { code = '', message } = error as { code?: string; message: string }
  if (!['ECONNREFUSED', 'ENOENT', 'ENOTFOUND', 'ETIMEDOUT', '57P03'].includes(code)) return null
  const cure = 'Start it (systemctl start postgresql), or say where it listens: "host" and "port"'
  return new Problem('server_down', `PostgreSQL does not answer: ${message || code}. ${cure}.`)
}

/** One of PostgreSQL's own programs, on our environment; rejects with what it says when it fails. */
export async function runTool<T>(
  name: 'pg_dump' | 'pg_restore',
  args: readonly string[],
  stream: (streams: { stdin: Writable; stdout: Readable }) => Promise<T>,
): Promise<T> {
  const child = spawn(name, args, { stdio: ['pipe', 'pipe', 'pipe'], signal: stopping })
  const exited = new Promise<number | null>((resolve, reject) => {
    child.once('error', reject)
    child.once('exit', resolve)
  })
  exited.catch(() => undefined)
  const streamed = stream(child).catch((error: NodeJS.ErrnoException) => {
    // The program would wait for ever for bytes that nobody sends or reads any more; at EPIPE it is the one that ended.
    if (error.code !== 'EPIPE') child.kill()
    throw error
  })
  const [errorText, result, code] = await Promise.allSettled([text(child.stderr), streamed, exited])
  if (code.status === 'rejected') throw notStarted(name, code.reason)
  // A full disk shows as our own error; to the program it is a reader that went away.
  if (result.status === 'rejected' && (code.value === null || isFull(result.reason))) throw result.reason
  if (code.value !== 0) throw failed(name, code.value, errorText.status === 'fulfilled' ? errorText.value.trim() : '')
  if (result.status === 'rejected') throw result.reason
  return result.value
}

function isFull(error: unknown): boolean {
  return problemOf(error).reason === 'disk_full'
}

function notStarted(name: string, error: NodeJS.ErrnoException): Error {
  if (error.code !== 'ENOENT') return error
  return new Problem('tool_absent', `${name} is not installed on this server.`)
}

function failed(name: string, code: number | null, errorText: string): Problem {
  const errors = errorsIn(errorText)
  if (errorText.includes('No space left on device')) return new Problem('disk_full', `${name}: ${errors.slice(-300)}`)
  return new Problem('tool_failed', `${name} failed with ${code ?? 'a signal'}: ${errors.slice(-maxErrorCharacters)}`)
}

/** What the program says itself: the server's DETAIL and CONTEXT show rows, and a statement shows values. */
export function errorsIn(errorText: string): string {
  const lines = errorText.split('\n').filter((line) => /^pg_(dump|restore): (?!detail: (Command|Query) was)/.test(line))
  return lines.join('\n')
}
