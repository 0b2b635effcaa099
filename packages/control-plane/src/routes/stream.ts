import type { AuditEvent } from '@ikoma/domain'
import { openEventStream } from '@ikoma/kernel/http'
import * as z from 'zod'
import { callingCredential } from '../access.ts'
import type { Context } from '../context.ts'
import { auditEventResource } from '../present.ts'
import { standingOf } from '../standing.ts'
import type { App } from './app.ts'
import { numericCursor } from './paging.ts'

const lookAgainMs = 2_000

export function streamRoute(app: App, context: Context): void {
  const { store, signals, access, places, stopping } = context

  app.get(
    '/v1/stream',
    {
      config: { access: 'viewer' },
      schema: {
        tags: ['audit'],
        operationId: 'followStream',
        summary:
          'What happens, as it happens, as server-sent events named by their action; resumes after Last-Event-ID',
        querystring: z.object({ after: z.string().max(20).optional() }),
        response: {
          200: { description: 'Events, without end', content: { 'text/event-stream': { schema: z.string() } } },
        },
      },
    },
    async (request, reply) => {
      const lastId = request.headers['last-event-id']
      const given = numericCursor(typeof lastId === 'string' ? lastId : request.query.after)
      let after = given === null ? (await store.auditHead()).seq : Number(given)
      // What is not about an order is the admins' to read, in this stream as in the list of the audit.
      const whole = request.principal.kind === 'person' && request.principal.role === 'admin'
      const visible = ({ subject }: AuditEvent) => whole || subject.startsWith('order:')
      const stream = openEventStream(request, reply, () => places.streams.take(callingCredential(request)))
      const over = AbortSignal.any([stream.signal, stopping, standingOf(context, request, reply.raw)])
      const watch = signals.watch(['audit'])
      try {
        while (!over.aborted) {
          watch.reset()
          // A revoked token must not hear of its end, or of what comes with it.
          await access.authorize(request)
          const events = await store.listAudit({}, after, 200)
          for (const event of events.filter(visible)) {
            stream.send(event.action, auditEventResource(event), String(event.seq))
          }
          await stream.drained()
          after = events.at(-1)?.seq ?? after
          if (events.length < 200) await watch.wait(lookAgainMs, over)
        }
      } catch (error) {
        request.log.debug({ requestId: request.id, err: error }, 'a stream ended')
      } finally {
        watch.leave()
        stream.end()
      }
      return reply
    },
  )
}
