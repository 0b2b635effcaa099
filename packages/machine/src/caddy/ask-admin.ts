import type { Host } from '../host.ts'

/** What the running Caddy tells at the first of its admin's addresses where it answers; null where it does not. */
export async function askAdmin(host: Host, path: string, addresses: readonly (string | undefined)[]): Promise<unknown> {
  for (const address of new Set(addresses)) {
    const at = placeOf(address ?? '')
    if (at === null) continue
    const visited = await host.visit({ scheme: 'http', at, name: hostOf(at), path, timeoutSec: 5 })
    if ('failure' in visited) continue
    try {
      return JSON.parse(visited.body)
    } catch {
      return null
    }
  }
  return null
}

type Place = { address: string; port: number } | { socket: string }

function placeOf(address: string): Place | null {
  const [, socket] = /^unix\/(\/.*)$/.exec(address) ?? []
  if (socket !== undefined) return { socket }
  const [, name = '', port] = /^(?:tcp\/)?(.*):(\d+)$/.exec(address) ?? []
  if (port === undefined) return null
  return { address: name === '' ? 'localhost' : name.replace(/^\[|\]$/g, ''), port: Number(port) }
}

/** Whom it lets in: over a socket, nobody's name. */
const hostOf = (at: Place) => ('socket' in at ? '' : `${at.address}:${at.port}`)
