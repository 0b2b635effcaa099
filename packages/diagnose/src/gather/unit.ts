import { activeStates, isManaged, unitSetup } from '@ikoma/machine/systemd'
import type { UnitState } from '../evidence.ts'
import type { LastStart } from './last-run.ts'
import type { Look } from './look.ts'
import { environmentIn } from './secrets.ts'

export interface SeenUnit {
  unit: UnitState
  /** Values to hide: they never leave as anything else. */
  environment: Record<string, string>
  lastStart: LastStart
}

export async function seeUnit(look: Look, name: string, now: number): Promise<SeenUnit | null> {
  return look.at(name, null, async () => {
    const { environment, ...setup } = await unitSetup(look.host, name)
    const { loadState: load, activeState: active, subState: sub, exitCode, ...rest } = setup
    const { result, restarts, upSec, user, workingDirectory, environmentFiles, needsReload } = rest
    const { requiredFiles, program, type, dynamicUser, startedSecAgo } = rest
    const hidden = { ...environment }
    for (const path of environmentFiles) {
      Object.assign(hidden, await look.at(path, {}, async () => environmentIn((await look.host.read(path)) ?? '')))
    }
    const state = { load, active, sub, result, restarts, exitStatus: exitCode ?? 0, upSec, needsReload }
    const setupOf = { user, workingDirectory, environmentFiles, requiredFiles, program, type, dynamicUser }
    const userExists = exitCode === noUser ? await seeAccount(look, user) : null
    return {
      unit: { ...state, ...setupOf, userExists, variables: Object.keys(hidden) },
      environment: hidden,
      lastStart: { at: startedSecAgo === null ? null : now - startedSecAgo * 1000, restarts, upSec },
    }
  })
}

/** 217/USER of systemd.exec(5). */
const noUser = 217

function seeAccount(look: Look, user: string): Promise<boolean | null> {
  return look.at(`account ${user}`, null, async () => {
    const { code } = await look.host.run({ argv: ['getent', 'passwd', '--', user] })
    return code === 0 ? true : code === 2 ? false : null
  })
}

export interface SeenProxy {
  name: string
  lastStart: LastStart
}

/** The proxies that run or should: what one that somebody stopped has said is over. */
export async function seeProxies(look: Look, now: number): Promise<SeenProxy[]> {
  const seen: SeenProxy[] = []
  for (const name of ['caddy.service', 'nginx.service']) {
    const setup = await look.at(name, null, () => unitSetup(look.host, name))
    if (setup !== null && (setup.loadState === 'not-found' || setup.activeState === 'inactive')) continue
    const { startedSecAgo = null, restarts = 0, upSec = null } = setup ?? {}
    seen.push({ name, lastStart: { at: startedSecAgo === null ? null : now - startedSecAgo * 1000, restarts, upSec } })
  }
  return seen
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
