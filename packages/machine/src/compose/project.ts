import { createHash } from 'node:crypto'
import { AppError } from '@ikoma/kernel'
import type { Host } from '../host.ts'
import { refuseLinks, refuseReplaceable } from '../safety/index.ts'
import { refuseOpenContexts } from './build-contexts.ts'
import { completeService } from './complete-service.ts'
import { type Compose, findCompose } from './compose.ts'
import { revisionLabel } from './docker.ts'
import { findComposeFile, notRead, otherFiles } from './find-file.ts'
import { handedOver } from './handed-over.ts'
import { interpolate, own, type Variables } from './interpolation.ts'
import { isRecord, type Mapping } from './judge/inspection.ts'
import { type ComposeDanger, composeDangers, inspectComposeFile } from './judge/judge-file.ts'
import type { PublishedPort } from './judge/ports.ts'
import { named, ProjectFiles, unreadable } from './project-files.ts'
import { secretsOf } from './secrets.ts'
import { readVariablesFile, type VariablesFormat } from './variables-file.ts'
import { parseYaml } from './yaml-file.ts'

export interface ComposeSource {
  name: string
  directory: string
  /** The compose file and that of variables, both in that folder; of variables there need be none. */
  file?: string | undefined
  variablesFile: string
  /** What names the sources of what is built. */
  revision: string
  /** What the server's own policy lets this project do. */
  allowed: readonly ComposeDanger[]
  /** What to write in that policy, and where, so that it lets these too. */
  lineFor?: (dangers: readonly ComposeDanger[]) => string
  /** Variables of containers, by service, over those of the file. */
  environment?: Readonly<Record<string, Variables>>
}

export interface ComposeProject {
  name: string
  directory: string
  /** The name of its compose file. */
  file: string
  /** What was understood of the file, as JSON, in which each service carries its revision. */
  content: string
  compose: Compose
  /** Values of its variables that nobody may see. */
  secrets: readonly string[]
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
  /** The ports that Docker opens for it; null where it has those of the server itself. */
  published: readonly PublishedPort[] | null
}

/**
 * A compose file that may be run: understood whole, with every variable replaced and every file of it read, so that
 * compose has nothing to read a second time; and with no link of the file system that leads out of its folder.
 */
export async function readComposeProject(host: Host, given: ComposeSource): Promise<ComposeProject> {
  const { name, directory, variablesFile } = given
  const { file, warnings: unread } = await findComposeFile(host, directory, given.file)
  const source = { ...given, file }
  await refuseLinks(host, [`${directory}/${file}`, `${directory}/${variablesFile}`])
  const files = await ProjectFiles.of(host, directory)
  const judged = await judge(host, files, source, 2)
  const compose = await findCompose(host)
  // Its files of variables have other rules for a dollar sign.
  const { understood, warnings, variables } = compose.version === 2 ? judged : await judge(host, files, source, 1)
  const services = Object.entries(understood.services).map(([service, given]) => ({
    ...{ name: service, containers: containersOf(given), revision: revisionOf(given, understood, source.revision) },
    published: publishedBy(given),
    given,
  }))
  const labelled = services.map((each) => [
    each.name,
    { ...each.given, labels: { ...(each.given.labels as object), [revisionLabel]: each.revision } },
  ])
  return {
    ...{
      name,
      directory,
      file,
      compose,
      warnings: [...unread, ...warnings],
      secrets: [...new Set(variables.flatMap(secretsOf))],
    },
    content: handedOver({ ...understood, services: Object.fromEntries(labelled) }, compose.version),
    services: services.map(({ given: _, ...state }) => state),
  }
}

interface Judged {
  understood: Mapping & { services: Record<string, Mapping> }
  warnings: readonly string[]
  /** All that its files of variables hold, and what its containers are given. */
  variables: readonly Variables[]
}

type Found = ComposeSource & { file: string }

