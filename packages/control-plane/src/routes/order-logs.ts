import { idParams, logPage, logQuery } from '@ikoma/api'
import { isTerminal, type LogCursor, type Order } from '@ikoma/domain'
import { type EventStream, openEventStream } from '@ikoma/kernel/http'
import { callingCredential } from '../access.ts'
import type { Context } from '../context.ts'
import { logLines, orderSummary } from '../present.ts'
import { standingOf } from '../standing.ts'
import type { App } from './app.ts'
import { getOrder } from './find-order.ts'

/** A follower also looks by itself this often, in case a signal was lost. */
const lookAgainMs = 2_000

export function orderLogRoutes(app: App, context: Context): void {
  app.get(
    '/v1/orders/:id/logs',
    {
      config: { access: 'viewer' },
      schema: {
        tags: ['orders'],
        operationId: 'listOrderLogs',
        summary: 'Read an order’s log; `follow=1` streams it live as server-sent events `line` and `status`',
        params: idParams,
        querystring: logQuery,
        response: { 200: logPage },
      },
    },
    async (request, reply) => {
      const { cursor, follow, limit } = request.query
      const order = await getOrder(context, request.params.id)
      const lastId = request.headers['last-event-id']
      const after = parseCursor(typeof lastId === 'string' ? lastId : cursor)
      if (follow === '1' || follow === 'true') {
        const stream = openEventStream(request, reply, () => context.places.streams.take(callingCredential(request)))
        const over = AbortSignal.any([stream.signal, context.stopping, standingOf(context, request, reply.raw)])
        await followLog(context, { stream, over }, order, after).catch((error: unknown) => {
          request.log.warn({ requestId: request.id, err: error }, 'a log stream broke')
        })
        stream.end()
        return reply
      }
      const chunks = await context.store.listLog(order.id, after, limit)
      const last = chunks.at(-1)
      return {
        items: chunks.flatMap(logLines),
        next: last && chunks.length === limit ? `${last.attempt}.${last.seq}` : null,
      }
    },
  )
}

/** Sends what there is, then what comes, until the order has ended and its log was read to the end. */
async function followLog(
  { store, signals }: Context,
  { stream, over }: { stream: EventStream; over: AbortSignal },
  order: Order,
  from: LogCursor | null,
): Promise<void> {
  const watch = signals.watch([`order:${order.id}`])
  try {
    await follow(order, from)
  } finally {
    watch.leave()
  }

  async function follow(first: Order, start: LogCursor | null): Promise<void> {
    let after = start
    let shown = ''
    let current: Order | null = first
    while (current && !over.aborted) {
      // The state is read before the log, so that nothing logged before the end can be missed.
      const ended = isTerminal(current.status)
      after = await sendLines(current.id, after)
      const state = `${current.status} ${current.attempt} ${current.cancelRequestedAt}`
      if (over.aborted) return
      if (state !== shown) stream.send('status', orderSummary(current))
      shown = state
      if (ended) return
      await watch.wait(lookAgainMs, over)
      watch.reset()
      current = await store.findOrder(first.id)
    }
  }

  async function sendLines(id: string, start: LogCursor | null): Promise<LogCursor | null> {
    let after = start
    for (;;) {
      const chunks = await store.listLog(id, after, 100)
      for (const chunk of chunks) {
        const lines = logLines(chunk)
        lines.forEach((line, index) => {
          // Only the last line carries the chunk's id: whoever resumes after it has them all.
          stream.send('line', line, index === lines.length - 1 ? `${chunk.attempt}.${chunk.seq}` : undefined)
        })
        after = { attempt: chunk.attempt, seq: chunk.seq }
        await stream.drained()
        if (over.aborted) return after
      }
      if (chunks.length < 100) return after
    }
  }
}

function parseCursor(text: string | undefined): LogCursor | null {
  const [, attempt, seq] = /^(\d{1,9})\.(\d{1,9})$/.exec(text ?? '') ?? []
  return attempt === undefined || seq === undefined ? null : { attempt: Number(attempt), seq: Number(seq) }
}
