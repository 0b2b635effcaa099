import { isIP } from 'node:net'
import { command, healthcheck } from './command.ts'
import { driver, forbiddenUnlessEmpty, isRecord, type Judge, listed, type Mapping } from './inspection.ts'
import { build } from './judge-build.ts'
import { files, given, mounts, tmpfs, ulimit } from './mounts.ts'
import { namespace, network } from './namespaces.ts'
import { ports } from './ports.ts'
import {
  amount,
  bytes,
  bytesOrAll,
  duration,
  fraction,
  listOf,
  mapping,
  matching,
  named,
  options,
  pairs,
  text,
  truth,
} from './scalars.ts'

/** One service of a file that somebody else wrote. */
export const service: Judge<Mapping> = (value, field, inspection) => inspection.keys(value, field, serviceKeys)

const securityOptions: Judge<string[]> = (value, field, inspection) => {
  for (const [index, option] of listed(value).entries()) {
    if (/^no-new-privileges([:=]true)?$/.test(String(option))) continue
    inspection.forbid(`${field}/${index}`, 'security_option', 'weakens what keeps the container in.')
  }
  return listOf(securityOption)(value, field, inspection)
}

/** Not `seccomp=a-file`, which compose opens as root. */
const securityOption = matching(
  /^(no-new-privileges([:=](true|false))?|seccomp[:=](unconfined|builtin)|apparmor[:=][\w.-]+|label[:=][\w.:-]+|systempaths=unconfined)$/,
  'an option that is known',
)

/** Another file has to be inspected by itself, with this one's folder as its root. */
export const otherFile: Judge<never> = (value, field, inspection) => {
  const before = inspection.findings.length
  inspection.path(value, field)
  if (inspection.findings.length === before) inspection.warn(field, 'other_file', 'has to be inspected as well.')
  return undefined
}

const extended: Judge<never> = (value, field, inspection) => {
  if (isRecord(value) && value.file !== undefined) return otherFile(value.file, `${field}/file`, inspection)
  return inspection.puzzled(field, 'is merged by rules of compose. Write the service out, or use an anchor of YAML.')
}

export const isReservedLabel = (name: string) => /^(com\.docker\.|ikoma\.)/.test(name)

/** A label that says whose a container is decides what other orders do to it. */
const labels: Judge<Record<string, string | null>> = (value, field, inspection) => {
  const read = pairs(value, field, inspection)
  for (const name of Object.keys(read ?? {})) {
    if (isReservedLabel(name)) inspection.puzzled(`${field}/${name}`, 'is a label of Docker or of IKOMA.')
  }
  return read
}

const dependsOn: Judge<Mapping> = (value, field, inspection) => {
  const list = Array.isArray(value) ? Object.fromEntries(value.map((name) => [String(name), null])) : value
  return named<Mapping>((item, at) => ({ condition: 'service_started', ...inspection.keys(item, at, dependencyKeys) }))(
    list,
    field,
    inspection,
  )
}
const condition = matching(/^service_(started|healthy|completed_successfully)$/, 'a condition that is known')
const dependencyKeys: Record<string, Judge> = { condition, required: truth, restart: truth }

/** A name for one address or more: `[a=::1]`, `[a:10.0.0.1]` or `{a: 10.0.0.1}`. */
const hosts: Judge<Record<string, string | string[]>> = (value, field, inspection) => {
  const found = new Map<string, string[]>()
  const entries = Array.isArray(value) ? value.map(hostOf) : Object.entries(isRecord(value) ? value : {})
  if (!Array.isArray(value) && !isRecord(value))
    return value === null ? undefined : inspection.puzzled(field, 'is not a list.')
  for (const [name, addresses] of entries) {
    for (const address of listed(addresses).map((each) => String(each).replace(/^\[(.*)\]$/, '$1'))) {
      const known = /^[\w.-]{1,253}$/.test(name) && (isIP(address) > 0 || address === 'host-gateway')
      if (!known) inspection.puzzled(field, 'has an entry that is not a name and its address.')
      found.set(name, [...(found.get(name) ?? []), address])
    }
  }
  return Object.fromEntries([...found].map(([name, all]) => [name, all.length === 1 ? (all[0] ?? '') : all]))
}

function hostOf(entry: unknown): [string, string] {
  const [, name = '', address = ''] = /^([^=:]+)[=:](.*)$/.exec(String(entry)) ?? []
  return [name.trim(), address.trim()]
}

const ip: Judge<string> = (value, field, inspection) =>
  typeof value === 'string' && isIP(value) > 0 ? value : inspection.puzzled(field, 'is not an address.')

