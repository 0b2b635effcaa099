import { once } from 'node:events'
import { type AddressInfo, connect, createServer, type Socket } from 'node:net'
import { onTestFinished } from 'vitest'

export interface HalfOpenProxy {
  url: string
  /** From here on nothing passes through the connections there are, and none of them ends; new ones work. Gives how many. */
  forget(): number
}

/** Between a client and a server, as a firewall that may forget its connections. */
export async function startHalfOpenProxy(target: string): Promise<HalfOpenProxy> {
  const { hostname, port } = new URL(target)
  let passing = new Set<Socket[]>()
  const all = new Set<Socket>()
  const server = createServer({ allowHalfOpen: true }, (client) => {
    const upstream = connect({ host: hostname, port: Number(port), allowHalfOpen: true })
    const pair = [client, upstream]
    passing.add(pair)
    for (const [from, to] of [pair, pair.toReversed()] as [Socket, Socket][]) {
      all.add(from)
      from.on('data', (bytes) => passing.has(pair) && to.write(bytes))
      from.on('end', () => passing.has(pair) && to.end())
      from.on('error', () => passing.has(pair) && to.destroy())
      from.on('close', () => passing.has(pair) && to.destroy())
    }
  })
  server.listen(0, '127.0.0.1')
  await once(server, 'listening')
  onTestFinished(() => {
    for (const socket of all) socket.destroy()
    server.close()
  })
  return {
    url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
    forget() {
      const count = passing.size
      passing = new Set()
      return count
    },
  }
}
