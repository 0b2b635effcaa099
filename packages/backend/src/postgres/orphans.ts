import { existsSync, readdirSync, readFileSync, readlinkSync, realpathSync, rmSync } from 'node:fs'
import { basename, join } from 'node:path'
import { setTimeout as delay } from 'node:timers/promises'
import { AppError } from '@ikoma/kernel'

/**
 * Ends what an app that was killed has left running on this cluster: kindly first, so that nothing has to be recovered.
 * Whoever calls this holds the lock on the directory, so that nobody else can want it. Answers with what was ended.
 */
export async function endOrphans(cluster: string): Promise<number[]> {
  const found = serversIn(cluster)
  const main = postmasterPid(cluster)
  // Without the postmaster its backends end by themselves; a fast shutdown is the postmaster's to give.
  const first = main !== null && found.includes(main) ? [main] : found
  for (const [signal, waitMs] of escalation) {
    const left = serversIn(cluster)
    if (left.length === 0) break
    for (const pid of signal === 'SIGINT' ? first : left) kill(pid, signal)
    await gone(cluster, waitMs)
  }
  const left = serversIn(cluster)
  if (left.length > 0) {
    const pids = left.join(', ')
    throw new AppError('unavailable', `PostgreSQL still runs on ${cluster} (process ${pids}) and cannot be ended.`, {
      reason: 'postgres_orphan',
    })
  }
  // It names a process that is no PostgreSQL of this cluster, as after a power cut: PostgreSQL would refuse to start
  // when the system has given that number to another program of the same account.
  rmSync(join(cluster, 'postmaster.pid'), { force: true })
  return found
}

const escalation: [NodeJS.Signals, number][] = [
  ['SIGINT', 30_000],
  ['SIGQUIT', 10_000],
  ['SIGKILL', 5_000],
]

/** Processes whose program is a `postgres` and whose working directory is the cluster, which PostgreSQL sees to. */
function serversIn(cluster: string): number[] {
  if (!existsSync(cluster)) return []
  const folder = realpathSync(cluster)
  return readdirSync('/proc')
    .filter((name) => /^\d+$/.test(name))
    .filter((pid) => link(pid, 'cwd') === folder && /^postgres( \(deleted\))?$/.test(basename(link(pid, 'exe') ?? '')))
    .map(Number)
}

function postmasterPid(cluster: string): number | null {
  try {
    const pid = Number(readFileSync(join(cluster, 'postmaster.pid'), 'utf8').split('\n', 1)[0])
    return Number.isInteger(pid) && pid > 1 ? pid : null
  } catch {
    return null
  }
}

/** Null for a process that has ended meanwhile, and for one of another account. */
function link(pid: string, name: string): string | null {
  try {
    return readlinkSync(`/proc/${pid}/${name}`)
  } catch {
    return null
  }
}

function kill(pid: number, signal: NodeJS.Signals): void {
  try {
    process.kill(pid, signal)
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== 'ESRCH') throw error
  }
}

async function gone(cluster: string, waitMs: number): Promise<void> {
  for (let waited = 0; waited < waitMs && serversIn(cluster).length > 0; waited += 50) await delay(50)
}
