import { type ChildProcessByStdio, spawn } from 'node:child_process'
import type { Readable, Writable } from 'node:stream'
import { text } from 'node:stream/consumers'
import pg from 'pg'
import { stopping } from './bytes.ts'
import { Problem } from './problem.ts'

const maxToldCharacters = 2_000

export type Session = pg.Client

/** A connection to the database that the environment names, or another beside it. */
export async function connected<T>(database: string | null, work: (session: Session) => Promise<T>): Promise<T> {
  const session = new pg.Client(database === null ? {} : { database })
  // A server that goes away is told by the question that waits.
  session.on('error', () => undefined)
  await session.connect()
  try {
    return await work(session)
  } finally {
    await session.end().catch(() => undefined)
  }
}

/** One of PostgreSQL's own programs, on our environment; rejects with what it says when it fails. */
export async function runTool(
  name: 'pg_dump' | 'pg_restore',
  args: readonly string[],
  feed: (stdin: NodeJS.WritableStream) => Promise<void> = async (stdin) => void stdin.end(),
): Promise<void> {
  // Our standard output is the backup's file: only a dump may write there.
  const child: ChildProcessByStdio<Writable, null, Readable> = spawn(name, args, {
    stdio: ['pipe', name === 'pg_dump' ? 'inherit' : 'ignore', 'pipe'],
    signal: stopping,
  })
  const exited = new Promise<number | null>((resolve, reject) => {
    child.once('error', reject)
    child.once('exit', resolve)
  })
  exited.catch(() => undefined)
  const [said, fed, code] = await Promise.allSettled([text(child.stderr), feed(child.stdin), exited])
  if (code.status === 'rejected') throw notStarted(name, code.reason)
  if (code.value !== 0) throw failed(name, code.value, said.status === 'fulfilled' ? said.value.trim() : '')
  if (fed.status === 'rejected') throw fed.reason
}

function notStarted(name: string, error: NodeJS.ErrnoException): Error {
  if (error.code !== 'ENOENT') return error
  return new Problem('tool_absent', `${name} is not installed on this server.`)
}

function failed(name: string, code: number | null, said: string): Problem {
  if (said.includes('No space left on device')) return new Problem('disk_full', `${name}: ${said.slice(-300)}`)
  return new Problem('tool_failed', `${name} failed with ${code ?? 'a signal'}: ${said.slice(-maxToldCharacters)}`)
}
