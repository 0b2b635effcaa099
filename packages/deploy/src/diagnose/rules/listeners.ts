import type { Evidence, Listener, UnitState } from '../evidence.ts'

export function listenersOn(evidence: Evidence, port: number): Listener[] {
  return (evidence.listeners ?? []).filter((each) => each.port === port)
}

/** Whether something on this machine accepts connections at an address that a log names; null when it is elsewhere. */
export function isOpenHere(evidence: Evidence, host: string, port: number): boolean | null {
  if (evidence.listeners === null || !/^(localhost|127\.|::1$|\[::1\]$)/.test(host)) return null
  return listenersOn(evidence, port).length > 0
}

/** A process by the names that people know it by. */
export function who({ process, pid, unit }: Listener): string {
  const details = [pid === null ? null : `pid ${pid}`, unit].filter((detail) => detail !== null)
  const name = process ?? 'another program'
  return details.length === 0 ? name : `${name} (${details.join(', ')})`
}

export function where(listener: Listener): string {
  return `ss -ltnp: ${listener.address}:${listener.port} ${who(listener)}`
}

export function isServing({ active, sub }: UnitState): boolean {
  return active === 'active' && sub === 'running'
}
