import {
  type Address,
  absolutePath,
  address,
  atLeastOne,
  bytes,
  domainName,
  type Headers,
  headers,
  name,
  optional,
  port,
  seconds,
  whole,
} from '../values/index.ts'
import { proxyLocations, requestRates } from './locations.ts'
import { ownName, ownVariable } from './own-names.ts'
import { block, nginxWord } from './words.ts'

export interface NginxSite {
  /** Unique on the server: zones, variables and the upstream are named after it. */
  name: string
  domains: readonly string[]
  upstreams: readonly Address[]
  /** Folder in which the ACME client puts its answers. */
  acmeWebroot: string
  /** Absent until the first one is issued: the site then answers over HTTP only. */
  certificate?: { chainFile: string; keyFile: string } | undefined
  /** Sent with every response, errors included, in place of what the app says. */
  headers?: Headers | undefined
  /** Sent with every response that has none of that name from the app. */
  headersWhereMissing?: Headers | undefined
  /**
   * How long an idle connection to the upstream is kept, in seconds: shorter than the app keeps it, which else may close it
   * as a request arrives. 0 makes a connection for each request. 4 by default: Node.js keeps them for 5.
   */
  keepAliveSec?: number | undefined
  maxBodyBytes: number
  /** The limits for each client address; the most specific path wins. */
  rateLimits?: readonly RateLimit[] | undefined
  connectionsPerClient?: number | undefined
  /** Such as `/metrics`: the outside gets a 404 for these and for what is below them. */
  hiddenPaths?: readonly string[] | undefined
  websocket?: boolean | undefined
  timeouts?: { connectSec: number; readSec: number; sendSec: number } | undefined
  /** Other than 80 and 443. */
  ports?: { http: number; https: number } | undefined
}

export interface RateLimit {
  /** Begins with this. */
  path: string
  requests: number
  per: 'second' | 'minute'
  /** How many more requests at once are let through before the rest gets 429. */
  burst: number
}

/** What not every nginx of the supported distributions has: the oldest is 1.18. */
export interface NginxFeatures {
  /** `keepalive_time`, of 1.19.10 and newer. */
  keepAliveTime: boolean
}

/** A file for nginx's `sites-enabled`. */
export function renderNginxSite(site: NginxSite, features: NginxFeatures = { keepAliveTime: true }): string {
  name(site.name, 'name')
  const domains = atLeastOne(site.domains, 'domains', domainName)
  return `${[...shared(site, features), ...servers(site, domains, features)].join('\n')}\n`
}

function shared(site: NginxSite, features: NginxFeatures): string[] {
  const upstreams = atLeastOne(site.upstreams, 'upstreams', address).map((server) => `server ${server};`)
  const name = ownName(site)
  return [
    ...requestRates(site),
    ...(site.connectionsPerClient ? [`limit_conn_zone $binary_remote_addr zone=${name}_connections:10m;`] : []),
    ...(site.websocket ? upgradeMap(site, features) : []),
    ...missingHeaders(site).flatMap(({ source, variable, value }) =>
      block(`map ${source} ${variable}`, [`'' ${value};`, "default '';"]),
    ),
    ...block(`upstream ${name}`, [...upstreams, ...keptConnections(site, features)]),
  ]
}

/**
 * A busy connection never idles: through it an app that was told to stop, and takes no new ones, would be asked for ever
 * while everybody else is refused. So each is used for a second, or once where nginx cannot tell.
 */
function keptConnections(site: NginxSite, features: NginxFeatures): string[] {
  const keepAliveSec = keptFor(site, features)
  return keepAliveSec === 0 ? [] : ['keepalive 16;', `keepalive_timeout ${keepAliveSec}s;`, 'keepalive_time 1s;']
}

function keptFor({ keepAliveSec = 4 }: NginxSite, { keepAliveTime }: NginxFeatures): number {
  const kept = whole(keepAliveSec, 'keepAliveSec', 0, 3600)
  return keepAliveTime ? kept : 0
}

/** An app's own header stays: what is empty is not sent. */
function missingHeaders(site: NginxSite) {
  return headers(site.headersWhereMissing, 'headersWhereMissing').map(([field, value, at]) => {
    const variable = field.toLowerCase().replaceAll('-', '_')
    return {
      field,
      source: `$upstream_http_${variable}`,
      variable: `$${ownVariable(site)}_${variable}`,
      value: nginxWord(value, at),
    }
  })
}

/** Of all protocols a client may ask to change to, only this one: an HTTP/2 tunnel would pass by every location. */
function upgradeMap(site: NginxSite, features: NginxFeatures): string[] {
  const prefix = ownVariable(site)
  return [
    ...block(`map $http_upgrade $${prefix}_upgrade`, ['websocket websocket;', "default '';"]),
    ...block(`map $http_upgrade $${prefix}_connection`, [
      'websocket upgrade;',
      `default ${keptHeader(site, features)};`,
    ]),
  ]
}

