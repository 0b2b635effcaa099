import { once } from 'node:events'
import type { FastifyReply, FastifyRequest } from 'fastify'
import { AppError } from '../errors.ts'

/** Streams one process keeps open at a time. */
const maxStreams = 500
/** A reader that takes nothing for this long is cut off: it can come back with its last id. */
const stalledMs = 30_000
const keepAliveMs = 15_000

let openStreams = 0

export interface EventStream {
  /** Aborted when the reader has gone. */
  signal: AbortSignal
  send(event: string, data: unknown, id?: string): void
  /** Resolves when the reader can take more, or has gone: wait for it between pages, so that memory stays bounded. */
  drained(): Promise<void>
  end(): void
}

/** Turns the reply into server-sent events (WHATWG HTML, section 9.2). */
export function openEventStream(request: FastifyRequest, reply: FastifyReply): EventStream {
  if (openStreams >= maxStreams) {
    throw new AppError('unavailable', 'Too many live streams are open. Close one or try again later.', {
      retryAfterSec: 10,
    })
  }
  reply.hijack()
  const { raw } = reply
  openStreams += 1
  const gone = new AbortController()
  for (const [name, value] of Object.entries(reply.getHeaders())) if (value !== undefined) raw.setHeader(name, value)
  raw.writeHead(200, { 'content-type': 'text/event-stream', 'cache-control': 'no-store', 'x-accel-buffering': 'no' })
  raw.write(': open\n\n')
  const keepAlive = setInterval(() => raw.write(': alive\n\n'), keepAliveMs)
  raw.once('close', () => {
    openStreams -= 1
    clearInterval(keepAlive)
    gone.abort()
  })
  // It may have left while we looked who it is: then nobody will say so again.
  if (raw.destroyed) raw.emit('close')
  request.raw.setTimeout?.(0)
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
    },
  }
}
