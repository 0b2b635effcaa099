import type { FastifyReply } from 'fastify'

/** Aborts when the caller hung up before its answer, so that nothing is done for nobody. */
export function connectionGone(reply: FastifyReply): AbortSignal {
  const gone = new AbortController()
  if (reply.raw.destroyed) gone.abort()
  reply.raw.once('close', () => {
    if (!reply.raw.writableFinished) gone.abort()
  })
  return gone.signal
}
