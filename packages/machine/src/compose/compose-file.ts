import { stringify } from 'yaml'
import { each, entries, name, refuse } from '../values/index.ts'
import { type ComposeService, composeService } from './service-block.ts'

export interface ComposeFile {
  services: Readonly<Record<string, ComposeService>>
  /** Volumes that Docker keeps. */
  volumes?: readonly string[]
  /** Beside the default one, which every service without networks of its own joins. */
  networks?: readonly string[]
}

/**
 * The `docker-compose.yml` in the app's folder, for compose 1.29 and 2: without `version`, which 2 warns about. What a
 * service could take the server over with has no field here: privileges, devices, host namespaces, Docker's socket, files
 * outside the app's folder.
 */
export function renderComposeFile(file: ComposeFile): string {
  const volumes = each(file.volumes, 'volumes', name)
  const networks = each(file.networks, 'networks', name)
  const services = entries(file.services, 'services', name)
  if (services.length === 0) refuse('services', 'missing', 'needs at least one entry.')
  const known = { volumes, networks, services: services.map(([service]) => service) }
  return toYaml({
    services: Object.fromEntries(services.map(([service, value, at]) => [service, composeService(value, at, known)])),
    volumes: Object.fromEntries(volumes.map((volume) => [volume, {}])),
    networks: Object.fromEntries(networks.map((network) => [network, {}])),
  })
}

/**
 * Every text is in double quotes, so none is taken for a number, a date or `on`: compose 1.29 reads YAML 1.1. That
 * reader also refuses or folds some characters that JSON does not escape.
 */
function toYaml(value: object): string {
  const yaml = stringify(value, {
    version: '1.1',
    lineWidth: 0,
    defaultStringType: 'QUOTE_DOUBLE',
    defaultKeyType: 'PLAIN',
    doubleQuotedMinMultiLineLength: Number.POSITIVE_INFINITY,
    aliasDuplicateObjects: false,
  })
  return yaml.replace(/[\u007f-\u009f\u2028\u2029\ufeff\ufffe\uffff]/g, escapeCharacter)
}

const escapeCharacter = (character: string) => `\\u${character.charCodeAt(0).toString(16).padStart(4, '0')}`
