import type { Host } from '../host.ts'
import { outputOf } from '../must-run.ts'

/** Where somebody waits for connections over TCP. */
export interface ListeningSocket {
  address: string
  port: number
  /** Null where it is closed to us who listens. */
  process: string | null
  pid: number | null
}

const maxSockets = 200

export async function listeningSockets(host: Host): Promise<ListeningSocket[]> {
  const argv = ['ss', '--no-header', '--listening', '--numeric', '--tcp', '--processes'] as const
  const lines = (await outputOf(host, { argv })).split('\n').filter((line) => line.startsWith('LISTEN'))
  return lines.slice(0, maxSockets).flatMap((line) => {
    const [, , , local = ''] = line.split(/\s+/)
    const [, address = '', port] = /^(.*):(\d+)$/.exec(local) ?? []
    if (port === undefined) return []
    const [, process = null, pid] = /users:\(\("([^"]*)",pid=(\d+)/.exec(line) ?? []
    return [{ address, port: Number(port), process, pid: pid === undefined ? null : Number(pid) }]
  })
}

/** Whether somebody listens on one of these ports, whatever address they are of. */
export async function isListening(host: Host, ports: readonly number[]): Promise<boolean> {
  for (const table of ['/proc/net/tcp', '/proc/net/tcp6']) {
    // `sl local_address rem_address st …`, in hexadecimal digits; 0A is LISTEN.
    const listening = ((await host.read(table)) ?? '').matchAll(/^\s*\d+: [0-9A-F]+:([0-9A-F]{4}) [0-9A-F]+:0000 0A /gm)
    for (const [, port = ''] of listening) if (ports.includes(Number.parseInt(port, 16))) return true
  }
  return false
}

export interface ProcessOrigin {
  /** The systemd service that it belongs to. */
  unit: string | null
  /** The program's name, by the first word of its command alone: arguments may hold secrets. */
  program: string | null
}

export async function processOrigin(host: Host, pid: number): Promise<ProcessOrigin> {
  const groups = await readOfProcess(host, pid, 'cgroup')
  const command = await readOfProcess(host, pid, 'cmdline')
  return {
    unit: [...groups.matchAll(/\/([\w:.@\\-]+\.service)(?=\/|$)/gm)].at(-1)?.[1] ?? null,
    program: command.split('\0')[0]?.split('/').at(-1) || null,
  }
}

/** The process that started this one; null where it is gone. */
export async function parentOf(host: Host, pid: number): Promise<number | null> {
  // `pid (name) state ppid …`, and a name may hold anything.
  const [, parent] = /^\d+ \(.*\) \S (\d+) /s.exec(await readOfProcess(host, pid, 'stat')) ?? []
  return parent === undefined ? null : Number(parent)
}

/** Empty for a process that is gone by now, which may be between opening its file and reading it. */
async function readOfProcess(host: Host, pid: number, file: string): Promise<string> {
  try {
    return (await host.read(`/proc/${pid}/${file}`)) ?? ''
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ESRCH') return ''
    throw error
  }
}
