import { once } from 'node:events'
import type { FastifyReply, FastifyRequest } from 'fastify'

/** A reader that takes nothing for this long is cut off: it can come back with its last id. */
const stalledMs = 30_000
const keepAliveMs = 15_000

export interface EventStream {
  /** Aborted when the reader has gone. */
  signal: AbortSignal
  send(event: string, data: unknown, id?: string): void
  /** Resolves when the reader can take more, or has gone: wait for it between pages, so that memory stays bounded. */
  drained(): Promise<void>
  end(): void
}

/**
 * Turns the reply into server-sent events (WHATWG HTML, section 9.2), in a place that is taken for as long as it is open.
 * Who asks for the HEAD alone gets it, and a stream whose reader has gone.
 */
export function openEventStream(request: FastifyRequest, reply: FastifyReply, take: () => () => void): EventStream {
  const headOnly = request.method === 'HEAD'
  const giveBack = headOnly ? () => {} : take()
  reply.hijack()
  const { raw } = reply
  const gone = new AbortController()
  for (const [name, value] of Object.entries(reply.getHeaders())) if (value !== undefined) raw.setHeader(name, value)
  raw.writeHead(200, { 'content-type': 'text/event-stream', 'cache-control': 'no-store', 'x-accel-buffering': 'no' })
  if (headOnly) {
    raw.end()
    gone.abort()
  } else raw.write(': open\n\n')
  // Whoever has not taken what was sent so far is not kept alive with more of it.
  const keepAlive = setInterval(() => raw.writableNeedDrain || raw.write(': alive\n\n'), keepAliveMs)
  const leave = () => {
    giveBack()
    clearInterval(keepAlive)
    gone.abort()
  }
  raw.once('close', leave)
  // It may have left while we looked who it is: then nobody will say so again.
  if (raw.destroyed || headOnly) leave()
  return {
    signal: gone.signal,
    send(event, data, id) {
      if (gone.signal.aborted) return
      raw.write(`${id === undefined ? '' : `id: ${id}\n`}event: ${event}\ndata: ${JSON.stringify(data)}\n\n`)
    },
    async drained() {
      if (!raw.writableNeedDrain || gone.signal.aborted) return
      const stalled = setTimeout(() => raw.destroy(), stalledMs)
      await once(raw, 'drain', { signal: gone.signal }).catch(() => {})
      clearTimeout(stalled)
    },
    end() {
      raw.end()
      // A reader that takes nothing would keep its place.
      raw.setTimeout(stalledMs, () => raw.destroy())
    },
  }
}
