import type { Host } from '@ikoma/machine'
import type { KeepAlive, LogLine } from '../evidence.ts'
import type { Probes } from '../probes.ts'
import type { Look } from './look.ts'

/** How proxies tell that the app closed a connection that they had just used again. */
export const closedUnderProxy = [
  /upstream prematurely closed connection while reading response header/,
  /recv\(\) failed \(104: [^)]*\) while reading response header from upstream/,
  /writev?\(\) (?:failed )?\((?:32|104): [^)]*\) while sending request to upstream/,
  /http: server closed idle connection/,
  /http\.log\.error\S* (?:EOF|unexpected EOF)\b/,
  /read tcp \S+->\S+: read: connection reset by peer/,
]

/** Nothing is asked unless a proxy complains: a connection has to be watched for it. */
export async function seeKeepAlive(
  look: Look,
  port: number | null,
  logs: readonly LogLine[],
  probes: Probes,
): Promise<KeepAlive | null> {
  const proxies = new Set(logs.filter(complains).map(({ source }) => source))
  if (port === null || proxies.size === 0) return null
  const appSec = await probes.keepAliveSec(port)
  for (const source of proxies) {
    const sec = await look.at(`keep-alive of ${source}`, null, () => proxySec(look.host, source, port))
    if (sec !== null) return { appSec, proxy: { name: source.replace(/\.service$/, ''), sec } }
  }
  return { appSec, proxy: null }
}

function complains({ source, text }: LogLine): boolean {
  return /^(caddy|nginx)\.service$/.test(source) && closedUnderProxy.some((pattern) => pattern.test(text))
}

function proxySec(host: Host, source: string, port: number): Promise<number | null> {
  return source === 'nginx.service' ? nginxSec(host, port) : caddySec(host, port)
}

const seconds: Readonly<Record<string, number>> = { ms: 0.001, s: 1, m: 60, h: 3600 }

/** Null where its connections are not kept, or it is another server's. */
async function nginxSec(host: Host, port: number): Promise<number | null> {
  const { stdout } = await host.run({ argv: ['nginx', '-T'] })
  for (const [, body = ''] of stdout.matchAll(/\bupstream\s+\S+\s*\{([^}]*)\}/g)) {
    if (!new RegExp(`\\bserver\\s+\\S*:${port}\\b`).test(body) || !/\bkeepalive\s+[1-9]/.test(body)) continue
    const [, number, unit = 's'] = /\bkeepalive_timeout\s+(\d+)(ms|s|m|h)?\s*;/.exec(body) ?? []
    return number === undefined ? 60 : Number(number) * (seconds[unit] ?? 1)
  }
  return null
}

/** As its Caddyfile says; without a word there, two minutes. */
async function caddySec(host: Host, port: number): Promise<number | null> {
  const { stdout } = await host.run({ argv: ['caddy', 'adapt', '--config', '/etc/caddy/Caddyfile'] })
  const handler = proxyIn(JSON.parse(stdout), port)
  if (handler === null) return null
  const { keep_alive: kept = {} } = (handler.transport ?? {}) as { keep_alive?: Record<string, unknown> }
  if (kept.enabled === false) return null
  const { idle_timeout: idle } = kept
  return typeof idle === 'number' ? idle / 1e9 : 120
}

function proxyIn(value: unknown, port: number): Record<string, unknown> | null {
  if (typeof value !== 'object' || value === null) return null
  const found = value as Record<string, unknown>
  const dials = Array.isArray(found.upstreams) ? (found.upstreams as { dial?: unknown }[]) : []
  if (found.handler === 'reverse_proxy' && dials.some(({ dial }) => String(dial).endsWith(`:${port}`))) return found
  for (const each of Object.values(found)) {
    const inside = proxyIn(each, port)
    if (inside !== null) return inside
  }
  return null
}
