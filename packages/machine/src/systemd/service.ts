import type { Host } from '../host.ts'
import type { Desired } from '../plan.ts'
import { type Gate, portSaidBy } from '../ready.ts'
import {
  type NamedAccounts,
  nobodyNamed,
  refuseOthersAccount,
  refuseOthersGroups,
  refusePowerfulUser,
} from '../safety/index.ts'
import { type Environment, renderEnvironmentFile } from '../system/index.ts'
import { noUnits } from './absent-unit.ts'
import { installedUnits } from './installed-unit.ts'
import { environmentPath, refuseUnmanaged } from './managed-unit.ts'
import { becomeReady } from './ready.ts'
import { isUp, systemctl, unitState } from './systemctl.ts'
import { renderTimer, type Timer } from './timer-file.ts'
import { type OneshotUnit, renderOneshotUnit, renderServiceUnit, type ServiceUnit } from './unit-file.ts'

/** Its environment is written where only root reads it. */
type Of<Unit> = Omit<Unit, 'environmentFiles'> & { name: string; environment: Environment }

export type WantedService = Of<ServiceUnit> & Pick<Gate, 'settleSec' | 'ready'>

/** A program that systemd keeps running, as `name.service`. */
export function systemdService({ name, settleSec, ready, ...wanted }: WantedService, named = nobodyNamed): Desired[] {
  const service = `${name}.service`
  const units = { [service]: renderServiceUnit(withEnvironmentFile(wanted, service)) }
  const environment = renderEnvironmentFile(wanted.environment)
  const gate = { settleSec, ready, saidPort: portSaidBy(wanted.environment) }
  return [
    knownUser(wanted, named),
    installedUnits({ kind: 'service', main: service, service, units, environment, gate }),
  ]
}

export const noSystemdService = (name: string): Desired =>
  noUnits({ kind: 'service', main: `${name}.service`, service: `${name}.service` })

export type WantedTimer = Of<OneshotUnit> & Pick<Timer, 'schedule' | 'randomizedDelaySec'>

/** A program that ends by itself and is started by the clock, as `name.timer` and `name.service`. */
export function systemdTimer(
  { name, schedule, randomizedDelaySec, ...wanted }: WantedTimer,
  named = nobodyNamed,
): Desired[] {
  const [main, service] = [`${name}.timer`, `${name}.service`]
  const { description } = wanted
  const units = {
    [service]: renderOneshotUnit(withEnvironmentFile(wanted, service)),
    [main]: renderTimer({ description, unit: service, schedule, randomizedDelaySec }),
  }
  const environment = renderEnvironmentFile(wanted.environment)
  return [
    knownUser(wanted, named),
    installedUnits({ kind: 'timer', main, service, units, environment, gate: { settleSec: 0 } }),
  ]
}

export const noSystemdTimer = (name: string): Desired =>
  noUnits({ kind: 'timer', main: `${name}.timer`, service: `${name}.service` })

/** Running, or not, until the next boot decides again by what is enabled. */
export function unitRunning(
  unit: string,
  { up, settleSec = 0, ready }: Partial<Pick<Gate, 'settleSec' | 'ready'>> & { up: boolean },
): Desired {
  return async (host) => {
    await refuseUnmanaged(host, unit)
    const state = await unitState(host, unit)
    if (up ? state.activeState === 'active' : !isUp(state)) return []
    const [verb, opposite] = up ? (['start', 'stop'] as const) : (['stop', 'start'] as const)
    const { activeState } = state
    return [
      {
        title: `${verb} ${unit}`,
        diff: `-${activeState}\n+${up ? 'active' : 'inactive'}`,
        async apply(host) {
          await systemctl(host, verb, unit)
          if (up)
            await becomeReady(host, unit, { settleSec, ready }).catch((error: unknown) => stopAgain(host, unit, error))
        },
        undo: (host) => systemctl(host, opposite, unit),
      },
    ]
  }
}

/** What did not stay up was down before: it is not left to be started over and over. */
async function stopAgain(host: Host, unit: string, error: unknown): Promise<never> {
  await systemctl(host, 'stop', unit)
  throw error
}

function withEnvironmentFile<U extends { environment: Environment }>(unit: U, service: string) {
  const { environment, ...rest } = unit
  return Object.keys(environment).length > 0 ? { ...rest, environmentFiles: [environmentPath(service)] } : rest
}

const knownUser =
  ({ user, group }: { user: string; group?: string | undefined }, named: NamedAccounts): Desired =>
  async (host) => {
    await refusePowerfulUser(host, user, group)
    await refuseOthersAccount(host, user, named)
    await refuseOthersGroups(host, [group ?? user], named)
    return []
  }
