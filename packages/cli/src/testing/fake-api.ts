import { createServer, type IncomingMessage, type ServerResponse } from 'node:http'
import type { AddressInfo } from 'node:net'
import { json } from 'node:stream/consumers'
import { onTestFinished } from 'vitest'

export interface SeenRequest {
  route: string
  query: Record<string, string>
  headers: IncomingMessage['headers']
  body: unknown
}

/** Answers one request. */
export type Reply = (response: ServerResponse, request: SeenRequest) => void

export function ok(body: unknown, status = 200): Reply {
  return (response) => {
    response.writeHead(status, { 'content-type': 'application/json' }).end(JSON.stringify(body))
  }
}

export function problem(status: number, reason: string, detail: string, more: object = {}): Reply {
  return ok({ type: 'about:blank', title: reason, status, detail, reason, requestId: 'req-1', ...more }, status)
}

export const noContent: Reply = (response) => {
  response.writeHead(204).end()
}

export interface SentEvent {
  event: 'line' | 'status'
  id?: string
  data: unknown
}

/** Sends events and then ends the stream, breaks the connection, or says nothing more. */
export function stream(events: SentEvent[], then: 'end' | 'break' | 'hang' = 'end'): Reply {
  return (response) => {
    response.writeHead(200, { 'content-type': 'text/event-stream' })
    for (const { event, id, data } of events) {
      response.write(`event: ${event}\n${id ? `id: ${id}\n` : ''}data: ${JSON.stringify(data)}\n\n`)
    }
    if (then === 'end') response.end()
    // What was written has to leave before the connection does.
    if (then === 'break') setTimeout(() => response.destroy(), 20)
  }
}

export const hangUp: Reply = (response) => {
  response.destroy()
}

/** A control plane that answers what it is told to: each route has its replies in turn, and the last one stays. */
export async function startFakeApi() {
  const replies = new Map<string, Reply[]>()
  const requests: SeenRequest[] = []
  const server = createServer(async (request, response) => {
    const url = new URL(request.url ?? '/', 'http://fake')
    const route = `${request.method} ${url.pathname}`
    const body = request.headers['content-type'] ? await json(request) : undefined
    const seen = { route, query: Object.fromEntries(url.searchParams), headers: request.headers, body }
    requests.push(seen)
    const left = replies.get(route) ?? []
    const reply = left.length > 1 ? left.shift() : left[0]
    const answer = reply ?? problem(404, 'route_not_found', `The test scripted no ${route}.`)
    answer(response, seen)
  })
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  onTestFinished(() => {
    server.closeAllConnections()
    server.close()
  })
  return {
    url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
    requests,
    /** Answers like `reply`, and no connection after that. */
    lastly: (reply: Reply): Reply => {
      return (response, request) => {
        response.setHeader('connection', 'close')
        server.close()
        reply(response, request)
      }
    },
    on: (route: string, ...answers: Reply[]) => replies.set(route, answers),
    seen: (route: string) => requests.filter((request) => request.route === route),
  }
}
