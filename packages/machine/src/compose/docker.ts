import { AppError } from '@ikoma/kernel'
import type { Host } from '../host.ts'
import { mustRun, outputOf } from '../must-run.ts'

/** A container of a compose project. */
export interface Container {
  id: string
  name: string
  /** What compose calls the project it belongs to. */
  project: string
  service: string
  /** The folder of the compose file it was made of. */
  directory: string
  /** The compose files it was made of, as compose names them: by their paths, `-` for its input. */
  configFiles: string
  /** What it was made of, where IKOMA made it. */
  revision: string | null
  image: string
  state: string
  exitCode: number
  /** Ended by the kernel for want of memory. */
  outOfMemory: boolean
  restarts: number
  startedAt: string
  health: string | null
  restartPolicy: string
}

/** The label by which a container is known to be as it should be. */
export const revisionLabel = 'ikoma.revision'

const directoryLabel = 'com.docker.compose.project.working_dir'
const filesLabel = 'com.docker.compose.project.config_files'
const label = (name: string) => `(index .Config.Labels "${name}")`
const fields: Record<keyof Container, string> = {
  // Each field by its name in Docker's sources: by that in its JSON, what a container has not got is an error.
  id: '{{json .ID}}',
  name: '{{json .Name}}',
  project: `{{json ${label('com.docker.compose.project')}}}`,
  service: `{{json ${label('com.docker.compose.service')}}}`,
  directory: `{{json ${label(directoryLabel)}}}`,
  configFiles: `{{with ${label(filesLabel)}}}{{json .}}{{else}}""{{end}}`,
  revision: `{{with ${label(revisionLabel)}}}{{json .}}{{else}}null{{end}}`,
  image: '{{json .Config.Image}}',
  state: '{{json .State.Status}}',
  exitCode: '{{json .State.ExitCode}}',
  outOfMemory: '{{json .State.OOMKilled}}',
  restarts: '{{json .RestartCount}}',
  startedAt: '{{json .State.StartedAt}}',
  health: '{{if .State.Health}}{{json .State.Health.Status}}{{else}}null{{end}}',
  restartPolicy: '{{json .HostConfig.RestartPolicy.Name}}',
}
/** The fields above and no other: the rest of what Docker knows of a container holds its secrets. */
const template = `{${Object.entries(fields).map(([name, value]) => `"${name}":${value}`)}}`

/** Containers of a project, but for those of `compose run`, which somebody started by hand. */
const listing = ['container', 'ls', '--all', '--no-trunc', '--filter', 'label=com.docker.compose.oneoff=False'] as const

/** The containers of a project that is in this folder, by name; rejects when the project is that of another folder. */
export async function containersOf(host: Host, project: string, directory: string): Promise<Container[]> {
  const found = await inspectContainers(host, await idsOf(host, listing, project))
  const elsewhere = found.find((each) => each.directory !== directory)
  if (elsewhere) {
    const message = `The compose project ${project} is that of ${elsewhere.directory}. Choose another name.`
    throw new AppError('unprocessable', message, { reason: 'foreign_project' })
  }
  return found.sort((a, b) => (a.name < b.name ? -1 : 1))
}

/**
 * Ids of the containers that any version of compose made of files in this folder, newest first; or Docker's own words
 * where it gives no answer, because it is down or closed to us.
 */
export async function containerIdsIn(host: Host, directory: string): Promise<{ ids: string[] } | { refusal: string }> {
  const filter = ['--quiet', '--filter', `label=${directoryLabel}=${directory}`]
  const { code, stdout, stderr } = await host.run({ argv: ['docker', ...listing, ...filter] })
  return code === 0 ? { ids: lines(stdout) } : { refusal: stderr.trim() }
}

/** The containers with these ids, in their order; rejects when one is gone. */
export async function inspectContainers(host: Host, ids: readonly string[]): Promise<Container[]> {
  if (ids.length === 0) return []
  const argv = ['docker', 'container', 'inspect', '--format', template, '--', ...ids] as const
  const found = lines(await outputOf(host, { argv })).map((line) => toldByDocker<Container>(line))
  return found.map((each) => ({ ...each, name: each.name.replace(/^\//, '') }))
}

/** A line of JSON. What a container says of itself in labels may be longer than what we hear of a program. */
export function toldByDocker<T>(line: string): T {
  try {
    return JSON.parse(line) as T
  } catch (cause) {
    const message = 'What docker says of its containers cannot be understood: it is cut, or no JSON.'
    throw new AppError('unavailable', message, { reason: 'tool_failed', cause })
  }
}

export function networksOf(host: Host, project: string): Promise<string[]> {
  return idsOf(host, ['network', 'ls', '--no-trunc'], project)
}

export type ContainerVerb = readonly ['stop' | 'start' | 'restart' | 'rm', ...string[]]

export function dockerContainer(host: Host, [verb, ...options]: ContainerVerb, ids: readonly string[]): Promise<void> {
  return mustRun(host, { argv: ['docker', 'container', verb, ...options, '--', ...ids], timeoutSec: 600 })
}

export function removeNetworks(host: Host, ids: readonly string[]): Promise<void> {
  return mustRun(host, { argv: ['docker', 'network', 'rm', '--', ...ids] })
}

async function idsOf(host: Host, list: readonly string[], project: string): Promise<string[]> {
  const filter = ['--quiet', '--filter', `label=com.docker.compose.project=${project}`]
  return lines(await outputOf(host, { argv: ['docker', ...list, ...filter] })).sort()
}

const lines = (text: string) => text.split('\n').filter((line) => line !== '')

export const stateOf = ({ state, health }: Container) => (health === null ? state : `${state}, ${health}`)

/** A container that runs, and is not known to be ill; or a job that has ended well. */
export function isGood({ state, health, exitCode, restartPolicy }: Container): boolean {
  if (state === 'running') return health !== 'unhealthy'
  return state === 'exited' && exitCode === 0 && ['', 'no', 'on-failure'].includes(restartPolicy)
}
