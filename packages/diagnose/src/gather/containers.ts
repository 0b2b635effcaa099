import {
  containerIdsIn,
  inspectContainers,
  type Container as Made,
  projectSecrets,
  readContainerLogs,
} from '@ikoma/machine/compose'
import type { Container, Docker } from '../evidence.ts'
import { countsSince } from './last-run.ts'
import type { RawLine } from './logs.ts'
import type { Look } from './look.ts'

const maxContainers = 20
/** How much is read of the log of each. */
const maxLines = 100

export interface SeenDocker {
  docker: Docker
  logs: RawLine[]
  /** Values of its containers and files of variables, to be hidden. */
  secrets: readonly string[]
}

/** The containers of the compose project in a folder, whichever version of compose made them. */
export async function seeContainers(
  look: Look,
  folder: string,
  { sinceMs, now }: { sinceMs: number; now: number },
): Promise<SeenDocker | null> {
  return look.at('containers', null, async () => {
    const listed = await containerIdsIn(look.host, folder)
    if ('refusal' in listed) {
      return { docker: { running: false, said: listed.refusal.split('\n')[0] ?? '' }, logs: [], secrets: [] }
    }
    const containers = await inspectContainers(look.host, listed.ids.slice(0, maxContainers))
    const secrets = await projectSecrets(look.host, containers)
    const logs: RawLine[] = []
    for (const container of containers) logs.push(...(await logOf(look, container, { sinceMs, now, secrets })))
    const project = containers[0]?.project || null
    return { docker: { running: true, project, containers: containers.map((each) => shown(each, now)) }, logs, secrets }
  })
}

function shown(made: Made, now: number): Container {
  const { name, service, state, exitCode, outOfMemory, restarts, health } = made
  return { name, service, status: state, exitCode, outOfMemory, restarts, health, upSec: upSecOf(made, now) }
}

function upSecOf({ state, startedAt }: Made, now: number): number | null {
  const since = startOf(startedAt)
  return state !== 'running' || since === null ? null : Math.max(0, Math.round((now - since) / 1000))
}

/** Docker gives one that was never started the first second of the first year. */
function startOf(startedAt: string): number | null {
  const at = timeOf(startedAt)
  return at !== null && at > 0 ? at : null
}

interface Since {
  sinceMs: number
  now: number
  secrets: readonly string[]
}

/** What it said since it was last started, and before that when it was started again only now; newest first. */
async function logOf(look: Look, container: Made, { sinceMs, now, secrets }: Since): Promise<RawLine[]> {
  const { service, startedAt, restarts } = container
  const start = { at: startOf(startedAt), restarts, upSec: upSecOf(container, now) }
  const since = new Date(Math.max(sinceMs, countsSince(start, [], null))).toISOString()
  return look.at(`log of ${service}`, [], async () => {
    const { lines } = await readContainerLogs(look.host, [container], { lines: maxLines, since, secrets })
    const source = `container ${service}`
    return lines.map(({ at, message }) => ({ source, text: message, at: timeOf(at) })).reverse()
  })
}

const timeOf = (at: string) => (Number.isNaN(Date.parse(at)) ? null : Date.parse(at))
