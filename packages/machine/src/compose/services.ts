import { AppError } from '@ikoma/kernel'
import type { Host } from '../host.ts'
import type { Change, Desired } from '../plan.ts'
import { isThere } from '../ready.ts'
import { compose } from './compose.ts'
import { containersStay, type Patience } from './containers-stay.ts'
import { type Container, containersOf, dockerContainer, isGood, networksOf, removeNetworks, stateOf } from './docker.ts'
import { withFailed } from './failed-container.ts'
import { type ComposeProject, type ComposeSource, readComposeProject } from './project.ts'
import { refuseUnpublished } from './published-here.ts'

/** Every service of a compose file running as the file says, and no other container of the project. */
export function composeServices(source: ComposeSource, patience: Patience): Desired {
  return async (host) => {
    const project = await readComposeProject(host, source)
    const before = await containersOf(host, source.name, source.directory)
    refuseOthersOrphans(project, before)
    if (patience.ready) refuseUnpublished(project, patience.ready)
    const difference = differenceOf(project, before)
    if (difference.length === 0) return stillAwaited(host, project, { before, patience })
    return [checked(project, before), started(project, difference, patience)]
  }
}

/** An order that failed or was killed may have left them so: nobody has seen yet that they get well. */
async function stillAwaited(
  host: Host,
  project: ComposeProject,
  { before, patience }: { before: readonly Container[]; patience: Patience },
): Promise<Change[]> {
  const { ready, settleSec } = patience
  const wait = (title: string): Change[] => [
    { title, diff: null, apply: (on) => containersStay(on, project, patience), undo: async () => {} },
  ]
  if (before.some(({ health }) => health === 'starting')) {
    return wait(`wait until the containers of ${project.name} are healthy`)
  }
  if (before.some((each) => isYoung(each, settleSec))) {
    return wait(`watch the containers of ${project.name}, which have just been started`)
  }
  if (ready && !(await isThere(host, ready))) {
    return wait(`wait until ${project.name} answers ${ready.path} on port ${ready.port}`)
  }
  return []
}

function checked(project: ComposeProject, before: readonly Container[]): Change {
  return {
    title: `have compose check the file of ${project.name}`,
    diff: null,
    apply: (host) => compose(host, project, ['config', '--quiet']),
    // The former file is not known; where there was nothing, there is nothing again.
    undo: before.length > 0 ? null : (host) => removeProject(host, project),
  }
}

function started(project: ComposeProject, difference: readonly string[], patience: Patience): Change {
  const { name, warnings } = project
  return {
    title: `bring up the compose project ${name}`,
    diff: [...difference, ...warnings.map((warning) => `! ${warning}`)].join('\n'),
    async apply(host) {
      const up = ['up', '--detach', '--build', '--remove-orphans']
      await compose(host, project, up).catch(async (error) => Promise.reject(await withFailed(host, project, error)))
      await containersStay(host, project, patience)
    },
    undo: async () => {},
  }
}

/** One that Docker starts again and again runs now and then. */
function isYoung({ state, startedAt }: Container, settleSec: number): boolean {
  const ageMs = Date.now() - Date.parse(startedAt)
  return state === 'running' && ageMs >= 0 && ageMs < settleSec * 1000
}

async function removeProject(host: Host, { name, directory }: ComposeProject): Promise<void> {
  for (const change of await noComposeServices({ name, directory })(host)) await change.apply(host)
}

/** What is to be done, a line a service: `-web: exited`, `+web: running`. */
function differenceOf({ services }: ComposeProject, before: readonly Container[]): string[] {
  const difference: string[] = []
  for (const { name, revision, containers } of services) {
    const made = before.filter(({ service }) => service === name)
    const good = made.filter((each) => each.revision === revision && isGood(each))
    // A profile that somebody started is theirs.
    if (containers === 0 || (good.length === containers && made.length === containers)) continue
    difference.push(...made.map((each) => `-${name}: ${stateOf(each)}`), `+${name}: running as the file says`)
  }
  const orphans = before.filter(({ service }) => !services.some(({ name }) => name === service))
  return [...difference, ...orphans.map(({ service, name }) => `-${service}: ${name}, not in the file any more`)]
}

/** A service of another file of the project is not left over of this one. */
function refuseOthersOrphans({ name, directory, file, services }: ComposeProject, before: readonly Container[]): void {
  for (const { service, configFiles } of before) {
    if (services.some((each) => each.name === service)) continue
    const others = configFiles
      .split(',')
      .filter((path) => path !== '' && path !== '-' && path !== `${directory}/${file}`)
    if (others.length === 0) continue
    const message = `The container of ${service} is made of ${others.join(' and ')}, which this order does not read: it would be removed as left over. Make one file of them (docker compose config), or remove it by hand.`
    throw new AppError('unprocessable', `${name}: ${message}`, { reason: 'other_compose_files' })
  }
}

/** No container and no network of the project. Its volumes stay: they hold the data. */
export function noComposeServices({ name, directory }: { name: string; directory: string }): Desired {
  return async (host) => {
    const containers = await containersOf(host, name, directory)
    const networks = await networksOf(host, name)
    const up = containers.filter(({ state }) => state === 'running' || state === 'restarting').map(({ id }) => id)
    const ids = containers.map(({ id }) => id)
    const names = containers.map((each) => each.name).join(', ')
    const changes: Change[] = []
    if (up.length > 0) {
      changes.push({
        title: `stop the containers of ${name}`,
        diff: null,
        apply: (on) => dockerContainer(on, ['stop'], up),
        undo: (on) => dockerContainer(on, ['start'], up),
      })
    }
    if (ids.length > 0) {
      const apply = (on: Host) => dockerContainer(on, ['rm'], ids)
      changes.push({ title: `remove ${names}`, diff: null, apply, undo: null })
    }
    if (networks.length > 0) {
      const apply = (on: Host) => removeNetworks(on, networks)
      changes.push({ title: `remove the networks of ${name}`, diff: null, apply, undo: null })
    }
    return changes
  }
}
