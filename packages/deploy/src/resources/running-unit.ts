import { isUp, reloadUnits, stayUp, systemctl, type UnitState, unitState } from '../drivers/systemctl.ts'
import type { Host } from '../host.ts'
import { type Change, type Desired, planFor } from '../plan.ts'

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
    const before = await unitState(host, unit)
    const changes = withRestart(files, unit, before)
    const stale = files.length > 0 || before.needsReload
    if (stale) changes.push(reload)
    if (before.fileState !== 'enabled') changes.push(enabling(unit))
    const start = (verb: 'start' | 'restart') => async (on: Host) => {
      await systemctl(on, verb, unit)
      await stayUp(on, unit, settleSec)
    }
    const stop = (on: Host) => systemctl(on, 'stop', unit)
    if (before.activeState !== 'active')
      changes.push({ title: `start ${unit}`, diff: null, apply: start('start'), undo: stop })
    else if (stale) {
      // Taken back with the first of the files: only then is there something old to start again with.
      changes.push({ title: `restart ${unit}`, diff: null, apply: start('restart'), undo: async () => undefined })
    }
    return changes
  }
}

/** A systemd unit that neither runs nor starts by itself; one that was never there is just that. */
export function stoppedUnit(unit: string): Desired {
  return async (host) => {
    const state = await unitState(host, unit)
    const changes: Change[] = []
    if (isUp(state)) {
      const apply = (on: Host) => systemctl(on, 'stop', unit)
      changes.push({ title: `stop ${unit}`, diff: null, apply, undo: (on) => systemctl(on, 'start', unit) })
    }
    if (state.fileState === 'enabled') {
      const apply = (on: Host) => systemctl(on, 'disable', unit)
      changes.push({ title: `disable ${unit}`, diff: null, apply, undo: (on) => systemctl(on, 'enable', unit) })
    }
    return changes
  }
}

/** Parts that change unit files, and systemd told of it. */
export function reloadedAfter(parts: readonly Desired[]): Desired {
  return async (host) => {
    const changes = await planFor(parts, host)
    return changes.length > 0 ? [...changes, reload] : []
  }
}

const reload: Change = {
  title: 'have systemd read its units again',
  diff: null,
  apply: reloadUnits,
  undo: async () => undefined,
}

function enabling(unit: string): Change {
  return {
    title: `enable ${unit}`,
    diff: null,
    apply: (on) => systemctl(on, 'enable', unit),
    undo: (on) => systemctl(on, 'disable', unit),
  }
}

/** What is taken back last is the first of the files: then systemd reads the old ones, and the unit starts with them. */
function withRestart([first, ...others]: Change[], unit: string, state: UnitState): Change[] {
  if (!first) return []
  const { undo } = first
  const restored: Change['undo'] =
    undo &&
    (async (on) => {
      await undo(on)
      await reloadUnits(on)
      if (isUp(state)) await systemctl(on, 'restart', unit)
    })
  return [{ ...first, undo: restored }, ...others]
}
