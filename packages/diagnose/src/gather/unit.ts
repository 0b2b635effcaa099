import { activeStates, isManaged, unitSetup } from '@ikoma/machine/systemd'
import type { UnitState } from '../evidence.ts'
import type { Look } from './look.ts'
import { environmentIn } from './secrets.ts'

export interface SeenUnit {
  unit: UnitState
  /** Values to hide: they never leave as anything else. */
  environment: Record<string, string>
}

export async function seeUnit(look: Look, name: string): Promise<SeenUnit | null> {
  return look.at(name, null, async () => {
    const { environment, ...setup } = await unitSetup(look.host, name)
    const { loadState: load, activeState: active, subState: sub, exitCode, ...rest } = setup
    const { result, restarts, upSec, user, workingDirectory, environmentFiles, needsReload } = rest
    const hidden = { ...environment }
    for (const path of environmentFiles) {
      Object.assign(hidden, await look.at(path, {}, async () => environmentIn((await look.host.read(path)) ?? '')))
    }
    const state = { load, active, sub, result, restarts, exitStatus: exitCode ?? 0, upSec, needsReload }
    return { unit: { ...state, user, workingDirectory, environmentFiles }, environment: hidden }
  })
}

/** Services that apps lean on, or that take their ports. */
const neighbours = ['caddy', 'nginx', 'apache2', 'postgresql', 'redis-server', 'redis', 'docker'].map(
  (name) => `${name}.service`,
)

export async function seeServices(look: Look): Promise<Record<string, string>> {
  return look.at('services', {}, () => activeStates(look.host, neighbours))
}

export async function seeManaged(look: Look, units: readonly string[]): Promise<string[]> {
  const managed: string[] = []
  for (const unit of units) {
    if (await look.at(unit, false, () => isManaged(look.host, unit))) managed.push(unit)
  }
  return managed
}
