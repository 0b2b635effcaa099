import {
  containerIdsIn,
  inspectContainers,
  type Container as Made,
  projectSecrets,
  readContainerLogs,
} from '@ikoma/machine/compose'
import type { Container, Docker } from '../evidence.ts'
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
export async function seeContainers(look: Look, folder: string, sinceMs: number): Promise<SeenDocker | null> {
  return look.at('containers', null, async () => {
    const listed = await containerIdsIn(look.host, folder)
    if ('refusal' in listed) {
      return { docker: { running: false, said: listed.refusal.split('\n')[0] ?? '' }, logs: [], secrets: [] }
    }
    const containers = await inspectContainers(look.host, listed.ids.slice(0, maxContainers))
    const secrets = await projectSecrets(look.host, containers)
    const logs: RawLine[] = []
    for (const container of containers) logs.push(...(await logOf(look, container, { sinceMs, secrets })))
    const project = containers[0]?.project || null
    return { docker: { running: true, project, containers: containers.map(shown) }, logs, secrets }
  })
}

function shown({ name, service, state, exitCode, outOfMemory, restarts, health }: Made): Container {
  return { name, service, status: state, exitCode, outOfMemory, restarts, health }
}

interface Since {
  sinceMs: number
  secrets: readonly string[]
}

/** What it said since it was last started, when it is still up; newest first. */
async function logOf(look: Look, container: Made, { sinceMs, secrets }: Since): Promise<RawLine[]> {
  const { service, state, startedAt } = container
  const since = state === 'running' ? startedAt : new Date(sinceMs).toISOString()
  return look.at(`log of ${service}`, [], async () => {
    const { lines } = await readContainerLogs(look.host, [container], { lines: maxLines, since, secrets })
    const source = `container ${service}`
    return lines.map(({ at, message }) => ({ source, text: message, at: timeOf(at) })).reverse()
  })
}

const timeOf = (at: string) => (Number.isNaN(Date.parse(at)) ? null : Date.parse(at))
