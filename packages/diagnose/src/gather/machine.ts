import { type OpenedPort, readOpenedByDocker, shownOpened } from '@ikoma/machine/compose'
import {
  type Disk,
  isClockSynchronized,
  listeningSockets,
  type Memory,
  type ProcessOrigin,
  processOrigin,
  readDisks,
  readMemory,
} from '@ikoma/machine/system'
import { openPorts, readUfw } from '@ikoma/machine/ufw'
import type { Firewall, Listener, PastFirewall } from '../evidence.ts'
import type { Look } from './look.ts'

const maxProcesses = 60

export async function seeListeners(look: Look): Promise<Listener[] | null> {
  const found = await look.at('ports', null, () => listeningSockets(look.host))
  if (found === null) return null
  const origins = new Map<number, ProcessOrigin>()
  for (const pid of new Set(found.flatMap((each) => each.pid ?? []).slice(0, maxProcesses))) {
    // A process may be closed to us.
    origins.set(
      pid,
      await look.at(`process ${pid}`, { unit: null, program: null }, () => processOrigin(look.host, pid)),
    )
  }
  return found.map((each) => {
    const { unit = null, program = null } = origins.get(each.pid ?? 0) ?? {}
    return { ...each, unit, process: each.process === anyNode ? (program ?? each.process) : each.process }
  })
}

/** What Node calls its first thread, and so ss its process. */
const anyNode = 'MainThread'

export function seeDisks(look: Look, paths: readonly string[]): Promise<Disk[]> {
  return look.at('disks', [], () => readDisks(look.host, paths))
}

export function seeMemory(look: Look): Promise<Memory | null> {
  return look.at('memory', null, () => readMemory(look.host))
}

export function seeFirewall(look: Look): Promise<Firewall | null> {
  return look.at('firewall', null, async () => {
    const state = await readUfw(look.host)
    return { active: state.active && state.incoming !== 'allow', openPorts: portsOf(openPorts(state)) }
  })
}

/** Published ports that no rule of the firewall opens; null where there is no Docker, or no wall to be past. */
export async function seeOpenedByDocker(look: Look): Promise<PastFirewall | null> {
  const opened = await look.at('published ports', null, () => readOpenedByDocker(look.host))
  if (opened === null || opened.published.length === 0) return null
  return look.at('firewall', null, async () => {
    const state = await readUfw(look.host)
    if (!state.active || state.incoming === 'allow') return null
    const open = openPorts(state)
    const isOpen = ({ port, lastPort = port, protocol }: OpenedPort) =>
      protocol === 'tcp' && open.some(({ first, last }) => first <= port && lastPort <= last)
    return { ports: opened.published.filter((each) => !isOpen(each)).map(shownOpened) }
  })
}

/** A range by its ends, and by what the web is served on. */
function portsOf(ranges: ReturnType<typeof openPorts>): number[] {
  const ports = ranges.flatMap(({ first, last }) =>
    [80, 443, first, last].filter((port) => port >= first && port <= last),
  )
  return [...new Set(ports)].sort((a, b) => a - b)
}

export function seeSynchronized(look: Look): Promise<boolean | null> {
  return look.at('clock', null, () => isClockSynchronized(look.host))
}
