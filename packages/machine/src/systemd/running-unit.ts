import { type Change, type Desired, planFor } from '../plan.ts'
import { enabled, startedWith } from './started-unit.ts'
import { isUp, reloadUnits, systemctl, unitState } from './systemctl.ts'

export interface RunningUnit {
  /** `name.service` or `name.socket`. */
  unit: string
  /** What it reads when it starts, its own file among it: when one of these changes, it is started again. */
  reads: readonly Desired[]
  /** How long it must stay up to count as started. */
  settleSec?: number
}

/** A systemd unit with these files that runs now and after every boot. */
export function runningUnit({ unit, reads, settleSec = 0 }: RunningUnit): Desired {
  return async (host) => {
    const files = await planFor(reads, host)
    const state = await unitState(host, unit)
    const changes = await startedWith(host, { unit, state, files, stale: state.needsReload, gate: { settleSec } })
    if (state.fileState !== 'enabled') changes.push(enabled(unit))
    return changes
  }
}

/** A systemd unit that neither runs nor starts by itself; one that was never there is just that. */
export function stoppedUnit(unit: string): Desired {
  return async (host) => {
    const state = await unitState(host, unit)
    const changes: Change[] = []
    if (isUp(state)) changes.push(stopped(unit))
    if (state.fileState === 'enabled') changes.push(disabled(unit))
    return changes
  }
}

/** Parts that change unit files, and systemd told of it. */
export function reloadedAfter(parts: readonly Desired[]): Desired {
  return async (host) => {
    const changes = await planFor(parts, host)
    return changes.length > 0 ? [...changes, reloaded] : []
  }
}

const reloaded: Change = {
  title: 'have systemd read its units again',
  diff: null,
  apply: reloadUnits,
  undo: async () => {},
}

function stopped(unit: string): Change {
  return {
    title: `stop ${unit}`,
    diff: null,
    apply: (host) => systemctl(host, 'stop', unit),
    undo: (host) => systemctl(host, 'start', unit),
  }
}

function disabled(unit: string): Change {
  return {
    title: `disable ${unit}`,
    diff: null,
    apply: (host) => systemctl(host, 'disable', unit),
    undo: (host) => systemctl(host, 'enable', unit),
  }
}
