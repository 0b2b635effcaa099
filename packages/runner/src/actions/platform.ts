import type { OutputOf } from '@ikoma/api'
import type { Host, Stage } from '@ikoma/machine'
import {
  caddyPlatform,
  dockerPlatform,
  installedPlatform,
  nginxPlatform,
  node,
  nodePlatform,
  type Platform,
  type PlatformChoices,
  type Present,
  survey,
} from '@ikoma/machine/platform'
import type { ActionContext, ActionResult, FamilyActions } from '../order/action.ts'
import { convergingInStages } from './converging.ts'

export const platform = {
  'platform.node.install': installing(
    (wanted) => nodePlatform(wanted),
    (wanted) => node(wanted),
  ),
  'platform.docker.install': installing((wanted, machine) => dockerPlatform(machine, wanted)),
  'platform.caddy.install': installing((wanted) => caddyPlatform(wanted)),
  'platform.nginx.install': installing((wanted) => nginxPlatform(wanted)),
} satisfies FamilyActions<'platform'>

/**
 * An action that looks for what is there of a platform's kind, tells it, and makes the platform so; `stagesBy` where more
 * than the platform's packages is wanted.
 */
function installing<P extends PlatformChoices>(
  platformFor: (payload: P, machine: Host) => Platform | Promise<Platform>,
  stagesBy?: (payload: P) => Stage[],
) {
  return async (payload: P, context: ActionContext): Promise<ActionResult<OutputOf<'platform.node.install'>>> => {
    const { machine, step, log } = context
    const platform = await platformFor(payload, machine)
    const found = await step('survey', () => survey(machine, platform))
    for (const each of found) log(`Found: ${told(each)}`)
    const converge = convergingInStages((wanted: P) => stagesBy?.(wanted) ?? installedPlatform(platform, wanted))
    const result = await converge(payload, context)
    if (!result.ok) return result
    const version = versionOf(platform, await survey(machine, platform))
    return { ...result, output: { ...result.output, found, version } }
  }
}

function told({ kind, name, version, stale }: Present): string {
  return `${kind} ${name}${version === null ? '' : ` ${version}`}${stale ? ', in the way' : ''}`
}

/** Of what is called first: a program in /usr/local before the one of a package. */
function versionOf({ packages }: Platform, found: readonly Present[]): string | null {
  const wanted = packages.map(({ name }) => name)
  const current = found.filter(({ stale }) => !stale)
  const local = current.find(({ kind, name }) => kind === 'program' && name.startsWith('/usr/local/'))
  return (local ?? current.find(({ name }) => wanted[0] === name))?.version ?? null
}
