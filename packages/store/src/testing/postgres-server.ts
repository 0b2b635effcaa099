import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { setTimeout as delay } from 'node:timers/promises'
import { freePort, makeCluster, startServer } from '../../../backend/src/postgres/server-process.ts'

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
  makeCluster(dataDirectory, ['--auth', 'trust'])
  const settings = { fsync: 'on', synchronous_commit: 'on', max_connections: '200' }
  const start = () => startServer({ dataDirectory, port, settings, through })
  const end = async (signal: NodeJS.Signals) => {
    child.signal(signal)
    await child.exited
  }
  let child = await start()
  // With an orphaned server a killed test run would leave its port and memory taken.
  const killWithUs = () => child.signal('SIGKILL')
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
