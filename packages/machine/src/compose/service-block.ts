import {
  absolutePath,
  atLeastOne,
  each,
  entries,
  image,
  ipAddress,
  name,
  oneOf,
  optional,
  port,
  relativePath,
  seconds,
  text,
  variableName,
  whole,
} from '../values/index.ts'

export interface ComposeService {
  source: { image: string } | ComposeBuild
  command?: readonly string[]
  /** Shown by `docker inspect`: secrets belong into an environment file. */
  environment?: Readonly<Record<string, string>>
  environmentFiles?: readonly string[]
  ports?: readonly ComposePort[]
  mounts?: readonly ComposeMount[]
  /** Argv, run in the container. */
  health?: { test: readonly string[]; intervalSec: number; timeoutSec: number; retries: number; startSec?: number }
  dependsOn?: Readonly<Record<string, keyof typeof conditions>>
  restart: 'no' | 'always' | 'on-failure' | 'unless-stopped'
  networks?: readonly string[]
  memoryMaxBytes?: number
  stopTimeoutSec?: number
}

interface ComposeBuild {
  buildFolder: string
  dockerfile?: string
  /** Kept in the image's history. */
  buildArguments?: Readonly<Record<string, string>>
}

interface ComposePort {
  /** On the server; reachable from outside only if another address than the default 127.0.0.1 is given. */
  port: number
  address?: string
  containerPort: number
}

type ComposeMount = ({ volume: string } | { folder: string }) & { target: string; readOnly?: boolean }

const conditions = {
  started: 'service_started',
  healthy: 'service_healthy',
  completed: 'service_completed_successfully',
} as const

/** Names that may be referred to. */
interface Known {
  volumes: readonly string[]
  networks: readonly string[]
  services: readonly string[]
}

export function composeService(service: ComposeService, at: string, known: Known): object {
  return {
    ...source(service.source, `${at}/source`),
    command: optional(service.command, `${at}/command`, argv),
    environment: optional(service.environment, `${at}/environment`, variables),
    env_file: optional(service.environmentFiles, `${at}/environmentFiles`, (files, field) => each(files, field, below)),
    ports: optional(service.ports, `${at}/ports`, (ports, field) => each(ports, field, published)),
    volumes: optional(service.mounts, `${at}/mounts`, (mounts, field) =>
      each(mounts, field, (mount, itemAt) => mounted(mount, itemAt, known.volumes)),
    ),
    healthcheck: optional(service.health, `${at}/health`, healthcheck),
    depends_on: optional(service.dependsOn, `${at}/dependsOn`, (on, field) => dependencies(on, field, known.services)),
    restart: oneOf(service.restart, `${at}/restart`, ['no', 'always', 'on-failure', 'unless-stopped']),
    networks: optional(service.networks, `${at}/networks`, (names, field) =>
      each(names, field, oneOfThese(known.networks)),
    ),
    mem_limit: optional(service.memoryMaxBytes, `${at}/memoryMaxBytes`, (limit, field) =>
      whole(limit, field, 2 ** 22, 2 ** 50),
    ),
    stop_grace_period: optional(service.stopTimeoutSec, `${at}/stopTimeoutSec`, duration),
    init: true,
    security_opt: ['no-new-privileges:true'],
    // Docker's own default never ends.
    logging: { driver: 'json-file', options: { 'max-size': '10m', 'max-file': '5' } },
  }
}

function source(from: ComposeService['source'], at: string): object {
  if ('image' in from) return { image: image(from.image, `${at}/image`) }
  return {
    build: {
      context: below(from.buildFolder, `${at}/buildFolder`),
      dockerfile: optional(from.dockerfile, `${at}/dockerfile`, relativePath),
      args: optional(from.buildArguments, `${at}/buildArguments`, variables),
    },
  }
}

/** Compose replaces `$NAME` in every text of the file. */
const literal = (value: string, at: string) => text(value, at).replaceAll('$', '$$$$')
const argv = (words: readonly string[], at: string) => atLeastOne(words, at, literal)
const below = (path: string, at: string) => (path === '.' ? path : `./${relativePath(path, at)}`)
const duration = (value: number, at: string) => `${seconds(value, at)}s`
const oneOfThese = (allowed: readonly string[]) => (value: string, at: string) => oneOf(name(value, at), at, allowed)

function variables(environment: Readonly<Record<string, string>>, at: string): object {
  return Object.fromEntries(
    entries(environment, at, variableName).map(([key, value, field]) => [key, literal(value, field)]),
  )
}

function published({ port: onServer, address, containerPort }: ComposePort, at: string): string {
  const onAddress = ipAddress(address ?? '127.0.0.1', `${at}/address`)
  return `${onAddress}:${port(onServer, `${at}/port`)}:${port(containerPort, `${at}/containerPort`)}`
}

function mounted(mount: ComposeMount, at: string, volumes: readonly string[]): object {
  const place = { target: absolutePath(mount.target, `${at}/target`), read_only: mount.readOnly === true }
  if ('folder' in mount) return { type: 'bind', source: below(mount.folder, `${at}/folder`), ...place }
  return { type: 'volume', source: oneOfThese(volumes)(mount.volume, `${at}/volume`), ...place }
}

function healthcheck(health: NonNullable<ComposeService['health']>, at: string): object {
  return {
    test: ['CMD', ...argv(health.test, `${at}/test`)],
    interval: duration(health.intervalSec, `${at}/intervalSec`),
    timeout: duration(health.timeoutSec, `${at}/timeoutSec`),
    retries: whole(health.retries, `${at}/retries`, 1, 1000),
    start_period: optional(health.startSec, `${at}/startSec`, duration),
  }
}

function dependencies(on: NonNullable<ComposeService['dependsOn']>, at: string, services: readonly string[]): object {
  return Object.fromEntries(
    Object.entries(on).map(([service, until]) => {
      oneOf(service, at, services)
      const known = Object.keys(conditions) as (keyof typeof conditions)[]
      return [service, { condition: conditions[oneOf(until, `${at}/${service}`, known)] }]
    }),
  )
}
