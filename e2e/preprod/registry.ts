import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import { mustRun } from '../vps/program.ts'

/** Passes on what this machine's npm has as its registry, to those who build an image and reach nothing else. */
export async function startRegistry(address: string): Promise<{ url: string; close(): Promise<void> }> {
  const origin = (await mustRun(['npm', 'config', 'get', 'registry'])).trim()
  const server = createServer(async (request, response) => {
    try {
      const found = await fetch(new URL((request.url ?? '/').slice(1), origin), { signal: AbortSignal.timeout(60_000) })
      response.writeHead(found.status, { 'content-type': found.headers.get('content-type') ?? 'text/plain' })
      response.end(Buffer.from(await found.arrayBuffer()))
    } catch (error) {
      response.destroy(error as Error)
    }
  })
  await new Promise<void>((resolve) => server.listen(0, address, resolve))
  const close = async () => {
    server.closeAllConnections()
    server.close()
  }
  return { url: `http://${address}:${(server.address() as AddressInfo).port}/`, close }
}
