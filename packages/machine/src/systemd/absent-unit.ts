import type { Host } from '../host.ts'
import type { Change, Desired } from '../plan.ts'
import { noFile } from '../system/index.ts'
import { environmentPath, notePath, ownUnits, type UnitKind, unitPath } from './managed-unit.ts'
import { isUp, reloadUnits, systemctl, systemctlIfThere } from './systemctl.ts'

export interface UnwantedUnits {
  kind: UnitKind
  main: string
  service: string
}

/** Neither running, nor started at boot, nor on disk. What the program itself wrote is left alone. */
export function noUnits({ kind, main, service }: UnwantedUnits): Desired {
  const names = [...new Set([main, service])]
  return async (host) => {
    const changes: Change[] = []
    const states = await ownUnits(host, names, kind)
    for (const [name, state] of states) {
      if (isUp(state)) changes.push(stopped(name, name === main))
      if (name === main && state.fileState === 'enabled') changes.push(disabled(name))
    }
    for (const name of names) changes.push(...(await noFile(unitPath(name))(host)))
    changes.push(...(await noFile(environmentPath(service), { secret: true })(host)))
    changes.push(...(await noFile(notePath(main))(host)))
    const left = [...states.values()].some(({ loadState }) => loadState !== 'not-found')
    return left || changes.length > 0 ? [...changes, forgotten(names)] : []
  }
}

function stopped(unit: string, again: boolean): Change {
  return {
    title: `stop ${unit}`,
    diff: null,
    apply: (host) => systemctl(host, 'stop', unit),
    // A job that was ended is not begun anew: its timer does that.
    undo: again ? (host) => startAgain(host, unit) : null,
  }
}

async function startAgain(host: Host, unit: string): Promise<void> {
  await reloadUnits(host)
  await systemctl(host, 'start', unit)
}

function disabled(unit: string): Change {
  return {
    title: `do not start ${unit} at boot`,
    diff: null,
    apply: (host) => systemctl(host, 'disable', unit),
    undo: (host) => systemctl(host, 'enable', unit),
  }
}

function forgotten(units: readonly string[]): Change {
  return {
    title: 'have systemd forget it',
    diff: null,
    async apply(host) {
      await reloadUnits(host)
      for (const unit of units) await systemctlIfThere(host, 'reset-failed', unit)
    },
    undo: reloadUnits,
  }
}
