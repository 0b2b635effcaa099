import { each, hiddenPath, oneOf, optional, refuse, urlPath, whole } from '../values/index.ts'
import { ownName } from './own-names.ts'
import type { NginxSite, RateLimit } from './site-file.ts'
import { block } from './words.ts'

/** Room for some 160,000 client addresses each. */
export function requestRates(site: NginxSite): string[] {
  return each(site.rateLimits, 'rateLimits', (limit, at) => {
    const unit = oneOf(limit.per, `${at}/per`, ['second', 'minute']).charAt(0)
    const rate = `${whole(limit.requests, `${at}/requests`, 1, 100_000)}r/${unit}`
    return `limit_req_zone $binary_remote_addr zone=${zone(site, at)}:10m rate=${rate};`
  })
}

/** One location for each path that has a limit of its own or is hidden, and `/` for the rest. */
export function proxyLocations(site: NginxSite): string[] {
  const limits = each(site.rateLimits, 'rateLimits', (limit, at) => ({
    path: urlPath(limit.path, `${at}/path`),
    limit,
    at,
  }))
  const hidden = each(site.hiddenPaths, 'hiddenPaths', hiddenPath).flatMap((path) => [`= ${path}`, `${path}/`])
  const paths = new Set([...limits.map(({ path }) => path), ...hidden])
  if (paths.size < limits.length + hidden.length)
    refuse('rateLimits', 'repeated_path', 'and hiddenPaths name a path once.')
  const rest: OpenPath[] = paths.has('/') ? [] : [{ path: '/' }]
  return [
    '',
    'limit_req_status 429;',
    'limit_conn_status 429;',
    ...connectionLimit(site),
    ...hidden.flatMap((path) => ['', ...block(`location ${path}`, ['return 404;'])]),
    ...[...limits, ...rest].flatMap((one) => [
      '',
      ...block(`location ${one.path}`, [...limitOf(site, one), `proxy_pass http://${ownName(site)};`]),
    ]),
  ]
}

interface OpenPath {
  path: string
  limit?: RateLimit
  at?: string
}

function limitOf(site: NginxSite, { limit, at }: OpenPath): string[] {
  if (!limit || at === undefined) return []
  return [`limit_req zone=${zone(site, at)} burst=${whole(limit.burst, `${at}/burst`, 0, 100_000)} nodelay;`]
}

function connectionLimit(site: NginxSite): string[] {
  const connections = optional(site.connectionsPerClient, 'connectionsPerClient', (count, at) =>
    whole(count, at, 1, 100_000),
  )
  return connections === undefined ? [] : [`limit_conn ${ownName(site)}_connections ${connections};`]
}

/** `rateLimits/2` is the zone `ikoma-blingauto_2`. */
const zone = (site: NginxSite, at: string) => `${ownName(site)}_${at.slice(at.indexOf('/') + 1)}`
