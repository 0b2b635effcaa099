import { type Change, type Desired, planFor } from '../plan.ts'
import type { Gate } from '../ready.ts'
import { file, noFile } from '../system/index.ts'
import { environmentPath, header, ownUnits, type UnitKind, unitPath } from './managed-unit.ts'
import { enabled, startedWith } from './started-unit.ts'
import type { UnitState } from './systemctl.ts'
import { verifyUnits } from './verify.ts'

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
  gate: Gate
}

/**
 * Units as they are written, running as they are written, and started at boot. What runs is only started again when
 * something of it changed; when it then does not stay up, the former units are put back and run.
 */
export function installedUnits(wanted: WantedUnits): Desired {
  const { kind, main, service, gate } = wanted
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
    const stale = [...states.values()].some(({ needsReload }) => needsReload)
    const changes: Change[] = unitChanges.length > 0 ? [checked(content)] : []
    changes.push(...(await startedWith(host, { unit: main, state, files, stale, gate })))
    if (state.fileState !== 'enabled') changes.push(enabled(main))
    return changes
  }
}

function checked(units: Record<string, string>): Change {
  return {
    title: `have systemd check ${Object.keys(units).join(' and ')}`,
    diff: null,
    apply: (host) => verifyUnits(host, units),
    undo: async () => {},
  }
}
