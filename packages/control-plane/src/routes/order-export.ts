import { orderExportQuery, orderRecordSchema } from '@ikoma/api'
import { type OrderFilter, terminalStatuses } from '@ikoma/domain'
import { sendNdjson } from '@ikoma/kernel/http'
import type { FastifyRequest } from 'fastify'
import { callingCredential } from '../access.ts'
import type { Context } from '../context.ts'
import { orderRecord } from '../orders/order-record.ts'
import { standingOf } from '../standing.ts'
import type { App } from './app.ts'
import { orderFilter } from './find-order.ts'

const pageSize = 20

export function orderExportRoute(app: App, context: Context): void {
  app.get(
    '/v1/orders/export',
    {
      config: { access: 'viewer' },
      schema: {
        tags: ['orders'],
        operationId: 'exportOrders',
        summary: 'Ended orders with their events and logs, newest first, one a line of NDJSON',
        querystring: orderExportQuery,
        response: {
          200: { description: 'NDJSON', content: { 'application/x-ndjson': { schema: orderRecordSchema } } },
        },
      },
    },
    (request, reply) => {
      const { status = [...terminalStatuses], ...filter } = orderFilter(request.query)
      sendNdjson(reply, records(context, request, { ...filter, status }), {
        signal: AbortSignal.any([context.stopping, standingOf(context, request, reply.raw)]),
        take: () => context.places.exports.take(callingCredential(request)),
      })
    },
  )
}

async function* records({ store, access }: Context, request: FastifyRequest, filter: OrderFilter) {
  let cursor: string | null = null
  do {
    const page = await store.listOrders(filter, { limit: pageSize, cursor })
    // One at a time, as large as it is: a page of whole orders would be in memory at once.
    for (const { id } of page.items) {
      const order = await store.findOrder(id)
      if (order) yield* orderRecord(store, order)
    }
    // A revoked token must not keep reading.
    await access.authorize(request)
    cursor = page.next
  } while (cursor !== null)
}
