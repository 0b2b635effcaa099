import { AppError } from '@ikoma/kernel'
import type { Ready } from '../ready.ts'
import type { PublishedPort } from './judge/ports.ts'
import type { ComposeProject } from './project.ts'

/** What another program answers there says nothing of the project. */
export function refuseUnpublished({ directory, file, services }: ComposeProject, { port }: Ready): void {
  const started = services.filter(({ containers }) => containers > 0)
  // What listens in the server's own network is said by no file.
  if (started.some(({ published }) => published === null)) return
  const here = started.flatMap(({ published }) => (published ?? []).filter(isHere))
  if (here.some(({ published = '' }) => has(published, port))) return
  const known = [...new Set(here.flatMap(({ published }) => published ?? []))].join(', ')
  const message = `ready/port: no service of ${directory}/${file} publishes port ${port} on 127.0.0.1, where it is asked. Published there: ${known || 'none'}.`
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
