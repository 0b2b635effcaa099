import type { Host } from '../host.ts'
import { isRecord } from './judge/inspection.ts'
import { isOnLoopback } from './judge/ports.ts'

/** Ports of the server that Docker leads into a container, past ufw, whose rules come after Docker's own. */
export interface OpenedPort {
  container: string
  /** Of the server; `0.0.0.0` and `::` are all of them. */
  address: string
  port: number
  /** The end of a range of ports. */
  lastPort?: number
  protocol: string
}

export interface OpenedByDocker {
  /** Those that can be reached from elsewhere. */
  published: OpenedPort[]
  /** Containers in the server's own network: what these open, ufw decides about. */
  hostNetwork: string[]
}

const template =
  '{"name":{{json .Name}},"network":{{json .HostConfig.NetworkMode}},"ports":{{json .NetworkSettings.Ports}}}'

/** What the containers that run have open; null where there is no Docker, or it is down or closed to us. */
export async function readOpenedByDocker(host: Host): Promise<OpenedByDocker | null> {
  const listed = await tried(host, ['container', 'ls', '--quiet', '--no-trunc'])
  if (listed === null) return null
  if (listed.length === 0) return { published: [], hostNetwork: [] }
  // One that is gone by now is left out, and the others are told all the same.
  const told = (await tried(host, ['container', 'inspect', '--format', template, '--', ...listed], true)) ?? []
  const containers = told.map(parse).filter(isRecord)
  return {
    published: inRanges(containers.flatMap(portsOf)),
    hostNetwork: containers
      .filter(({ network }) => network === 'host')
      .map(nameOf)
      .sort(),
  }
}

async function tried(host: Host, args: readonly string[], whatever = false): Promise<string[] | null> {
  try {
    const { code, stdout } = await host.run({ argv: ['docker', ...args] })
    return code === 0 || whatever ? stdout.split('\n').filter((line) => line !== '') : null
  } catch (error) {
    if ((error as { reason?: string }).reason === 'tool_absent') return null
    throw error
  }
}

function parse(line: string): unknown {
  try {
    return JSON.parse(line)
  } catch {
    return null
  }
}

const nameOf = ({ name }: Record<string, unknown>) => String(name).replace(/^\//, '')

/** `{"80/tcp": [{"HostIp": "0.0.0.0", "HostPort": "8000"}], "81/tcp": null}` */
function portsOf(container: Record<string, unknown>): OpenedPort[] {
  const ports = isRecord(container.ports) ? container.ports : {}
  return Object.entries(ports).flatMap(([inside, bindings]) =>
    (Array.isArray(bindings) ? bindings : []).flatMap(({ HostIp, HostPort }): OpenedPort[] => {
      const protocol = inside.split('/')[1] ?? 'tcp'
      const opened = { container: nameOf(container), address: HostIp || '0.0.0.0', port: Number(HostPort), protocol }
      const known = Number.isInteger(opened.port) && opened.port > 0
      return known && !isOnLoopback({ host_ip: opened.address, target: 0, protocol }) ? [opened] : []
    }),
  )
}

/** Ports one after the other of one container as one. */
function inRanges(ports: readonly OpenedPort[]): OpenedPort[] {
  const ranges: OpenedPort[] = []
  const key = ({ container, address, protocol }: OpenedPort) => `${container} ${protocol} ${address}`
  for (const each of ports.toSorted((a, b) => (key(a) < key(b) ? -1 : key(a) > key(b) ? 1 : a.port - b.port))) {
    const last = ranges.at(-1)
    if (last && key(last) === key(each) && each.port === (last.lastPort ?? last.port) + 1) last.lastPort = each.port
    else ranges.push({ ...each })
  }
  return ranges
}

/** `web: 80/tcp on 0.0.0.0` */
export function shownOpened({ container, address, port, lastPort, protocol }: OpenedPort): string {
  return `${container}: ${lastPort === undefined ? port : `${port}-${lastPort}`}/${protocol} on ${address}`
}
