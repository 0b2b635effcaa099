import {
  type ComposeReport,
  driver,
  forbidden,
  forbiddenUnlessEmpty,
  Inspection,
  isRecord,
  type Judge,
  listed,
  type Mapping,
} from './inspection.ts'
import { otherFile, service } from './judge-service.ts'
import { files } from './mounts.ts'
import { listOf, mapping, named, options, pairs, text, truth } from './scalars.ts'

/** What the owner of a server may allow a project all the same. What cannot be judged is never allowed. */
export const composeDangers = [
  ...(['capabilities', 'devices', 'docker_socket', 'driver', 'foreign', 'outside_root'] as const),
  ...(['privileged', 'security_option', 'shared_namespace'] as const),
] as const
export type ComposeDanger = (typeof composeDangers)[number]

/**
 * What a parsed compose file that somebody else wrote would do to the server beside running its containers. Docker
 * trusts such a file with everything, so nothing in it is assumed harmless: a key without an entry here is forbidden.
 * `root` is the app's folder, which relative paths begin at. What was `understood` is what was judged, in long form.
 */
export function inspectComposeFile(file: unknown, root: string): ComposeReport {
  const inspection = new Inspection(root)
  if (!isRecord(file)) inspection.forbid('', 'not_understood', 'The file is not a mapping.')
  const understood = isRecord(file) ? inspection.keys(file, '', fileKeys) : {}
  inspection.forbidNested()
  const findings = inspection.findings.map((finding) => ({ ...finding, field: finding.field.replace(/^\//, '') }))
  const { paths, binds, writable, contexts, recipes } = inspection
  return {
    findings,
    paths: [...paths],
    binds: [...binds],
    writable: [...writable],
    contexts: [...contexts],
    recipes: [...recipes],
    understood,
  }
}

/** Each is a path or `{path, project_directory, env_file}`. */
const included: Judge<never> = (value, field, inspection) => {
  for (const [index, entry] of listed(value).entries()) {
    const at = `${field}/${index}`
    if (isRecord(entry)) inspection.keys(entry, at, includeKeys)
    else otherFile(entry, at, inspection)
  }
  return undefined
}

const includeKeys: Record<string, Judge> = {
  path: (value, field, inspection) => {
    for (const path of listed(value)) otherFile(path, field, inspection)
  },
  project_directory: (value, field, inspection) => inspection.path(value, field),
  env_file: files,
}

/** `true`, or in a form that is no longer written, the name of it. */
const external: Judge = (value, field, inspection) =>
  isRecord(value) ? inspection.keys(value, field, { name: text }) : truth(value, field, inspection)

/** With a name of its own or as external, a volume or network could be that of another app on the same server. */
const foreign = (judge: Judge) => forbiddenUnlessEmpty('foreign', 'could belong to another app on this server.', judge)
const ownership = { external: foreign(external), name: foreign(text) }
/** The local driver mounts any folder or device of the server when its options say so. */
const driverOptions = forbiddenUnlessEmpty('driver_options', 'can mount any folder of the server.', options)

const declared =
  (judges: Readonly<Record<string, Judge>>): Judge<Mapping> =>
  (value, field, inspection) => {
    const read = inspection.keys(value, field, { ...ownership, labels: pairs, ...judges })
    const { external: named } = read
    return isRecord(named) ? { ...read, external: true, name: read.name ?? named.name } : read
  }

const volume = declared({ driver: driver('local'), driver_opts: driverOptions })

const subnet = mapping({ subnet: text, gateway: text, ip_range: text, aux_addresses: options })
const network = declared({
  ...{ attachable: truth, enable_ipv4: truth, enable_ipv6: truth, internal: truth },
  ...{ driver: driver('bridge', 'default'), driver_opts: driverOptions },
  ipam: mapping({ driver: text, config: listOf(subnet), options }),
})

const fileKept = declared({
  content: text,
  environment: forbidden('server_environment', 'reads the environment of the process that runs compose.'),
  file: (path, at, inspection) => inspection.bind(path, at, false),
})

const fileKeys: Record<string, Judge> = {
  configs: named(fileKept),
  include: included,
  // The project's name is given on the command line, which comes before this.
  name: () => undefined,
  networks: named(network),
  secrets: named(fileKept),
  services: named(service),
  version: () => undefined,
  volumes: named(volume),
}
