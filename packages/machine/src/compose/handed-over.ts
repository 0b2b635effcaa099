import { isRecord, type Mapping } from './judge/inspection.ts'
import type { Mount } from './judge/mounts.ts'
import type { PublishedPort } from './judge/ports.ts'

/**
 * The text that compose gets: JSON of what was understood, in which no text has a variable and no construct a short
 * form, so that there is one way to read it. Version 1 has no long form for an address of the server and for a folder
 * that is made when it is missing: there it is a text of parts that hold no colon.
 */
export function handedOver(understood: Mapping, version: 1 | 2): string {
  const { services, ...rest } = understood
  const all = Object.entries(isRecord(services) ? services : {}).map(([name, service]) => [
    name,
    version === 2 ? second(service as Mapping) : first(service as Mapping),
  ])
  return ascii(JSON.stringify(literal({ ...rest, services: Object.fromEntries(all) })))
}

/** Compose replaces `$NAME` in every text of the file. */
function literal(value: unknown): unknown {
  if (typeof value === 'string') return value.replaceAll('$', '$$$$')
  if (Array.isArray(value)) return value.map(literal)
  if (!isRecord(value)) return value
  return Object.fromEntries(Object.entries(value).map(([key, item]) => [key, literal(item)]))
}

/** Characters that a reader of YAML takes for a line break, or refuses, where one of JSON sees a letter. */
function ascii(json: string): string {
  return json.replace(
    /[\u007f-\u009f\u00ad\u2028\u2029\ud800-\udfff\ufeff\ufffe\uffff]/gu,
    (letter) => `\\u${letter.charCodeAt(0).toString(16).padStart(4, '0')}`,
  )
}

function second(service: Mapping): Mapping {
  const { ports } = service
  if (!Array.isArray(ports)) return service
  return { ...service, ports: ports.map((port: PublishedPort) => ({ mode: 'ingress', ...port })) }
}

function first(service: Mapping): Mapping {
  const { ports, volumes, depends_on: before, devices, deploy } = service
  return {
    ...service,
    ...(Array.isArray(ports) && { ports: ports.map(shortPort) }),
    ...(Array.isArray(volumes) && { volumes: volumes.map(shortMount) }),
    ...(Array.isArray(devices) && { devices: devices.map(shortDevice) }),
    ...(isRecord(before) && { depends_on: Object.fromEntries(Object.entries(before).map(waited)) }),
    ...(isRecord(deploy) && { deploy: withSizes(deploy) }),
  }
}

function shortPort({ host_ip, published, target, protocol }: PublishedPort): string {
  const address = host_ip?.includes(':') ? `[${host_ip}]` : host_ip
  const before = address === undefined ? [] : [address]
  return [
    ...before,
    ...(published === undefined && address === undefined ? [] : [published ?? '']),
    `${target}/${protocol}`,
  ].join(':')
}

function shortMount({ type, source, target, read_only, bind, ...more }: Mount): unknown {
  if (type !== 'bind' || source === undefined)
    return { type, ...(source !== undefined && { source }), target, read_only, ...more }
  const { create_host_path: _, propagation, selinux } = bind ?? {}
  const modes = [read_only ? 'ro' : 'rw', propagation, selinux].filter((mode) => mode !== undefined)
  return `${source}:${target}:${modes.join(',')}`
}

const shortDevice = ({ source, target, permissions }: Mapping) =>
  [source, target ?? source, permissions ?? 'rwm'].join(':')

const waited = ([name, value]: [string, unknown]) => [name, { condition: (value as Mapping).condition }]

/** Version 1 wants texts there. */
function withSizes(deploy: Mapping): Mapping {
  const { resources } = deploy
  if (!isRecord(resources)) return deploy
  const sized = Object.entries(resources).map(([kind, all]) => {
    const { memory, ...rest } = isRecord(all) ? all : {}
    return [kind, { ...rest, ...(memory !== undefined && { memory: String(memory) }) }]
  })
  return { ...deploy, resources: Object.fromEntries(sized) }
}