const member = mapping({
  ...{ aliases: listOf(text), ipv4_address: ip, ipv6_address: ip, link_local_ips: listOf(ip) },
  ...{
    priority: amount(-1e6),
    gw_priority: amount(-1e6),
    mac_address: text,
    interface_name: matching(/^[\w.-]+$/, 'a name'),
  },
})

const networks: Judge<Mapping> = (value, field, inspection) => {
  const list = Array.isArray(value) ? Object.fromEntries(value.map((name) => [String(name), null])) : value
  return named<Mapping>((item, at) => member(item, at, inspection) ?? {})(list, field, inspection)
}

const restart: Judge<string> = (value, field, inspection) =>
  value === false
    ? 'no'
    : matching(/^(no|always|unless-stopped|on-failure(:\d{1,9})?)$/, 'a rule of restart')(value, field, inspection)

/** `no-new-privileges` and the like have one form; so have these. */
const capability = matching(/^[A-Z_]+$/i, 'the name of a capability')
const link = matching(/^[\w-]+(:[\w.-]+)?$/, 'the name of a service of this file')
const exposed = matching(/^\d{1,5}(-\d{1,5})?(\/(tcp|udp|sctp))?$/, 'a port')

const limits = mapping({ cpus: fraction, memory: bytes, pids: amount(-1) })
const update = mapping({
  ...{ parallelism: amount(), delay: duration, monitor: duration, failure_action: text },
  ...{ max_failure_ratio: fraction, order: matching(/^(start|stop)-first$/, 'an order') },
})
const deploy = mapping({
  ...{ endpoint_mode: text, labels, mode: text, replicas: amount(), rollback_config: update, update_config: update },
  placement: mapping({
    constraints: listOf(text),
    preferences: listOf(mapping({ spread: text })),
    max_replicas_per_node: amount(),
  }),
  restart_policy: mapping({ condition: text, delay: duration, max_attempts: amount(), window: duration }),
  resources: mapping({ limits, reservations: limits }),
})

/** Other drivers have the Docker daemon, which is root, open sockets of the server. */
const logging = mapping({ driver: driver('json-file', 'local', 'none'), options })

const theServers = 'gives the container devices of the server.'
const device: Judge<Mapping> = (value, field, inspection) => {
  if (isRecord(value)) return inspection.keys(value, field, { source: text, target: text, permissions: text })
  const [, source, target = source, permissions = 'rwm'] =
    /^(\/dev\/[\w./-]+)(?::(\/[\w./-]+))?(?::([rwm]{1,3}))?$/.exec(String(value)) ?? []
  return source === undefined ? inspection.puzzled(field, 'is not a device.') : { source, target, permissions }
}

const serviceKeys: Record<string, Judge> = {
  ...{ attach: truth, init: truth, read_only: truth, stdin_open: truth, tty: truth },
  ...{ command, entrypoint: command, healthcheck, build, deploy, logging, ports, volumes: mounts },
  ...{ cpu_count: amount(), cpu_percent: amount(), cpu_period: amount(), cpu_quota: amount(-1), cpu_shares: amount() },
  ...{ cpus: fraction, mem_limit: bytes, mem_reservation: bytes, memswap_limit: bytesOrAll, mem_swappiness: amount() },
  ...{ pids_limit: amount(-1), scale: amount(), shm_size: bytes, stop_grace_period: duration },
  ...{ cpuset: text, domainname: text, hostname: text, image: text, mac_address: text, platform: text },
  ...{ pull_policy: text, stop_signal: text, user: text, working_dir: text, container_name: text },
  ...{ cap_drop: listOf(capability), dns: listOf(ip), dns_opt: listOf(text), dns_search: listOf(text) },
  ...{ expose: listOf(exposed), links: listOf(link), profiles: listOf(text), tmpfs: listOf(tmpfs) },
  ...{ configs: listOf(given), secrets: listOf(given), env_file: files, label_file: files, ulimits: named(ulimit) },
  ...{
    cgroup: namespace,
    ipc: namespace,
    pid: namespace,
    userns_mode: namespace,
    uts: namespace,
    network_mode: network,
  },
  ...{ depends_on: dependsOn, environment: pairs, extends: extended, extra_hosts: hosts, labels, networks, restart },
  cap_add: forbiddenUnlessEmpty('capabilities', 'gives the container rights over the server.', listOf(capability)),
  device_cgroup_rules: forbiddenUnlessEmpty('devices', theServers, listOf(text)),
  devices: forbiddenUnlessEmpty('devices', theServers, listOf(device)),
  privileged: forbiddenUnlessEmpty('privileged', 'makes root in the container root on the server.', truth),
  security_opt: securityOptions,
}