/** An upstream that is asked once is told so, and need not wait to be asked again. */
const keptHeader = (site: NginxSite, features: NginxFeatures) => (keptFor(site, features) === 0 ? 'close' : "''")

function servers(site: NginxSite, domains: readonly string[], features: NginxFeatures): string[] {
  const http = listen(optional(site.ports?.http, 'ports/http', port) ?? 80, '')
  const acme = block('location ^~ /.well-known/acme-challenge/', [
    `root ${absolutePath(site.acmeWebroot, 'acmeWebroot')};`,
    'default_type text/plain;',
    'try_files $uri =404;',
  ])
  if (!site.certificate)
    return ['', ...block('server', [...http, ...names(domains), '', ...acme, '', ...serve(site, features)])]
  return [
    // One for each name, so that a redirect never leads to a name the client made up.
    ...domains.flatMap((domain) => [
      '',
      ...block('server', [...http, ...names([domain]), '', ...acme, '', ...toHttps(site)]),
    ]),
    '',
    ...block('server', [
      ...listen(httpsPort(site), ' ssl http2'),
      ...names(domains),
      '',
      ...tls(ownName(site), site.certificate),
      '',
      ...serve(site, features),
    ]),
  ]
}

const listen = (port: number, options: string) => [`listen ${port}${options};`, `listen [::]:${port}${options};`]
const names = (domains: readonly string[]) => [`server_name ${domains.join(' ')};`]
const httpsPort = (site: NginxSite) => optional(site.ports?.https, 'ports/https', port) ?? 443

function toHttps(site: NginxSite): string[] {
  const port = httpsPort(site) === 443 ? '' : `:${httpsPort(site)}`
  return block('location /', [`return 301 https://$server_name${port}$request_uri;`])
}

function tls(siteName: string, { chainFile, keyFile }: { chainFile: string; keyFile: string }): string[] {
  return [
    `ssl_certificate ${absolutePath(chainFile, 'certificate/chainFile')};`,
    `ssl_certificate_key ${absolutePath(keyFile, 'certificate/keyFile')};`,
    'ssl_protocols TLSv1.2 TLSv1.3;',
    'ssl_prefer_server_ciphers off;',
    `ssl_session_cache shared:${siteName}_tls:10m;`,
    'ssl_session_tickets off;',
  ]
}

function serve(site: NginxSite, features: NginxFeatures): string[] {
  const fields = headers(site.headers, 'headers')
  return [
    'server_tokens off;',
    // nginx opens it as root: never in a folder that an app may write to.
    `access_log /var/log/nginx/ikoma-${site.name}.log;`,
    // A client that sends a byte a minute must not hold a connection.
    'client_header_timeout 15s;',
    'client_body_timeout 15s;',
    `client_max_body_size ${bytes(site.maxBodyBytes, 'maxBodyBytes')};`,
    ...fields.map(([field, value, at]) => `add_header ${field} ${nginxWord(value, at)} always;`),
    ...fields.map(([field]) => `proxy_hide_header ${field};`),
    ...missingHeaders(site).map(({ field, variable }) => `add_header ${field} ${variable} always;`),
    ...forwarding(site, features),
    ...proxyLocations(site),
  ]
}

/** The client's address replaces what the client says it is, so no list of allowed addresses can be talked past. */
function forwarding(site: NginxSite, features: NginxFeatures): string[] {
  const { connectSec, readSec, sendSec } = site.timeouts ?? { connectSec: 5, readSec: 60, sendSec: 60 }
  const prefix = ownVariable(site)
  return [
    '',
    'proxy_http_version 1.1;',
    'proxy_set_header Host $host;',
    'proxy_set_header X-Real-IP $remote_addr;',
    'proxy_set_header X-Forwarded-For $remote_addr;',
    'proxy_set_header X-Forwarded-Host $host;',
    'proxy_set_header X-Forwarded-Proto $scheme;',
    ...(site.websocket ? [`proxy_set_header Upgrade $${prefix}_upgrade;`] : []),
    `proxy_set_header Connection ${site.websocket ? `$${prefix}_connection` : keptHeader(site, features)};`,
    `proxy_connect_timeout ${seconds(connectSec, 'timeouts/connectSec')}s;`,
    `proxy_read_timeout ${seconds(readSec, 'timeouts/readSec')}s;`,
    `proxy_send_timeout ${seconds(sendSec, 'timeouts/sendSec')}s;`,
  ]
}