async function judge(host: Host, files: ProjectFiles, source: Found, version: 1 | 2): Promise<Judged> {
  const { directory, file, variablesFile, allowed, environment = {} } = source
  const path = `${directory}/${file}`
  const parsed = await files.parse(path, parseYaml)
  if (parsed === null) throw unreadable(path, 'it is not there')
  const format = (known: Variables): VariablesFormat => ({ known, expanded: version === 2 ? 'all' : 'braced' })
  const read = (text: string) => readVariablesFile(text, format({}))
  const variables = (await files.parse(`${directory}/${variablesFile}`, read)) ?? {}
  const missing = new Set<string>()
  const document = named(path, () =>
    interpolate(parsed, { lookUp: (each) => own(variables, each), missed: (each) => missing.add(each) }),
  )
  const { findings, understood, paths, binds, writable, contexts, recipes } = inspectComposeFile(document, directory)
  const forbidden = findings.filter(({ severity, reason }) => severity === 'forbidden' || reason === 'other_file')
  const dangers = forbidden.filter(({ reason }) => !allowed.some((each) => each === reason))
  if (dangers.length > 0) throw refused(path, dangers, source.lineFor)
  refuseWithoutServices(path, understood.services)
  await refuseLinks(host, [...paths, ...recipes])
  // Docker follows links, and looks again at every start: what holds now must hold then.
  await refuseReplaceable(host, [...binds, ...contexts, ...recipes])
  await refuseOpenContexts(host, files, { contexts, recipes, writable })
  const services: Record<string, Mapping> = {}
  const completion = { format: format(variables), version, files, seen: [variables] }
  const active = profilesOf(own(variables, 'COMPOSE_PROFILES'))
  for (const [name, given] of Object.entries(isRecord(understood.services) ? understood.services : {})) {
    const wanted = withoutProfile(given as Mapping, active)
    services[name] = await completeService(wanted, own(environment, name) ?? {}, completion)
  }
  refuseUnknownServices(Object.keys(environment), Object.keys(services))
  const warnings = findings
    .filter(({ severity }) => severity === 'warning')
    .map(({ field, message }) => `${field} ${message}`)
  const unset = [...missing].sort().map((each) => `the variable ${each} has no value, and is taken as empty.`)
  const others = otherFiles(own(variables, 'COMPOSE_FILE'), own(variables, 'COMPOSE_PATH_SEPARATOR'), file)
  const unread = others.map((each) => `COMPOSE_FILE of ${variablesFile} names ${notRead(each, file)}`)
  return {
    understood: { ...understood, services },
    warnings: [...warnings, ...unset, ...unread],
    variables: completion.seen,
  }
}

/** Tells everything that the containers of a service are made of. */
function revisionOf(service: Mapping, understood: Judged['understood'], sources: string): string {
  const { services: _, ...shared } = understood
  const parts: unknown[] = [service, shared, ...(service.build === undefined ? [] : [sources])]
  return createHash('sha256').update(JSON.stringify(parts)).digest('hex').slice(0, 32)
}

function containersOf({ scale, deploy, profiles }: Mapping): number {
  if (Array.isArray(profiles) && profiles.length > 0) return 0
  const replicas = scale ?? (isRecord(deploy) ? deploy.replicas : undefined) ?? 1
  return typeof replicas === 'number' ? replicas : 1
}

function publishedBy({ ports, network_mode }: Mapping): readonly PublishedPort[] | null {
  if (network_mode === 'host') return null
  return Array.isArray(ports) ? (ports as PublishedPort[]) : []
}

function profilesOf(variable: string | undefined): string[] {
  return (variable ?? '').split(',').flatMap((name) => name.trim() || [])
}

/** A service of a profile that is active runs as any other. */
function withoutProfile({ profiles, ...service }: Mapping, active: readonly string[]): Mapping {
  const own = Array.isArray(profiles) ? profiles : []
  const runs = active.includes('*') || own.some((name) => active.includes(name))
  return own.length === 0 || runs ? service : { ...service, profiles }
}

/** Compose would take all that runs for left over. */
function refuseWithoutServices(path: string, services: unknown): void {
  if (!isRecord(services) || Object.keys(services).length === 0) {
    throw unreadable(path, 'services: it has none. service.compose.down removes a project')
  }
  const empty = Object.entries(services).find(([, service]) => {
    const { image, build } = service as Mapping
    return image === undefined && build === undefined
  })
  if (empty) throw unreadable(path, `services/${empty[0]}: it has neither image nor build`)
}

/** What is given to a service that is not there would reach nobody. */
function refuseUnknownServices(given: readonly string[], services: readonly string[]): void {
  const unknown = given.find((name) => !services.includes(name))
  if (unknown === undefined) return
  const message = `environment/${unknown}: the compose file has no such service. It has ${services.join(', ') || 'none'}.`
  throw new AppError('unprocessable', message, { reason: 'no_such_service' })
}

type Finding = { field: string; message: string; reason: string }

function cureFor(findings: readonly Finding[]): string {
  const allowable = findings.filter(({ reason }) => composeDangers.some((each) => each === reason))
  if (allowable.length === 0)
    return findings.length === 1 ? 'Correct it or take it out.' : 'Correct them or take them out.'
  if (allowable.length === findings.length) return "Take it out, or allow it in this server's policy."
  const fields = allowable.map(({ field }) => field).join(', ')
  return `Correct it or take it out; of these, this server's policy can allow ${fields}.`
}

function refused(path: string, findings: readonly Finding[], lineFor: ComposeSource['lineFor']): AppError {
  const told = findings.slice(0, 20).map(({ field, message }) => `${field} ${message}`)
  const cure = cureFor(findings)
  const allowable = composeDangers.filter((danger) => findings.some(({ reason }) => reason === danger))
  const line = lineFor === undefined || allowable.length === 0 ? '' : ` ${lineFor(allowable)}`
  return new AppError('unprocessable', `${path} may not be run here: ${told.join(' ')} ${cure}${line}`, {
    reason: 'compose_file_refused',
  })
}
