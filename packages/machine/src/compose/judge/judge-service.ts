import { driver, forbiddenUnlessEmpty, harmless, isRecord, type Judge, listed } from './inspection.ts'
import { files, mounts, ports } from './mounts.ts'

/** One service of a file that somebody else wrote. */
export const service: Judge = (value, field, inspection) => inspection.keys(value, field, serviceKeys)

const withoutEffectOnTheServer = [
  ...['attach', 'cap_drop', 'command', 'container_name', 'cpu_count', 'cpu_percent', 'cpu_period'],
  ...['cpu_quota', 'cpu_shares', 'cpus', 'cpuset', 'depends_on', 'dns', 'dns_opt', 'dns_search', 'domainname'],
  ...[
    'entrypoint',
    'environment',
    'expose',
    'extra_hosts',
    'healthcheck',
    'hostname',
    'image',
    'init',
    'labels',
    'links',
  ],
  ...['mac_address', 'mem_limit', 'mem_reservation', 'mem_swappiness', 'memswap_limit', 'networks'],
  ...['pids_limit', 'platform', 'profiles', 'pull_policy', 'read_only', 'restart', 'scale', 'shm_size', 'stdin_open'],
  ...['stop_grace_period', 'stop_signal', 'tmpfs', 'tty', 'ulimits', 'user', 'working_dir', 'configs', 'secrets'],
]

const everything = (keys: readonly string[]) => Object.fromEntries(keys.map((key) => [key, harmless]))

/** `service:db` is a neighbour in this file; `host` and `container:…` are not. */
const namespace: Judge = (value, field, inspection) => {
  if (typeof value === 'string' && /^(none|bridge|default|private|shareable|service:[\w.-]+)?$/.test(value)) return
  inspection.forbid(field, 'shared_namespace', 'must not be shared with the server or with containers of another app.')
}

const securityOptions: Judge = (value, field, inspection) => {
  for (const [index, option] of listed(value).entries()) {
    if (/^no-new-privileges([:=]true)?$/.test(String(option))) continue
    inspection.forbid(`${field}/${index}`, 'security_option', 'weakens what keeps the container in.')
  }
}

/** Another file has to be inspected by itself, with this one's folder as its root. */
export const otherFile: Judge = (value, field, inspection) => {
  const before = inspection.findings.length
  inspection.path(value, field)
  if (inspection.findings.length === before) inspection.warn(field, 'other_file', 'has to be inspected as well.')
}

const extended: Judge = (value, field, inspection) => {
  if (isRecord(value) && value.file !== undefined) otherFile(value.file, `${field}/file`, inspection)
}

const build: Judge = (value, field, inspection) => {
  if (!isRecord(value)) return inspection.path(value, field)
  const context = value.context ?? '.'
  const dockerfile: Judge = (file, at) => inspection.path(file, at, typeof context === 'string' ? context : '.')
  inspection.keys(value, field, { ...buildKeys, dockerfile })
}

const buildKeys: Record<string, Judge> = {
  ...everything([
    'args',
    'cache_from',
    'dockerfile_inline',
    'labels',
    'no_cache',
    'platforms',
    'pull',
    'shm_size',
    'target',
  ]),
  context: (value, field, inspection) => inspection.path(value, field),
  network: namespace,
}

const deployKeys: Record<string, Judge> = {
  ...everything([
    'endpoint_mode',
    'labels',
    'mode',
    'placement',
    'replicas',
    'restart_policy',
    'rollback_config',
    'update_config',
  ]),
  resources: (value, field, inspection) =>
    inspection.keys(value, field, { limits: reservable, reservations: reservable }),
}
const reservable: Judge = (value, field, inspection) =>
  inspection.keys(value, field, everything(['cpus', 'memory', 'pids']))

/** Other drivers have the Docker daemon, which is root, open sockets of the server. */
const logKeys: Record<string, Judge> = { driver: driver('json-file', 'local', 'none'), options: harmless }

const devices = forbiddenUnlessEmpty('devices', 'gives the container devices of the server.')

const serviceKeys: Record<string, Judge> = {
  ...everything(withoutEffectOnTheServer),
  build,
  cap_add: forbiddenUnlessEmpty('capabilities', 'gives the container rights over the server.'),
  cgroup: namespace,
  deploy: (value, field, inspection) => inspection.keys(value, field, deployKeys),
  device_cgroup_rules: devices,
  devices,
  env_file: files,
  extends: extended,
  ipc: namespace,
  label_file: files,
  logging: (value, field, inspection) => inspection.keys(value, field, logKeys),
  network_mode: namespace,
  pid: namespace,
  ports,
  privileged: forbiddenUnlessEmpty('privileged', 'makes root in the container root on the server.'),
  security_opt: securityOptions,
  userns_mode: namespace,
  uts: namespace,
  volumes: mounts,
}
