import {
  type ComposeReport,
  driver,
  forbidden,
  forbiddenUnlessEmpty,
  harmless,
  Inspection,
  isRecord,
  type Judge,
  listed,
} from './inspection.ts'
import { otherFile, service } from './judge-service.ts'
import { files } from './mounts.ts'

/** What the owner of a server may allow a project all the same. What cannot be judged is never allowed. */
export const composeDangers = [
  ...(['capabilities', 'devices', 'docker_socket', 'driver', 'foreign', 'outside_root'] as const),
  ...(['privileged', 'security_option', 'shared_namespace'] as const),
] as const
export type ComposeDanger = (typeof composeDangers)[number]

/**
 * What a parsed compose file that somebody else wrote would do to the server beside running its containers. Docker
 * trusts such a file with everything, so nothing in it is assumed harmless: a key without an entry here is forbidden.
 * `root` is the app's folder, which relative paths begin at.
 */
export function inspectComposeFile(file: unknown, root: string): ComposeReport {
  const inspection = new Inspection(root)
  if (!isRecord(file)) inspection.forbid('', 'not_understood', 'The file is not a mapping.')
  else inspection.keys(file, '', fileKeys)
  inspection.forbidNested()
  const findings = inspection.findings.map((finding) => ({ ...finding, field: finding.field.replace(/^\//, '') }))
  return { findings, paths: [...inspection.paths], binds: [...inspection.binds] }
}

const every =
  (judge: Judge): Judge =>
  (value, field, inspection) => {
    if (value === null) return
    if (!isRecord(value)) return inspection.forbid(field, 'not_understood', 'is not a mapping.')
    for (const [key, item] of Object.entries(value)) judge(item, `${field}/${key}`, inspection)
  }

/** Each is a path or `{path, project_directory, env_file}`. */
const included: Judge = (value, field, inspection) => {
  for (const [index, entry] of listed(value).entries()) {
    const at = `${field}/${index}`
    if (isRecord(entry)) inspection.keys(entry, at, includeKeys)
    else otherFile(entry, at, inspection)
  }
}

const includeKeys: Record<string, Judge> = {
  path: (value, field, inspection) => {
    for (const path of listed(value)) otherFile(path, field, inspection)
  },
  project_directory: (value, field, inspection) => inspection.path(value, field),
  env_file: files,
}

/** With a name of its own or as external, a volume or network could be that of another app on the same server. */
const foreign = forbiddenUnlessEmpty('foreign', 'could belong to another app on this server.')
/** The local driver mounts any folder or device of the server when its options say so. */
const options = forbiddenUnlessEmpty('driver_options', 'can mount any folder of the server.')

const volume: Judge = (value, field, inspection) =>
  inspection.keys(value, field, {
    driver: driver('local'),
    driver_opts: options,
    external: foreign,
    labels: harmless,
    name: foreign,
  })

const network: Judge = (value, field, inspection) =>
  inspection.keys(value, field, {
    attachable: harmless,
    driver: driver('bridge', 'default'),
    driver_opts: options,
    enable_ipv6: harmless,
    external: foreign,
    internal: harmless,
    ipam: harmless,
    labels: harmless,
    name: foreign,
  })

const fileKept: Judge = (value, field, inspection) =>
  inspection.keys(value, field, {
    content: harmless,
    environment: forbidden('server_environment', 'reads the environment of the process that runs compose.'),
    external: foreign,
    file: (path, at) => inspection.bind(path, at, false),
    labels: harmless,
    name: foreign,
  })

const fileKeys: Record<string, Judge> = {
  configs: every(fileKept),
  include: included,
  // The project's name is given on the command line, which comes before this.
  name: harmless,
  networks: every(network),
  secrets: every(fileKept),
  services: every(service),
  version: harmless,
  volumes: every(volume),
}
