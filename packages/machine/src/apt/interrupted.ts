import type { Host } from '../host.ts'
import type { Change, Desired } from '../plan.ts'
import { finishInterrupted, type PackageState, packageStates } from './apt.ts'
import { listOf } from './listed.ts'

/** Nothing that dpkg has begun and not ended. */
export function dpkgFinished(): Desired {
  return async (host) => {
    const repair = await repairOf(host, await packageStates(host))
    return repair === null ? [] : [repair]
  }
}

/** What dpkg was doing when it was killed, or failed at: until it is finished, apt refuses everything. */
export async function repairOf(host: Host, there: ReadonlyMap<string, PackageState>): Promise<Change | null> {
  const begun = /^(half-installed|unpacked|half-configured|triggers-pending|triggers-awaited)$/
  const names = [...there].filter(([, { status }]) => begun.test(status)).map(([name]) => name)
  const broken = names.filter((name) => there.get(name)?.status === 'half-installed')
  if (names.length === 0 && (await host.list('/var/lib/dpkg/updates')).length === 0) return null
  return {
    title: names.length === 0 ? 'finish what dpkg began' : `finish the interrupted installation of ${listOf(names)}`,
    diff: null,
    apply: (on) => finishInterrupted(on, broken),
    // Half-installed is no state to go back to.
    undo: async () => {},
  }
}
