import { once } from 'node:events'
import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'

export interface Upstream {
  /** As a proxy on the host is told it. */
  at: { host: string; port: number }
  close(): Promise<void>
}

/** A backend on this machine that says which host it was asked for. */
export async function startUpstream(address: string): Promise<Upstream> {
  const server = createServer((request, response) => response.end(`hello from ${request.headers.host}`))
  server.listen(0, address)
  await once(server, 'listening')
  const { port } = server.address() as AddressInfo
  const close = async () => {
    server.closeAllConnections()
    server.close()
  }
  return { at: { host: address, port }, close }
}
