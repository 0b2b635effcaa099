import { rmSync } from 'node:fs'
import { join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import { startPostgres } from '@ikoma/store/testing'
import type { Database, Dialect } from '../kit/database.ts'
import { entry, node } from '../kit/product.ts'
import { adminKey, type ControlPlane, World } from '../kit/world.ts'
import { type Disk, newDisk, newPowerCutFolder } from './disk.ts'

/** `ignored`: whoever writes to the disk believes that it syncs. */
export type Fsync = 'done' | 'ignored'

/** No order is silent for long enough to be given again: whatever is behind after a cut was lost by it. */
const longLeases = { IKOMA_CLAIM_LEASE_SEC: '600', IKOMA_RUN_LEASE_SEC: '600' }

interface TestHooks {
  onTestFinished(fn: () => Promise<void>): void
  onTestFailed(fn: () => void): void
}

/** What has its data on the disk. */
interface Powered {
  database: Database
  /** How the control plane is started, before its own command. */
  through: readonly string[]
  kill(): Promise<void>
  restart(): Promise<void>
}

export interface Machine {
  disk: Disk
  server: ControlPlane
  /** Power goes and comes back; then the same processes start on what the disk has kept. */
  cutPower(): Promise<void>
}

/** A machine whose database is on a disk of its own: the control plane with SQLite, or PostgreSQL and a control plane. */
export async function newMachine(
  { dialect, fsync }: { dialect: Dialect; fsync: Fsync },
  { onTestFinished, onTestFailed }: TestHooks,
): Promise<Machine> {
  const folder = newPowerCutFolder()
  const disk = newDisk(folder)
  onTestFinished(() => disk.close())
  const through = fsync === 'done' ? [] : ['perl', join(import.meta.dirname, 'without-fsync.pl')]
  const powered = dialect === 'sqlite' ? sqliteOn(disk, through) : await postgresOn(disk, through)
  const world = new World(folder, powered.database)
  onTestFinished(() => world.close())
  onTestFailed(() => void process.stderr.write(`${world.outputs()}\n`))
  const start = (port: string) => {
    const [program = node, ...args] = [...powered.through, node, entry, 'serve']
    return world.ready(world.start([program, ...args], { PORT: port, IKOMA_ADMIN_KEY: adminKey, ...longLeases }))
  }
  const machine: Machine = {
    disk,
    server: await start('0'),
    async cutPower() {
      // The disk dies first, under processes that still run: what they do with it now must not be acknowledged.
      disk.cutPower()
      await sleep(Math.random() * 30)
      await Promise.all([machine.server.end('SIGKILL'), powered.kill()])
      await disk.restorePower()
      await powered.restart()
      machine.server = await start(machine.server.port)
    },
  }
  return machine
}

/**
 * Database, write-ahead log and keys are all on the disk. SQLite that ends in order folds its log into the file; killed, it
 * leaves the log to the next start, as the cut left it.
 */
function sqliteOn(disk: Disk, through: readonly string[]): Powered {
  const nothing = async () => {}
  const env = { DB_PATH: join(disk.path, 'data', 'ikoma.db') }
  return { database: databaseOf('sqlite', env, disk), through, kill: nothing, restart: nothing }
}

async function postgresOn(disk: Disk, through: readonly string[]): Promise<Powered> {
  const server = await startPostgres(disk.path, through)
  return {
    database: databaseOf('postgres', { DATABASE_URL: `${server.url}/postgres` }, disk),
    through: [],
    kill: server.kill,
    async restart() {
      // The lock file names a process from before the cut, and would be believed were that id in use again. That nobody
      // holds it is sure: the disk could be unmounted.
      rmSync(join(server.dataDirectory, 'postmaster.pid'), { force: true })
      await server.restart()
    },
  }
}

function databaseOf(dialect: Dialect, env: Record<string, string>, disk: Disk): Database {
  const unused = () => Promise.reject(new Error('what a cut leaves is looked at through the control plane'))
  return { dialect, env, query: unused, tables: unused, drop: disk.close }
}
