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
} from '../values/index.ts'
import { proxyLocations, requestRates } from './locations.ts'
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
  /** Sent with every response, errors included. */
  headers?: Headers | undefined
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

/** A file for nginx's `sites-enabled`. Written for 1.18, the oldest of the supported distributions, and newer. */
export function renderNginxSite(site: NginxSite): string {
  name(site.name, 'name')
  const domains = atLeastOne(site.domains, 'domains', domainName)
  return `${[...shared(site), ...servers(site, domains)].join('\n')}\n`
}

function shared(site: NginxSite): string[] {
  const upstreams = atLeastOne(site.upstreams, 'upstreams', address).map((server) => `server ${server};`)
  return [
    ...requestRates(site),
    ...(site.connectionsPerClient ? [`limit_conn_zone $binary_remote_addr zone=${site.name}_connections:10m;`] : []),
    ...(site.websocket ? upgradeMap(site.name) : []),
    ...block(`upstream ${site.name}`, [...upstreams, 'keepalive 16;']),
  ]
}

/** Of all protocols a client may ask to change to, only this one: an HTTP/2 tunnel would pass by every location. */
function upgradeMap(siteName: string): string[] {
  const prefix = siteName.replaceAll('-', '_')
  return [
    ...block(`map $http_upgrade $${prefix}_upgrade`, ['websocket websocket;', "default '';"]),
    ...block(`map $http_upgrade $${prefix}_connection`, ['websocket upgrade;', "default '';"]),
  ]
}

function servers(site: NginxSite, domains: readonly string[]): string[] {
  const http = listen(optional(site.ports?.http, 'ports/http', port) ?? 80, '')
  const acme = block('location ^~ /.well-known/acme-challenge/', [
    `root ${absolutePath(site.acmeWebroot, 'acmeWebroot')};`,
    'default_type text/plain;',
    'try_files $uri =404;',
  ])
  if (!site.certificate) return ['', ...block('server', [...http, ...names(domains), '', ...acme, '', ...serve(site)])]
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
      ...tls(site.name, site.certificate),
      '',
      ...serve(site),
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

function serve(site: NginxSite): string[] {
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
    ...forwarding(site),
    ...proxyLocations(site),
  ]
}

/** The client's address replaces what the client says it is, so no list of allowed addresses can be talked past. */
function forwarding(site: NginxSite): string[] {
  const { connectSec, readSec, sendSec } = site.timeouts ?? { connectSec: 5, readSec: 60, sendSec: 60 }
  const prefix = site.name.replaceAll('-', '_')
  return [
    '',
    'proxy_http_version 1.1;',
    'proxy_set_header Host $host;',
    'proxy_set_header X-Real-IP $remote_addr;',
    'proxy_set_header X-Forwarded-For $remote_addr;',
    'proxy_set_header X-Forwarded-Host $host;',
    'proxy_set_header X-Forwarded-Proto $scheme;',
    ...(site.websocket ? [`proxy_set_header Upgrade $${prefix}_upgrade;`] : []),
    `proxy_set_header Connection ${site.websocket ? `$${prefix}_connection` : "''"};`,
    `proxy_connect_timeout ${seconds(connectSec, 'timeouts/connectSec')}s;`,
    `proxy_read_timeout ${seconds(readSec, 'timeouts/readSec')}s;`,
    `proxy_send_timeout ${seconds(sendSec, 'timeouts/sendSec')}s;`,
  ]
}
