import type { ServerResponse } from 'node:http'
import { type CallerRequest, credentialLeftMs } from './access.ts'
import type { Context } from './context.ts'

/** In case a signal was lost. */
const lookAgainMs = 2_000

/**
 * Aborts once the caller of a long answer may no longer have it: it is looked at again whenever rights change, and when
 * its credential ends by itself. Nothing is looked at any more once the answer is over.
 */
export function standingOf(context: Context, request: CallerRequest, answer: ServerResponse): AbortSignal {
  const lost = new AbortController()
  const answered = new AbortController()
  const over = AbortSignal.any([answered.signal, context.stopping])
  answer.once('close', () => answered.abort())
  if (answer.destroyed) answered.abort()
  keepLooking(context, request, over).catch((error: unknown) => {
    request.log.debug({ requestId: request.id, err: error }, 'a long answer ended')
    lost.abort()
  })
  return lost.signal
}

async function keepLooking(context: Context, request: CallerRequest, over: AbortSignal): Promise<void> {
  const { signals, access, clock } = context
  const watch = signals.watch(['access'])
  try {
    while (!over.aborted) {
      watch.reset()
      await access.authorize(request)
      await watch.wait(Math.min(lookAgainMs, credentialLeftMs(request, clock.now())), over)
    }
  } finally {
    watch.leave()
  }
}
