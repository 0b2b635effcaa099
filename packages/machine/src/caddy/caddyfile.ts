import {
  type Address,
  absolutePath,
  address,
  atLeastOne,
  bytes,
  domainName,
  each,
  email,
  type Headers,
  headers,
  hiddenPath,
  httpsUrl,
  oneOf,
  optional,
  port,
  requestTarget,
  seconds,
  whole,
} from '../values/index.ts'
import { block, caddyWord } from './words.ts'

export interface CaddySite {
  domains: readonly string[]
  upstreams: readonly Address[]
  /** Certificates of Caddy's own authority, or from an ACME authority by other means than the main file's. */
  tls?: 'internal' | CaddyAcme | undefined
  /** Sent with every response, in place of what the app says. */
  headers?: Headers | undefined
  /** Sent with every response that has none of that name from the app. */
  headersWhereMissing?: Headers | undefined
  /**
   * How long an idle connection to the upstream is kept, in seconds; 0, the default, makes one for each request. A busy
   * one never idles, and Caddy has no other end for it: see `keptConnections` of nginx.
   */
  keepAliveSec?: number | undefined
  /** Such as `/metrics`: the outside gets a 404 for these and for what is below them. */
  hiddenPaths?: readonly string[] | undefined
  maxBodyBytes?: number | undefined
  /** Only upstreams that answer with 2xx or 3xx get requests. */
  health?: { path: string; intervalSec: number; timeoutSec: number } | undefined
  /** Caddy rotates it. */
  logFile?: string | undefined
}

export interface CaddyAcme {
  /** Other than Let's Encrypt's. */
  directoryUrl?: string | undefined
  /** PEM of the authority that certifies the directory's own certificate. */
  directoryRootFile?: string | undefined
  /** Told about certificates that are about to expire. */
  email?: string | undefined
}

export interface CaddyMain {
  /** Folder of the site files, each named `*.caddy`. */
  sitesDirectory: string
  acme?: CaddyAcme
  httpPort?: number
  httpsPort?: number
  admin?: Address
}

/** `/etc/caddy/Caddyfile`: what holds for every site, and the folder the sites are in. */
export function renderCaddyMain(main: CaddyMain): string {
  const options = [
    // Caddy would make this server trust the authority that it makes itself.
    ['skip_install_trust'],
    ['admin', optional(main.admin, 'admin', address)],
    ['http_port', optional(main.httpPort, 'httpPort', port)],
    ['https_port', optional(main.httpsPort, 'httpsPort', port)],
    ['email', optional(main.acme?.email, 'acme/email', email)],
    ['acme_ca', optional(main.acme?.directoryUrl, 'acme/directoryUrl', httpsUrl)],
    ['acme_ca_root', optional(main.acme?.directoryRootFile, 'acme/directoryRootFile', absolutePath)],
  ]
  const sites = absolutePath(main.sitesDirectory, 'sitesDirectory')
  return `${[...block('', given(options)), '', `import ${sites}/*.caddy`].join('\n')}\n`
}

/** What not every Caddy has. */
export interface CaddyFeatures {
  /** Of 2.7 and newer: a stream such as a WebSocket lives on when a configuration is loaded. */
  streamCloseDelay: boolean
}

/** A file of its own in the sites directory: one site that is wrong can be taken back alone. */
export function renderCaddySite(site: CaddySite, features: CaddyFeatures = { streamCloseDelay: false }): string {
  const sections = [tls(site), limits(site), responses(site), proxy(site, features), log(site)]
  const lines = sections.filter((section) => section.length > 0).flatMap((section) => ['', ...section])
  return `${block(atLeastOne(site.domains, 'domains', domainName).join(', '), lines.slice(1)).join('\n')}\n`
}

function tls({ tls }: CaddySite): string[] {
  if (tls === undefined) return []
  if (typeof tls === 'string') return [`tls ${oneOf(tls, 'tls', ['internal'])}`]
  const issuer = given([
    ['dir', optional(tls.directoryUrl, 'tls/directoryUrl', httpsUrl)],
    ['email', optional(tls.email, 'tls/email', email)],
    ['trusted_roots', optional(tls.directoryRootFile, 'tls/directoryRootFile', absolutePath)],
  ])
  return block('tls', block('issuer acme', issuer))
}

/** A line for each option that has no value missing. */
const given = (options: readonly (readonly (string | number | undefined)[])[]) =>
  options.filter((option) => !option.includes(undefined)).map((option) => option.join(' '))

function limits({ maxBodyBytes }: CaddySite): string[] {
  return maxBodyBytes === undefined ? [] : block('request_body', [`max_size ${bytes(maxBodyBytes, 'maxBodyBytes')}`])
}

function responses(site: CaddySite): string[] {
  const fields = headers(site.headers, 'headers').map(([name, value, at]) => `${name} ${caddyWord(value, at)}`)
  const missing = headers(site.headersWhereMissing, 'headersWhereMissing')
  const hidden = each(site.hiddenPaths, 'hiddenPaths', hiddenPath).map((path) => `${path} ${path}/*`)
  return [
    'encode zstd gzip',
    // A line for each: in one block, all are left out when the app says one of them.
    ...missing.map(([name, value, at]) => `header ?${name} ${caddyWord(value, at)}`),
    // Deferred until the app has answered, so that what it says is replaced and not sent twice.
    ...(fields.length > 0 ? block('header', [...fields, 'defer']) : []),
    ...(hidden.length > 0 ? [`@hidden path ${hidden.join(' ')}`, 'respond @hidden 404'] : []),
  ]
}

function proxy({ upstreams, health, keepAliveSec = 0 }: CaddySite, { streamCloseDelay }: CaddyFeatures): string[] {
  const kept = whole(keepAliveSec, 'keepAliveSec', 0, 3600)
  return block(`reverse_proxy ${atLeastOne(upstreams, 'upstreams', address).join(' ')}`, [
    ...(health ? probes(health) : []),
    // As long as a stream lasts: Caddy loads anew for every change of any site, and would end all of them.
    ...(streamCloseDelay ? ['stream_close_delay 8760h'] : []),
    ...block('transport http', [`keepalive ${kept === 0 ? 'off' : `${kept}s`}`]),
  ])
}

function probes(health: NonNullable<CaddySite['health']>): string[] {
  return [
    `health_uri ${requestTarget(health.path, 'health/path')}`,
    `health_interval ${seconds(health.intervalSec, 'health/intervalSec')}s`,
    `health_timeout ${seconds(health.timeoutSec, 'health/timeoutSec')}s`,
  ]
}

function log({ logFile }: CaddySite): string[] {
  const file = optional(logFile, 'logFile', absolutePath)
  return file === undefined ? [] : block('log', block(`output file ${file}`, ['roll_size 50MiB', 'roll_keep 5']))
}
