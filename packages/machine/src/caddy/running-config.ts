import type { Host } from '../host.ts'
import { askAdmin } from './ask-admin.ts'

/** Caddy's configuration in its own form, as far as it is looked at here. */
interface CaddyConfig {
  apps?: {
    http?: { servers?: Record<string, CaddyServer> }
    tls?: { automation?: { policies?: { subjects?: string[]; issuers?: { module: string; ca?: string }[] }[] } }
  }
}

interface CaddyServer {
  listen?: string[]
  routes?: { match?: { host?: string[] }[] }[]
  automatic_https?: { disable?: boolean; disable_certificates?: boolean }
}

/** What it serves now; null where it does not tell. */
export async function runningConfig(
  host: Host,
  addresses: readonly (string | undefined)[],
): Promise<CaddyConfig | null> {
  return (await askAdmin(host, '/config/', addresses)) as CaddyConfig | null
}

/** Where this domain is to be asked for on this machine; null where it listens on no port. */
export function placeOf(config: CaddyConfig | null, domain: string): { address: string; port: number } | null {
  const listen = serverOf(config, domain)?.listen?.[0] ?? ':443'
  const [, address = '', port] = /^(?:tcp\/)?(.*):(\d+)$/.exec(listen) ?? []
  if (port === undefined) return null
  const bare = address.replace(/^\[|\]$/g, '')
  return { address: ['', '0.0.0.0', '::'].includes(bare) ? '127.0.0.1' : bare, port: Number(port) }
}

/** Whether Caddy gets certificates for this domain by itself: `auto_https off` is for all of its sites. */
export function getsCertificates(config: CaddyConfig | null, domain: string): boolean {
  const { disable, disable_certificates: without } = serverOf(config, domain)?.automatic_https ?? {}
  return !disable && !without
}

const publicAuthority = /letsencrypt\.org|zerossl\.com/
const internalName = /\.(localhost|local|internal|home\.arpa)$/

/** Whose certificate this domain is to get: whatever says otherwise, of an authority that every browser knows. */
export function authorityOf(config: CaddyConfig | null, domain: string): 'public' | 'any' {
  if (internalName.test(domain)) return 'any'
  const policies = config?.apps?.tls?.automation?.policies ?? []
  const policy = policies.find(({ subjects }) => subjects === undefined || subjects.includes(domain))
  const known = (policy?.issuers ?? []).every(({ module, ca }) => {
    if (module === 'internal') return false
    return ca === undefined || isPublic(ca)
  })
  return known ? 'public' : 'any'
}

/** Of an ACME directory: whether browsers believe the certificates that come from it. */
export function isPublic(directoryUrl: string): boolean {
  return publicAuthority.test(directoryUrl) && !directoryUrl.includes('staging')
}

/** The upstreams of proxies that end their streams when a configuration is loaded. */
export function upstreamsWithoutDelay(value: unknown): string[] {
  if (typeof value !== 'object' || value === null) return []
  const { handler, stream_close_delay: delay, upstreams } = value as Record<string, unknown>
  if (handler !== 'reverse_proxy') return Object.values(value).flatMap(upstreamsWithoutDelay)
  return delay ? [] : ((upstreams as { dial?: string }[] | undefined) ?? []).map(({ dial = '' }) => dial)
}

function serverOf(config: CaddyConfig | null, domain: string): CaddyServer | undefined {
  const servers = Object.values(config?.apps?.http?.servers ?? {})
  return servers.find(({ routes = [] }) =>
    routes.some(({ match = [] }) => match.some(({ host }) => host?.includes(domain))),
  )
}
