import type { Disk, Firewall, Listener, Memory } from '../evidence.ts'
import type { Look } from './look.ts'

const maxListeners = 200
const maxProcesses = 60

export async function seeListeners(look: Look): Promise<Listener[] | null> {
  const found = await look.at('ports', null, async () => {
    return parseSockets(await look.ask(['ss', '--no-header', '--listening', '--numeric', '--tcp', '--processes']))
  })
  if (found === null) return null
  const owners = new Map<number, { unit: string | null; program: string | null }>()
  for (const pid of new Set(found.flatMap((each) => each.pid ?? []).slice(0, maxProcesses))) {
    owners.set(pid, { unit: await unitOf(look, pid), program: await programOf(look, pid) })
  }
  return found.map((each) => {
    const { unit = null, program = null } = owners.get(each.pid ?? 0) ?? {}
    return { ...each, unit, process: each.process === anyNode ? (program ?? each.process) : each.process }
  })
}

/** What Node calls its first thread, and so ss its process. */
const anyNode = 'MainThread'

/** Its first word alone: arguments may hold secrets. */
async function programOf(look: Look, pid: number): Promise<string | null> {
  const text = await look.at(`process ${pid}`, null, () => look.host.read(`/proc/${pid}/cmdline`))
  return text?.split('\0')[0]?.split('/').at(-1) || null
}

export function parseSockets(said: string): Omit<Listener, 'unit'>[] {
  const lines = said.split('\n').filter((line) => line.startsWith('LISTEN'))
  return lines.slice(0, maxListeners).flatMap((line) => {
    const [, , , local = ''] = line.split(/\s+/)
    const [, address = '', port] = /^(.*):(\d+)$/.exec(local) ?? []
    if (port === undefined) return []
    const [, process = null, pid] = /users:\(\("([^"]*)",pid=(\d+)/.exec(line) ?? []
    return [{ address, port: Number(port), process, pid: pid === undefined ? null : Number(pid) }]
  })
}

/** A process may be gone by now, or closed to us. */
async function unitOf(look: Look, pid: number): Promise<string | null> {
  const text = await look.at(`process ${pid}`, null, () => look.host.read(`/proc/${pid}/cgroup`))
  return [...(text ?? '').matchAll(/\/([\w:.@\\-]+\.service)(?=\/|$)/gm)].at(-1)?.[1] ?? null
}

export async function seeDisks(look: Look, paths: readonly string[]): Promise<Disk[]> {
  return look.at('disks', [], async () => {
    const columns = '--output=target,pcent,avail,ipcent'
    // It fails for a path that is not there, and tells of the others all the same.
    const { stdout } = await look.run(['df', '--block-size=1', columns, '--', ...new Set(paths)])
    return parseDisks(stdout)
  })
}

export function parseDisks(said: string): Disk[] {
  const disks = new Map<string, Disk>()
  for (const line of said.split('\n').slice(1)) {
    const [, mount, used, available, inodes] = /^(.+?)\s+(\d+)%\s+(\d+)\s+(\d+%|-)$/.exec(line.trim()) ?? []
    if (mount === undefined) continue
    const inodesUsedPercent = inodes === '-' ? null : Number.parseInt(inodes ?? '', 10)
    disks.set(mount, { mount, usedPercent: Number(used), availableBytes: Number(available), inodesUsedPercent })
  }
  return [...disks.values()]
}

export async function seeMemory(look: Look): Promise<Memory | null> {
  const text = await look.at('memory', null, () => look.host.read('/proc/meminfo'))
  const bytes = (name: string) =>
    Number(new RegExp(`^${name}:\\s+(\\d+) kB`, 'm').exec(text ?? '')?.[1] ?? Number.NaN) * 1024
  const [availableBytes, swapBytes] = [bytes('MemAvailable'), bytes('SwapTotal')]
  return Number.isNaN(availableBytes + swapBytes) ? null : { availableBytes, swapBytes }
}

export async function seeFirewall(look: Look): Promise<Firewall | null> {
  return look.at('firewall', null, async () => parseFirewall(await look.ask(['ufw', 'status', 'verbose'])))
}

export function parseFirewall(said: string): Firewall {
  const active = /^Status: active$/m.test(said) && !/^Default: allow \(incoming\)/m.test(said)
  const openPorts = said.split('\n').flatMap((line) => {
    const [, to] = /^(.+?)\s+(?:ALLOW|LIMIT)(?: IN)?\s+Anywhere/.exec(line) ?? []
    return to === undefined ? [] : portsOf(to)
  })
  return { active, openPorts: [...new Set(openPorts)].sort((a, b) => a - b) }
}

/** `80,443/tcp`, `8000:8010/tcp`, or a profile such as `Nginx Full`. */
function portsOf(to: string): number[] {
  const name = to.replace(/ \(v6\)$/, '')
  if (/\/udp$/.test(name)) return []
  if (/^[\d,:]+(\/tcp)?$/.test(name)) return name.replace('/tcp', '').split(',').flatMap(rangeOf)
  if (/Full$/.test(name)) return [80, 443]
  if (/(Secure|HTTPS)$/.test(name)) return [443]
  return /^(Nginx|Apache|WWW|Lighttpd)/.test(name) ? [80] : []
}

function rangeOf(part: string): number[] {
  const [from = 0, to = from] = part.split(':').map(Number)
  return [80, 443, from, to].filter((port) => port >= from && port <= to)
}

export async function seeSynchronized(look: Look): Promise<boolean | null> {
  return look.at('clock', null, async () => {
    const said = await look.ask(['timedatectl', 'show', '--property=NTPSynchronized', '--value'])
    return said.trim() === 'yes'
  })
}
