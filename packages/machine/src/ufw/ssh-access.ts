import { isIPv4 } from 'node:net'
import { isLoopbackAddress } from '@ikoma/kernel'
import type { Exit, Host, Program } from '../host.ts'
import { outputOf } from '../must-run.ts'

export interface SshAccess {
  /** Where sshd listens, is told to, or has somebody connected. */
  ports: number[]
  /** Who is connected from elsewhere, and to which port. */
  sessions: { port: number; peer: string }[]
}

/** How people reach this machine by SSH now: what no firewall may take from them. */
export async function readSshAccess(host: Host): Promise<SshAccess> {
  const socket = ['ss', '--no-header', '--tcp', '--numeric', '--processes'] as const
  const listening = sockets(await outputOf(host, { argv: [...socket, '--listening'] }))
  const connected = sockets(await outputOf(host, { argv: socket }))
  const ports = new Set([...listening, ...connected].map(({ port }) => port))
  for (const port of await configured(host)) ports.add(port)
  const sessions = connected.flatMap(({ port, peer }) => (isLoopbackAddress(peer) ? [] : [{ port, peer }]))
  return { ports: [...ports].sort((a, b) => a - b), sessions }
}

/** The sockets of a server of SSH, each a line: state, two queues, local and remote address, processes. */
function sockets(lines: string): { port: number; peer: string }[] {
  return lines.split('\n').flatMap((line) => {
    if (!/\(\("(sshd[a-z-]*|dropbear)"/.test(line)) return []
    const [, , , local = '', remote = ''] = line.trim().split(/\s+/)
    const port = Number(local.slice(local.lastIndexOf(':') + 1))
    return Number.isInteger(port) ? [{ port, peer: bare(remote.slice(0, remote.lastIndexOf(':'))) }] : []
  })
}

/** IPv4 in IPv6 as IPv4; without brackets and interface. */
function bare(address: string): string {
  const plain = address.replace(/^\[|\]$/g, '').replace(/%.*$/, '')
  const mapped = plain.replace(/^::ffff:/i, '')
  return isIPv4(mapped) ? mapped : plain
}

/** Ports by sshd's own settings, and by systemd's socket where that listens for it, or will at the next boot. */
async function configured(host: Host): Promise<number[]> {
  const settings = await tryRun(host, { argv: ['sshd', '-T'] })
  const properties = ['--property=Listen', '--property=ActiveState', '--property=UnitFileState'] as const
  const socket = (await tryRun(host, { argv: ['systemctl', 'show', ...properties, '--', 'ssh.socket'] }))?.stdout ?? ''
  // Debian brings the unit along with port 22 in it, whoever listens.
  const listens = /^(ActiveState=(active|activating|reloading)|UnitFileState=enabled(-runtime)?)$/m.test(socket)
  const found = [
    ...(settings?.stdout ?? '').matchAll(/^port (\d+)$/gm),
    ...(listens ? socket.matchAll(/^Listen=.*:(\d+) \(Stream\)$/gm) : []),
  ]
  return found.map(([, port]) => Number(port))
}

/** Null where the program is not installed: then nothing is configured. */
async function tryRun(host: Host, program: Program): Promise<Exit | null> {
  try {
    return await host.run(program)
  } catch (error) {
    if ((error as { reason?: string }).reason === 'tool_absent') return null
    throw error
  }
}
