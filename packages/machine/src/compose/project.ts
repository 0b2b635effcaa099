import { createHash } from 'node:crypto'
import { resolve } from 'node:path/posix'
import { AppError } from '@ikoma/kernel'
import { parseDocument } from 'yaml'
import type { Host } from '../host.ts'
import { refuseLinks, refuseReplaceable } from '../safety/index.ts'
import { revisionLabel } from './docker.ts'
import {
  escapedForCompose,
  type GivenEnvironment,
  refuseUnknownServices,
  withGivenEnvironment,
} from './given-environment.ts'
import { isRecord, listed } from './judge/inspection.ts'
import { type ComposeDanger, inspectComposeFile } from './judge/judge-file.ts'

export interface ComposeSource {
  name: string
  directory: string
  /** The compose file and that of variables, both in that folder; of variables there need be none. */
  file: string
  variablesFile: string
  /** What names the sources of what is built. */
  revision: string
  /** What the server's own policy lets this project do. */
  allowed: readonly ComposeDanger[]
  /** Variables of containers that the order gives, by service. */
  environment?: GivenEnvironment
}

export interface ComposeProject {
  name: string
  directory: string
  variablesPath: string | null
  /** The file as JSON, in which each service carries its revision. */
  content: string
  services: readonly ComposeServiceState[]
  /** What people have to decide. */
  warnings: readonly string[]
}

interface ComposeServiceState {
  name: string
  /** A hash of everything that its containers are made of. */
  revision: string
  /** How many there are to be; none of a service that only a profile starts. */
  containers: number
}

type Mapping = Record<string, unknown>

/** A compose file that may be run: inspected whole, with no link of the file system that leads out of its folder. */
export async function readComposeProject(host: Host, source: ComposeSource): Promise<ComposeProject> {
  const { name, directory, file, variablesFile } = source
  const path = `${directory}/${file}`
  const variables = `${directory}/${variablesFile}`
  await refuseLinks(host, [path, variables])
  const document = parseFile(path, await host.read(path))
  const { findings, paths, binds } = inspectComposeFile(document, directory)
  const forbidden = findings.filter(({ severity, reason }) => severity === 'forbidden' || reason === 'other_file')
  const dangers = forbidden.filter(({ reason }) => !source.allowed.some((each) => each === reason))
  if (dangers.length > 0) throw refused(path, dangers)
  await refuseLinks(host, paths)
  // Docker follows links, and looks again at every start: what holds now must hold then.
  await refuseReplaceable(host, binds)
  const values = await host.read(variables)
  const services = await marked(host, document, { ...source, values: values ?? '' })
  const warnings = findings.filter(({ severity }) => severity === 'warning')
  return {
    name,
    directory,
    variablesPath: values === null ? null : variables,
    content: JSON.stringify({
      ...document,
      services: Object.fromEntries(services.map((each) => [each.name, each.service])),
    }),
    services: services.map(({ service: _, ...state }) => state),
    warnings: warnings.map(({ field, message }) => `${field} ${message}`),
  }
}

function parseFile(path: string, text: string | null): Mapping {
  if (text === null) throw unreadable(path, 'it is not there')
  const document = parseDocument(text, { merge: true })
  const [error] = document.errors
  // The parser's own message would show the line, which may hold a secret.
  if (error) throw unreadable(path, `line ${error.linePos?.[0].line ?? 1} is not YAML (${error.code})`)
  const parsed: unknown = document.toJS({ maxAliasCount: 100 })
  return isRecord(parsed) ? parsed : {}
}

interface Marking extends ComposeSource {
  /** What the file of variables holds. */
  values: string
}

/** Each service with a label that tells everything its container is made of. */
async function marked(host: Host, document: Mapping, source: Marking) {
  const { services, name: _, ...shared } = document
  const all = Object.entries(isRecord(services) ? services : {})
  const { environment = {} } = source
  refuseUnknownServices(
    environment,
    all.map(([name]) => name),
  )
  return Promise.all(
    all.map(async ([name, given]) => {
      const own = Object.hasOwn(environment, name) ? environment[name] : undefined
      const service = withGivenEnvironment(isRecord(given) ? given : {}, escapedForCompose(own))
      const parts: unknown[] = [service, shared, await environmentOf(host, service, source.directory)]
      // Whatever has a variable anywhere may be changed by any of them.
      if (JSON.stringify(parts).includes('$')) parts.push(source.values)
      if (service.build !== undefined) parts.push(source.revision)
      const revision = createHash('sha256').update(JSON.stringify(parts)).digest('hex').slice(0, 32)
      const labels = { ...labelsOf(service.labels), [revisionLabel]: revision }
      return { name, revision, containers: containersOf(service), service: { ...service, labels } }
    }),
  )
}

async function environmentOf(host: Host, { env_file: files }: Mapping, directory: string): Promise<unknown[]> {
  const contents: unknown[] = []
  for (const entry of files === undefined ? [] : listed(files)) {
    const path = String(isRecord(entry) ? entry.path : entry)
    contents.push(await host.read(resolve(directory, path)))
  }
  return contents
}

/** A mapping in both of its spellings: `a: b` and `- a=b`. */
function labelsOf(labels: unknown): Mapping {
  if (isRecord(labels)) return labels
  const pairs = Array.isArray(labels) ? labels.map((each) => String(each).split('=')) : []
  return Object.fromEntries(pairs.map(([name = '', ...value]) => [name, value.join('=')]))
}

function containersOf({ scale, deploy, profiles }: Mapping): number {
  if (Array.isArray(profiles) && profiles.length > 0) return 0
  const replicas = scale ?? (isRecord(deploy) ? deploy.replicas : undefined) ?? 1
  return typeof replicas === 'number' ? replicas : 1
}

function refused(path: string, findings: readonly { field: string; message: string }[]): AppError {
  const told = findings.slice(0, 20).map(({ field, message }) => `${field} ${message}`)
  const cure = "Take it out, or allow it in this server's policy."
  return new AppError('unprocessable', `${path} may not be run here: ${told.join(' ')} ${cure}`, {
    reason: 'compose_file_refused',
  })
}

function unreadable(path: string, why: string): AppError {
  return new AppError('unprocessable', `${path} cannot be run: ${why}.`, { reason: 'compose_file_unreadable' })
}
