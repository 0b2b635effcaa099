import type { Evidence, Listener, UnitState } from '../evidence.ts'

export function listenersOn(evidence: Evidence, port: number): Listener[] {
  return (evidence.listeners ?? []).filter((each) => each.port === port)
}

/** Whether something on this machine accepts connections at an address that a log names; null when it is elsewhere. */
export function isOpenHere(
  evidence: Evidence,
  { host, port, source }: { host: string; port: number; source: string },
): boolean | null {
  // The loopback of a container is its own.
  if (evidence.listeners === null || isContainer(source) || !/^(localhost|127\.|::1$|\[::1\]$)/.test(host)) return null
  return listenersOn(evidence, port).length > 0
}

export const isContainer = (source: string) => source.startsWith('container ')

/** Who it is, by what people can act on: its unit before the name of its process. */
export function who({ process, pid, unit }: Listener): string {
  const name = unit ?? process ?? 'another program'
  const details = [unit === null ? null : process, pid === null ? null : `pid ${pid}`].filter((each) => each !== null)
  return details.length === 0 ? name : `${name} (${details.join(', ')})`
}

export function where(listener: Listener): string {
  return `ss -ltnp: ${listener.address}:${listener.port} ${who(listener)}`
}

export function isServing({ active, sub }: UnitState): boolean {
  return active === 'active' && sub === 'running'
}
