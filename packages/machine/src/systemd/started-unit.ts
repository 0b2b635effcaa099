import type { Host } from '../host.ts'
import type { Change } from '../plan.ts'
import type { Gate } from '../ready.ts'
import { notePath } from './managed-unit.ts'
import { becomeReady, portsOf } from './ready.ts'
import { isUp, reloadUnits, systemctl, systemctlIfThere, type UnitState } from './systemctl.ts'

interface Start {
  unit: string
  state: UnitState
  /** Changes of files that it reads when it starts. */
  files: readonly Change[]
  /** The unit runs as something else than its files say. */
  stale: boolean
  /** What makes it count as started. */
  gate: Gate
}

/**
 * The changes of files, and the unit started with them; none when it runs as they are. A note on disk tells the next run
 * that a start is due, should this one be killed between the two.
 */
export async function startedWith(host: Host, { unit, state, files, stale, gate }: Start): Promise<Change[]> {
  const noted = (await host.look(notePath(unit))) !== null
  if (files.length === 0 && !stale && !noted && state.activeState === 'active') return []
  return [announced(unit, state, noted), ...files, started(unit, state, gate)]
}

export function enabled(unit: string): Change {
  return {
    title: `start ${unit} at boot`,
    diff: null,
    apply: (host) => systemctl(host, 'enable', unit),
    undo: (host) => systemctl(host, 'disable', unit),
  }
}

/** Comes before the files, so that taking it back comes after they are as they were: then the former unit runs again. */
function announced(unit: string, state: UnitState, noted: boolean): Change {
  return {
    title: `note that ${unit} is to be started anew`,
    diff: null,
    apply: (host) => host.write(notePath(unit), { content: '', mode: 0o600, owner: 'root', group: 'root' }),
    undo: async (host) => {
      if (!isUp(state)) await stopAndForget(host, unit)
      await reloadUnits(host)
      if (isUp(state)) await systemctl(host, 'restart', unit)
      if (!noted) await host.remove(notePath(unit))
    },
  }
}

function started(unit: string, state: UnitState, gate: Gate): Change {
  return {
    title: `${isUp(state) ? 'restart' : 'start'} ${unit}`,
    diff: null,
    async apply(host) {
      await reloadUnits(host)
      const formerPorts = isUp(state) ? await portsOf(host, unit) : []
      await systemctl(host, 'restart', unit)
      await becomeReady(host, unit, { ...gate, formerPorts })
      await host.remove(notePath(unit))
    },
    undo: async () => {},
  }
}

/** The unit may be gone already, or never have come. */
async function stopAndForget(host: Host, unit: string): Promise<void> {
  await systemctlIfThere(host, 'stop', unit)
  await systemctlIfThere(host, 'reset-failed', unit)
}
