import type { Host } from '../host.ts'
import { listeningSockets } from '../system/index.ts'

/** Why nginx may not get these ports on all addresses, as sentences; empty where nothing is seen that keeps it from them. */
export async function portHolders(host: Host, ports: readonly number[]): Promise<string[]> {
  // Who listens only makes the refusal clearer.
  const listening = await listeningSockets(host).catch(() => [])
  return ports.flatMap((port) => {
    const held = listening.filter((socket) => socket.port === port)
    const other = held.find(({ process }) => process !== null && process !== 'nginx')
    if (other) return [`${other.process} (process ${other.pid}) has port ${port}.`]
    const narrow = held.find(({ process, address }) => process === 'nginx' && !everywhere.includes(address))
    const wide = held.some(({ address }) => everywhere.includes(address))
    if (narrow === undefined || wide) return []
    const at = `${narrow.address}:${port}`
    return [
      `nginx itself listens at ${at} for another site, and while it does, it cannot listen on port ${port} of all addresses: have that site listen on ${port} alone and restart nginx.`,
    ]
  })
}

const everywhere = ['0.0.0.0', '*', '[::]']
