import { Readable } from 'node:stream'
import type { FastifyReply } from 'fastify'
import { AppError } from '../errors.ts'

/** Long answers that one process gives at a time: each reads much of the store. */
const maxAnswers = 4
/** A reader that takes nothing for this long is cut off. */
const stalledMs = 30_000
const blockBytes = 64 * 1024

let openAnswers = 0

/**
 * Answers with newline-delimited JSON, asking `pieces` for no more than the reader takes. Only a whole answer ends: when
 * `pieces` throws or `signal` aborts the connection breaks, so that nobody takes a part for all of it.
 */
export function sendNdjson(reply: FastifyReply, pieces: AsyncIterable<string>, signal: AbortSignal): void {
  if (openAnswers >= maxAnswers) {
    throw new AppError('unavailable', 'Too many exports are under way. Try again later.', { retryAfterSec: 10 })
  }
  const watched = cuttingOff(pieces, () => reply.raw.destroy())
  const source = Readable.from(watched, { objectMode: false, highWaterMark: blockBytes, signal })
  openAnswers += 1
  source.once('close', () => {
    openAnswers -= 1
  })
  reply.type('application/x-ndjson').headers({ 'cache-control': 'no-store', 'x-accel-buffering': 'no' }).send(source)
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
