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
    const state = await unitState(host, unit)
    const stale = files.length > 0 || state.needsReload
    const changes = withFormerUnit(files, unit, state)
    if (stale) changes.push(reloaded)
    if (state.fileState !== 'enabled') changes.push(enabled(unit))
    if (stale || state.activeState !== 'active') changes.push(started(unit, state, settleSec))
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

/** What is taken back last is the first of the files: then systemd reads the former ones, and what ran runs with them. */
function withFormerUnit([first, ...others]: Change[], unit: string, state: UnitState): Change[] {
  if (!first) return []
  const { undo } = first
  const restored = async (host: Host) => {
    await undo?.(host)
    await reloadUnits(host)
    if (isUp(state)) await systemctl(host, 'restart', unit)
  }
  return [{ ...first, undo: undo && restored }, ...others]
}

const nothingToTakeBack = async () => {}

const reloaded: Change = {
  title: 'have systemd read its units again',
  diff: null,
  apply: reloadUnits,
  undo: nothingToTakeBack,
}

function started(unit: string, state: UnitState, settleSec: number): Change {
  const stop = (host: Host) => systemctl(host, 'stop', unit)
  return {
    title: `${isUp(state) ? 'restart' : 'start'} ${unit}`,
    diff: null,
    async apply(host) {
      try {
        await systemctl(host, 'restart', unit)
        await stayUp(host, unit, settleSec)
      } catch (error) {
        // Not left to be started over and over, without the file it was started from.
        if (!isUp(state)) await stop(host)
        throw error
      }
    },
    undo: isUp(state) ? nothingToTakeBack : stop,
  }
}

function stopped(unit: string): Change {
  return {
    title: `stop ${unit}`,
    diff: null,
    apply: (host) => systemctl(host, 'stop', unit),
    undo: (host) => systemctl(host, 'start', unit),
  }
}

function enabled(unit: string): Change {
  return {
    title: `enable ${unit}`,
    diff: null,
    apply: (host) => systemctl(host, 'enable', unit),
    undo: (host) => systemctl(host, 'disable', unit),
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
