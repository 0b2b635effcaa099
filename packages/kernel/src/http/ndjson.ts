import { Readable } from 'node:stream'
import type { FastifyReply } from 'fastify'

/** A reader that takes nothing for this long is cut off. */
const stalledMs = 30_000
const blockBytes = 64 * 1024

export interface NdjsonOptions {
  signal: AbortSignal
  /** Takes a place until what it answers is called. */
  take: () => () => void
}

/**
 * Answers with newline-delimited JSON, asking `pieces` for no more than the reader takes. Only a whole answer ends: when
 * `pieces` throws or `signal` aborts the connection breaks, so that nobody takes a part for all of it.
 */
export function sendNdjson(reply: FastifyReply, pieces: AsyncIterable<string>, options: NdjsonOptions): void {
  reply.type('application/x-ndjson').headers({ 'cache-control': 'no-store', 'x-accel-buffering': 'no' })
  // Reading everything to show nothing of it would be dear.
  if (reply.request.method === 'HEAD') return void reply.send()
  const { signal, take } = options
  const giveBack = take()
  const watched = cuttingOff(pieces, () => reply.raw.destroy())
  const source = Readable.from(watched, { objectMode: false, highWaterMark: blockBytes, signal })
  source.once('close', giveBack)
  reply.send(source)
}

async function* cuttingOff(pieces: AsyncIterable<string>, cutOff: () => void): AsyncGenerator<string> {
  for await (const piece of pieces) {
    const stalled = setTimeout(cutOff, stalledMs)
    try {
      yield piece
    } finally {
      clearTimeout(stalled)
    }
  }
}
