import { setTimeout as sleep } from 'node:timers/promises'
import { AppError } from '@ikoma/kernel'
import { mustRun, outputOf } from '../drivers/must-run.ts'
import type { Host } from '../host.ts'
import { type Change, type Desired, planFor } from '../plan.ts'

export interface RunningUnit {
  /** `name.service` or `name.socket`. */
  unit: string
  /** What it reads when it starts, its own file among it: when one of these changes, it is started again. */
  reads: readonly Desired[]
  /** How long it must stay up to count as started. */
  steadyMs?: number
}

/** A systemd unit with these files that runs now and after every boot. */
export function runningUnit({ unit, reads, steadyMs = 0 }: RunningUnit): Desired {
  return async (host) => {
    const files = await planFor(reads, host)
    const before = await unitState(host, unit)
    const changes = withRestart(files, unit, before)
    if (files.length > 0 || before.stale) changes.push(reload)
    if (!before.enabled) changes.push(enabling(unit))
    const start = (verb: 'start' | 'restart') => async (on: Host) => {
      await mustRun(on, systemctl(verb, unit))
      await refuseUnsteady(on, unit, steadyMs)
    }
    const stop = (on: Host) => mustRun(on, systemctl('stop', unit))
    if (!before.active) changes.push({ title: `start ${unit}`, diff: null, apply: start('start'), undo: stop })
    else if (files.length > 0 || before.stale) {
      // Taken back with the first of the files: only then is there something old to start again with.
      changes.push({ title: `restart ${unit}`, diff: null, apply: start('restart'), undo: async () => undefined })
    }
    return changes
  }
}

/** A systemd unit that neither runs nor starts by itself; one that was never there is just that. */
export function stoppedUnit(unit: string): Desired {
  return async (host) => {
    const { active, enabled } = await unitState(host, unit)
    const changes: Change[] = []
    if (active) {
      const apply = (on: Host) => mustRun(on, systemctl('stop', unit))
      changes.push({ title: `stop ${unit}`, diff: null, apply, undo: (on) => mustRun(on, systemctl('start', unit)) })
    }
    if (enabled) {
      const apply = (on: Host) => mustRun(on, systemctl('disable', unit))
      changes.push({
        title: `disable ${unit}`,
        diff: null,
        apply,
        undo: (on) => mustRun(on, systemctl('enable', unit)),
      })
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

const systemctl = (verb: string, ...units: string[]) => ({ argv: ['systemctl', verb, '--', ...units] as const })

const reloadNow = (on: Host) => mustRun(on, { argv: ['systemctl', 'daemon-reload'] })

const reload: Change = {
  title: 'have systemd read its units again',
  diff: null,
  apply: reloadNow,
  undo: async () => undefined,
}

function enabling(unit: string): Change {
  return {
    title: `enable ${unit}`,
    diff: null,
    apply: (on) => mustRun(on, systemctl('enable', unit)),
    undo: (on) => mustRun(on, systemctl('disable', unit)),
  }
}

/** What is taken back last is the first of the files: then systemd reads the old ones, and the unit starts with them. */
function withRestart([first, ...others]: Change[], unit: string, { active }: UnitState): Change[] {
  if (!first) return []
  const { undo } = first
  const restored: Change['undo'] =
    undo &&
    (async (on) => {
      await undo(on)
      await reloadNow(on)
      if (active) await mustRun(on, systemctl('restart', unit))
    })
  return [{ ...first, undo: restored }, ...others]
}

interface UnitState {
  active: boolean
  enabled: boolean
  /** Its file changed since systemd read it. */
  stale: boolean
  restarts: number
}

async function unitState(host: Host, unit: string): Promise<UnitState> {
  const properties = 'ActiveState,UnitFileState,NeedDaemonReload,NRestarts'
  const told = await outputOf(host, { argv: ['systemctl', 'show', `--property=${properties}`, '--', unit] })
  const value = (name: string) => new RegExp(`^${name}=(.*)$`, 'm').exec(told)?.[1] ?? ''
  return {
    active: value('ActiveState') === 'active',
    enabled: value('UnitFileState') === 'enabled',
    stale: value('NeedDaemonReload') === 'yes',
    restarts: Number(value('NRestarts') || 0),
  }
}

/** A program that ends at once was started, as far as systemctl is concerned. */
async function refuseUnsteady(host: Host, unit: string, steadyMs: number): Promise<void> {
  const atStart = await unitState(host, unit)
  if (atStart.active && steadyMs > 0) await sleep(steadyMs)
  const now = steadyMs > 0 ? await unitState(host, unit) : atStart
  if (now.active && now.restarts === atStart.restarts) return
  const journal = ['journalctl', '--no-pager', '--quiet', '--output=cat', '--lines=15', '--unit', unit] as const
  const { stdout } = await host.run({ argv: journal })
  throw new AppError('unprocessable', `${unit} does not stay up. It says:\n${stdout.trim() || '(nothing)'}`, {
    reason: 'unit_not_steady',
  })
}
