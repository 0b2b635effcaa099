import { AppError } from '@ikoma/kernel'
import type { Host } from '../host.ts'
import { withLastWords } from '../last-words.ts'
import { type Container, containersOf, isGood, stateOf } from './docker.ts'
import { readContainerLogs } from './docker-logs.ts'
import type { ComposeProject } from './project.ts'
import { projectSecrets } from './project-secrets.ts'

const readLines = 12

/** A project that is watched. */
export interface WatchedProject {
  name: string
  directory: string
  /** One service of it; all of them by default. */
  service?: string | undefined
  /** What nobody may see, beside what its containers hold. */
  secrets?: readonly string[]
}

/** Why a container is not well: how it ended, and what it said since that start. */
export async function failedContainer(
  host: Host,
  project: WatchedProject,
  { bad, since }: { bad: Container; since?: string | undefined },
): Promise<AppError> {
  const { name, exitCode, restarts, outOfMemory } = bad
  const killed = outOfMemory ? ', killed for want of memory' : ''
  const end = `it is ${stateOf(bad)}, exit code ${exitCode}${killed}, restarted ${restarts} times`
  // A log that cannot be read hides nothing of the failure itself.
  const words = await lastWords(host, project, { of: [bad], since }).catch(() => [])
  const message = `${name} does not stay up: ${end}. ${withLastWords(words, logOf([name]))}`
  return new AppError('unprocessable', message, { reason: 'service_does_not_stay_up' })
}

export const logOf = (names: readonly string[]) =>
  `service.compose.logs, or ${names.map((name) => `docker logs ${name}`).join(', ')}`

/** The last words of these containers, each with its service where they are several. */
export async function lastWords(
  host: Host,
  { name, directory, secrets = [] }: WatchedProject,
  { of, since }: { of: readonly Container[]; since?: string | undefined },
): Promise<string[]> {
  // Also those of its neighbours, with which it speaks.
  const all = await containersOf(host, name, directory)
  const hidden = [...new Set([...secrets, ...(await projectSecrets(host, all))])]
  const { lines } = await readContainerLogs(host, of, { lines: readLines, since, secrets: hidden })
  const services = new Set(of.map(({ service }) => service))
  return lines.map(({ service, message }) => (services.size > 1 ? `${service}: ${message}` : message))
}

/** What compose said as it failed, and why the container failed that it waited for. */
export async function withFailed(host: Host, project: ComposeProject, error: unknown): Promise<unknown> {
  if (!(error instanceof AppError) || error.reason !== 'tool_failed') return error
  const containers = await containersOf(host, project.name, project.directory).catch(() => [])
  const bad = containers.find((each) => each.state !== 'created' && !isGood(each))
  if (!bad) return error
  const { message } = await failedContainer(host, project, { bad })
  return new AppError(error.code, `${error.message}\n${message}`, { reason: error.reason, cause: error })
}
