import { AppError } from '@ikoma/kernel'
import type { Host } from '../host.ts'
import { outputOf } from '../must-run.ts'
import type { Ready } from '../ready.ts'
import { type Container, toldByDocker } from './docker.ts'
import type { PublishedPort } from './judge/ports.ts'
import type { ComposeProject } from './project.ts'

/** What another program answers there says nothing of the project. */
export function refuseUnpublished({ directory, file, services }: ComposeProject, { port }: Ready): void {
  const started = services.filter(({ containers }) => containers > 0)
  refuseElsewhere(
    started.map(({ published }) => published),
    { port, where: `service of ${directory}/${file}` },
  )
}

/** The same of containers that are there. */
export async function refuseUnpublishedBy(
  host: Host,
  containers: readonly Container[],
  { port }: Ready,
): Promise<void> {
  const ids = containers.map(({ id }) => id)
  const argv = ['docker', 'container', 'inspect', '--format', template, '--', ...ids] as const
  const told = (await outputOf(host, { argv })).split('\n').filter((line) => line !== '')
  const published = told.map((line) => publishedIn(toldByDocker<Bindings>(line)))
  refuseElsewhere(published, { port, where: `container of ${containers[0]?.project}` })
}

/** As they were asked for: those of a container that does not run are there too. */
const template = '{"network":{{json .HostConfig.NetworkMode}},"ports":{{json .HostConfig.PortBindings}}}'

interface Bindings {
  network: string
  ports: Record<string, { HostIp: string; HostPort: string }[] | null> | null
}

function publishedIn({ network, ports }: Bindings): PublishedPort[] | null {
  if (network === 'host') return null
  return Object.entries(ports ?? {}).flatMap(([inside, bindings]) => {
    const [target = '', protocol = 'tcp'] = inside.split('/')
    return (bindings ?? []).map(({ HostIp, HostPort }) => ({
      ...{ target: Number(target), host_ip: HostIp, protocol },
      ...(HostPort !== '' && { published: HostPort }),
    }))
  })
}

function refuseElsewhere(
  all: readonly (readonly PublishedPort[] | null)[],
  { port, where }: { port: number; where: string },
): void {
  // What listens in the server's own network is said by nobody.
  if (all.some((published) => published === null)) return
  const here = all.flatMap((published) => (published ?? []).filter(isHere))
  if (here.some(({ published = '' }) => has(published, port))) return
  const known = [...new Set(here.flatMap(({ published }) => published ?? []))].join(', ')
  const message = `ready/port: no ${where} publishes port ${port} on 127.0.0.1, where it is asked. Published there: ${known || 'none'}.`
  throw new AppError('unprocessable', message, { reason: 'port_not_published' })
}

function isHere({ host_ip = '', protocol }: PublishedPort): boolean {
  return protocol === 'tcp' && ['', '0.0.0.0', '::', '127.0.0.1'].includes(host_ip)
}

/** `8000`, or one of a range that Docker chooses from. */
function has(published: string, port: number): boolean {
  const [first = '', last = first] = published.split('-')
  return port >= Number(first) && port <= Number(last)
}
