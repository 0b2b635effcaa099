import { AppError } from '@ikoma/kernel'
import type { Host } from '../host.ts'
import { outputOf } from '../must-run.ts'
import type { Change, Desired } from '../plan.ts'
import { compose } from './compose.ts'
import { type Container, containersOf, dockerContainer, networksOf, removeNetworks } from './docker.ts'
import { type ComposeProject, type ComposeSource, readComposeProject } from './project.ts'

export interface Patience {
  /** How long containers have to become healthy. */
  waitSec: number
  /** How long containers are watched. */
  settleSec: number
}

/** Every service of a compose file running as the file says, and no other container of the project. */
export function composeServices(source: ComposeSource, patience: Patience): Desired {
  return async (host) => {
    const project = await readComposeProject(host, source)
    const before = await containersOf(host, source.name, source.directory)
    refuseOthersOrphans(project, before)
    const difference = differenceOf(project, before)
    // An order that was killed may have left them so: nobody has seen yet that they get well.
    if (difference.length === 0)
      return before.some(({ health }) => health === 'starting') ? [awaited(source, patience)] : []
    return [checked(project, before), started(project, difference, patience)]
  }
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
  const { name, directory, warnings } = project
  return {
    title: `bring up the compose project ${name}`,
    diff: [...difference, ...warnings.map((warning) => `! ${warning}`)].join('\n'),
    async apply(host) {
      await compose(host, project, ['up', '--detach', '--build', '--remove-orphans'])
      await containersStay(host, { name, directory }, patience)
    },
    undo: async () => {},
  }
}

function awaited({ name, directory }: ComposeSource, patience: Patience): Change {
  return {
    title: `wait until the containers of ${name} are healthy`,
    diff: null,
    apply: (host) => containersStay(host, { name, directory }, patience),
    undo: async () => {},
  }
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

const stateOf = ({ state, health }: Container) => (health === null ? state : `${state}, ${health}`)

/** A container that runs, and is not known to be ill; or a job that has ended well. */
function isGood({ state, health, exitCode, restartPolicy }: Container): boolean {
  if (state === 'running') return health !== 'unhealthy'
  return state === 'exited' && exitCode === 0 && ['', 'no', 'on-failure'].includes(restartPolicy)
}

/**
 * Watches the containers of a project until each is well; rejects when one ends, is restarted by Docker, or is not
 * healthy in time. The wait is a program of the machine, so that what stops the order ends it.
 */
export async function containersStay(
  host: Host,
  { name, directory, service }: { name: string; directory: string; service?: string | undefined },
  { waitSec, settleSec }: Patience,
): Promise<void> {
  const before = new Map((await containersOf(host, name, directory)).map(({ id, restarts }) => [id, restarts]))
  for (let waitedSec = 0; ; waitedSec += settleSec) {
    await outputOf(host, { argv: ['sleep', String(settleSec)], timeoutSec: settleSec + 30 })
    const all = await containersOf(host, name, directory)
    const watched = all.filter((each) => service === undefined || each.service === service)
    const bad = watched.find((each) => !isGood(each) || each.restarts > (before.get(each.id) ?? 0))
    const late = watched.find(({ health }) => health === 'starting')
    if (!bad && !late) return
    if (bad || waitedSec + settleSec >= waitSec) throw notWell((bad ?? late) as Container)
  }
}

function notWell(container: Container): AppError {
  const { name, exitCode, restarts } = container
  const end = `it is ${stateOf(container)}, exit code ${exitCode}, restarted ${restarts} times`
  return new AppError('unprocessable', `${name} does not stay up: ${end}. Its log says why: service.compose.logs.`, {
    reason: 'service_does_not_stay_up',
  })
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
