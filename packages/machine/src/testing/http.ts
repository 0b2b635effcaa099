import { createServer, type IncomingHttpHeaders, type IncomingMessage, request } from 'node:http'
import { type RequestOptions, request as requestSecurely } from 'node:https'
import type { AddressInfo } from 'node:net'
import { text } from 'node:stream/consumers'
import { setTimeout } from 'node:timers/promises'
import { onTestFinished } from 'vitest'

/** An app that remembers the headers of its last request. */
export async function startApp(): Promise<{ port: number; seen: { headers: IncomingHttpHeaders } }> {
  const seen = { headers: {} as IncomingHttpHeaders }
  const server = createServer((request, response) => {
    seen.headers = request.headers
    response.setHeader('x-0', 'the app says so')
    response.end('app')
  })
  await new Promise<void>((listening) => server.listen(0, '127.0.0.1', listening))
  onTestFinished(() => void server.close().closeAllConnections())
  return { port: (server.address() as AddressInfo).port, seen }
}

export async function findFreePort(): Promise<number> {
  const server = createServer()
  await new Promise<void>((listening) => server.listen(0, listening))
  const { port } = server.address() as AddressInfo
  await new Promise((closed) => server.close(closed))
  return port
}

/** The path goes out as it stands, where fetch would tidy it up first. */
export async function requestAsIs(url: string, options: RequestOptions) {
  const asked = (url.startsWith('https:') ? requestSecurely : request)(url, options)
  const answer = await new Promise<IncomingMessage>((resolve, reject) => {
    asked.once('response', resolve).once('error', reject).end()
  })
  return { status: answer.statusCode, headers: answer.headers, body: await text(answer) }
}

/** Returns once something answers there, whatever it says. */
export async function answering(url: string, options: RequestOptions = {}): Promise<void> {
  for (let tries = 0; tries < 100; tries += 1) {
    if (await requestAsIs(url, options).catch(() => null)) return
    await setTimeout(50)
  }
  throw new Error(`${url} does not answer`)
}
