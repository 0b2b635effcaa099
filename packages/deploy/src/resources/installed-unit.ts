import { isUp, reloadUnits, stayUp, systemctl, systemctlIfThere, type UnitState } from '../drivers/systemctl.ts'
import { verifyUnits } from '../drivers/systemd-verify.ts'
import type { Host } from '../host.ts'
import { type Change, type Desired, planFor } from '../plan.ts'
import { file, noFile } from './file.ts'
import { environmentPath, header, notePath, ownUnits, type UnitKind, unitPath } from './managed-unit.ts'

export interface WantedUnits {
  kind: UnitKind
  /** The one that is started, now and at boot: `gateway.service`, `poll.timer`. */
  main: string
  /** The one that has the program, and the variables. */
  service: string
  /** Content by name, without our header. */
  units: Readonly<Record<string, string>>
  /** An environment file; empty for none. */
  environment: string
  settleSec: number
}

/**
 * Units as they are written, running as they are written, and started at boot. What runs is only started again when
 * something of it changed; when it then does not stay up, the former units are put back and run.
 */
export function installedUnits(wanted: WantedUnits): Desired {
  const { kind, main, service, settleSec } = wanted
  const content = Object.fromEntries(Object.entries(wanted.units).map(([name, text]) => [name, header(kind) + text]))
  const root = { mode: 0o600, owner: 'root', group: 'root' }
  return async (host) => {
    const states = await ownUnits(host, Object.keys(content), kind)
    const state = states.get(main) as UnitState
    const path = environmentPath(service)
    const environment = { path, content: wanted.environment, ...root, secret: true }
    const units = Object.entries(content).map(([name, text]) =>
      file({ path: unitPath(name), content: text, ...root, mode: 0o644 }),
    )
    const variables = wanted.environment === '' ? noFile(path, { secret: true }) : file(environment)
    const unitChanges = await planFor(units, host)
    const files = [...(await variables(host)), ...unitChanges]
    const noted = (await host.look(notePath(main))) !== null
    const stale = files.length > 0 || noted || [...states.values()].some(({ needsReload }) => needsReload)
    const changes: Change[] = []
    if (unitChanges.length > 0) changes.push(checked(content))
    if (stale || state.activeState !== 'active') {
      changes.push(announced(main, state, noted), ...files, started(main, state, settleSec))
    }
    if (state.fileState !== 'enabled') changes.push(enabled(main))
    return changes
  }
}

const nothingToTakeBack = async () => {}

function checked(units: Record<string, string>): Change {
  return {
    title: `have systemd check ${Object.keys(units).join(' and ')}`,
    diff: null,
    apply: (host) => verifyUnits(host, units),
    undo: nothingToTakeBack,
  }
}

/** Comes before the files, so that taking it back comes after they are as they were: then the former units run again. */
function announced(main: string, state: UnitState, noted: boolean): Change {
  return {
    title: `note that ${main} is to be started anew`,
    diff: null,
    apply: (host) => host.write(notePath(main), { content: '', mode: 0o600, owner: 'root', group: 'root' }),
    undo: async (host) => {
      if (!isUp(state)) await stopAndForget(host, main)
      await reloadUnits(host)
      if (isUp(state)) await systemctl(host, 'restart', main)
      if (!noted) await host.remove(notePath(main))
    },
  }
}

function started(main: string, state: UnitState, settleSec: number): Change {
  return {
    title: `${isUp(state) ? 'restart' : 'start'} ${main}`,
    diff: null,
    async apply(host) {
      await reloadUnits(host)
      await systemctl(host, 'restart', main)
      await stayUp(host, main, settleSec)
      await host.remove(notePath(main))
    },
    undo: nothingToTakeBack,
  }
}

function enabled(main: string): Change {
  return {
    title: `start ${main} at boot`,
    diff: null,
    apply: (host) => systemctl(host, 'enable', main),
    undo: (host) => systemctl(host, 'disable', main),
  }
}

/** It may be gone already, or never have come. */
async function stopAndForget(host: Host, main: string): Promise<void> {
  await systemctlIfThere(host, 'stop', main)
  await systemctlIfThere(host, 'reset-failed', main)
}
