import { isIP, isIPv6 } from 'node:net'
import { type Inspection, isRecord, type Judge, listed, type Mapping } from './inspection.ts'
import { text } from './scalars.ts'

/** A port of a container that Docker opens on the server. */
export interface PublishedPort {
  target: number
  /** A port of the server or a range of them; without it, Docker chooses one. */
  published?: string
  /** An address of the server; without it, all of them. */
  host_ip?: string
  protocol: string
}

const maxPorts = 2000

/** A published port goes past ufw: Docker writes its own firewall rules. */
export const ports: Judge<PublishedPort[]> = (value, field, inspection) => {
  if (value === null) return undefined
  return listed(value).flatMap((entry, index) => {
    const at = `${field}/${index}`
    if (inspection.ports > maxPorts)
      return inspection.puzzled(at, `is beyond the ${maxPorts} ports that a project may have.`) ?? []
    const read = isRecord(entry) ? longPort(entry, at, inspection) : shortPorts(entry, at, inspection)
    if (read.some((port) => !isOnLoopback(port))) {
      inspection.warn(at, 'published_port', 'is reachable from outside, past the firewall. Use 127.0.0.1.')
    }
    inspection.ports += read.length
    return read
  })
}

export function isOnLoopback({ host_ip = '' }: PublishedPort): boolean {
  return /^127(\.[0-9]{1,3}){3}$/.test(host_ip) || host_ip === '::1'
}

/** `127.0.0.1:8000-8001:80-81/tcp`, each part but the last before the protocol at will. */
function shortPorts(entry: unknown, at: string, inspection: Inspection): PublishedPort[] {
  const spec = text(entry, at, inspection) ?? ''
  const { address, published, target, protocol } = partsOf(spec)
  const inside = rangeOf(target)
  const outside = published === '' ? null : rangeOf(published)
  const host = addressOf(address)
  if (inside === null || (published !== '' && outside === null) || host === null || !protocols.has(protocol)) {
    inspection.puzzled(at, 'is not a port as 127.0.0.1:8000:80.')
    return []
  }
  const known = { ...(host !== '' && { host_ip: host }), protocol }
  const count = inside.last - inside.first
  if (outside === null) return span(inside).map((port) => ({ target: port, ...known }))
  if (count === 0) return [{ target: inside.first, published: shown(outside), ...known }]
  if (outside.last - outside.first === count) {
    return span(inside).map((port, index) => ({ target: port, published: String(outside.first + index), ...known }))
  }
  inspection.puzzled(at, 'has a range of ports for another number of them.')
  return []
}

/** From its end, since an address of IPv6 has colons of its own. */
function partsOf(spec: string) {
  const [, before, protocol] = /^([^/]*)(?:\/([a-z]+))?$/.exec(spec) ?? []
  const parts = (before ?? '').split(':')
  const [target = '', published = ''] = [parts.pop(), parts.pop()]
  return { address: parts.length > 0 ? parts.join(':') : undefined, published, target, protocol: protocol ?? 'tcp' }
}

function longPort(entry: Mapping, at: string, inspection: Inspection): PublishedPort[] {
  const { target, published, host_ip: address, protocol } = inspection.keys(entry, at, longKeys) as Texts
  const inside = rangeOf(target ?? '')
  const outside = published === undefined || published === '' ? null : rangeOf(published)
  const host = addressOf(address)
  const wrong = inside === null || inside.first !== inside.last || (published && outside === null) || host === null
  if (wrong || !protocols.has(protocol ?? 'tcp')) {
    inspection.puzzled(at, 'is not a port: target, published, host_ip and protocol.')
    return []
  }
  const where = { ...(outside && { published: shown(outside) }), ...(host !== '' && { host_ip: host }) }
  return [{ target: inside.first, ...where, protocol: protocol ?? 'tcp' }]
}

type Texts = Partial<Record<'target' | 'published' | 'host_ip' | 'protocol', string>>

// `mode`, `name` and `app_protocol` change nothing on one server.
const said: Judge<never> = (value, field, inspection) => void text(value, field, inspection)
const longKeys = {
  target: text,
  published: text,
  host_ip: text,
  protocol: text,
  mode: said,
  name: said,
  app_protocol: said,
}

const protocols = new Set(['tcp', 'udp', 'sctp'])

interface Range {
  first: number
  last: number
}

function rangeOf(written: string): Range | null {
  const [, first = '', last = first] = /^(\d{1,5})(?:-(\d{1,5}))?$/.exec(written) ?? []
  const range = { first: Number(first), last: Number(last) }
  const good = first !== '' && range.first >= 1 && range.last >= range.first && range.last <= 65_535
  return good && range.last - range.first < maxPorts ? range : null
}

const span = ({ first, last }: Range) => Array.from({ length: last - first + 1 }, (_, index) => first + index)
const shown = ({ first, last }: Range) => (first === last ? String(first) : `${first}-${last}`)

/** Nothing for all addresses, null for what is none. */
function addressOf(written = ''): string | null {
  if (written === '') return ''
  const [, bracketed = written] = /^\[([^\]]*)\]$/.exec(written) ?? []
  if (written !== bracketed && !isIPv6(bracketed)) return null
  return isIP(bracketed) > 0 && !bracketed.includes('%') ? bracketed : null
}
