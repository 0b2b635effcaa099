import { AppError } from '@ikoma/kernel'
import type { Host } from '../host.ts'
import { mustRun, outputOf } from '../must-run.ts'

/** A container of a compose project. */
export interface Container {
  id: string
  name: string
  service: string
  /** The folder of the compose file it was made of. */
  directory: string
  /** What it was made of, where IKOMA made it. */
  revision: string | null
  image: string
  state: string
  exitCode: number
  restarts: number
  startedAt: string
  health: string | null
  restartPolicy: string
}

/** By which a container is known to be as it should be. */
export const revisionLabel = 'ikoma.revision'

const label = (name: string) => `(index .Config.Labels "${name}")`
const fields: Record<keyof Container, string> = {
  // By the name of the field in Docker's sources: by that in its JSON, what a container has not got is an error.
  id: '{{json .ID}}',
  name: '{{json .Name}}',
  service: `{{json ${label('com.docker.compose.service')}}}`,
  directory: `{{json ${label('com.docker.compose.project.working_dir')}}}`,
  revision: `{{with ${label(revisionLabel)}}}{{json .}}{{else}}null{{end}}`,
  image: '{{json .Config.Image}}',
  state: '{{json .State.Status}}',
  exitCode: '{{json .State.ExitCode}}',
  restarts: '{{json .RestartCount}}',
  startedAt: '{{json .State.StartedAt}}',
  health: '{{if .State.Health}}{{json .State.Health.Status}}{{else}}null{{end}}',
  restartPolicy: '{{json .HostConfig.RestartPolicy.Name}}',
}
/** Only these: the rest of what Docker knows of a container holds its secrets. */
const template = `{${Object.entries(fields).map(([name, value]) => `"${name}":${value}`)}}`

/** Those of a project that is in this folder, by service; rejects when the name is taken by another folder. */
export async function containersOf(host: Host, project: string, directory: string): Promise<Container[]> {
  // Not those of `compose run`, which somebody started by hand.
  const list = ['container', 'ls', '--all', '--no-trunc', '--filter', 'label=com.docker.compose.oneoff=False']
  const ids = await idsOf(host, list, project)
  if (ids.length === 0) return []
  const argv = ['docker', 'container', 'inspect', '--format', template, '--', ...ids] as const
  const found = lines(await outputOf(host, { argv })).map((line) => JSON.parse(line) as Container)
  const elsewhere = found.find((each) => each.directory !== directory)
  if (elsewhere) {
    const message = `The compose project ${project} is that of ${elsewhere.directory}. Choose another name.`
    throw new AppError('unprocessable', message, { reason: 'foreign_project' })
  }
  const named = found.map((each) => ({ ...each, name: each.name.replace(/^\//, '') }))
  return named.sort((a, b) => (a.name < b.name ? -1 : 1))
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
