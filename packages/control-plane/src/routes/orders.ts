import {
  idempotencyHeaders,
  idParams,
  type OrderBatchReply,
  type OrderEventResource,
  type OrderResource,
  type OrderSummary,
  orderBatchBody,
  orderBatchReply,
  orderBody,
  orderEventSchema,
  orderQuery,
  orderSchema,
  orderSummarySchema,
  type Page,
  pageOf,
  pageQuery,
  reasonBody,
  settleBody,
} from '@ikoma/api'
import { isTerminal, type Order, type OrderEvent } from '@ikoma/domain'
import { AppError, notFound } from '@ikoma/kernel'
import { problemOf } from '@ikoma/kernel/http'
import type { FastifyRequest } from 'fastify'
import { callingActor } from '../access.ts'
import type { Context } from '../context.ts'
import { refuseOwnOrder } from '../orders/four-eyes.ts'
import { refusalError } from '../orders/refusal.ts'
import { refuseUnrunnable } from '../orders/runner-takes.ts'
import { approve, isAsPlaced } from '../orders/seal.ts'
import { orderEventResource, orderResource, orderSummary } from '../present.ts'
import type { App } from './app.ts'
import { getOrder, orderFilter } from './find-order.ts'
import { numericCursor } from './paging.ts'

export function orderRoutes(app: App, context: Context): void {
  const { store, orders } = context

  app.post(
    '/v1/orders',
    {
      config: { access: 'operator' },
      schema: {
        tags: ['orders'],
        operationId: 'placeOrder',
        summary: 'Place an order',
        headers: idempotencyHeaders,
        body: orderBody,
        response: { 201: orderSchema },
      },
    },
    async (request, reply) => {
      const actor = callingActor(request)
      const { order } = await orders.place(request.body, { actor, idempotencyKey: request.headers['idempotency-key'] })
      return reply.code(201).header('location', `/v1/orders/${order.id}`).send(orderResource(order))
    },
  )

  app.post(
    '/v1/orders/batch',
    {
      config: { access: 'operator' },
      schema: {
        tags: ['orders'],
        operationId: 'placeOrders',
        summary: 'Place up to 100 orders, each with its own result; what was placed is told as in a list',
        headers: idempotencyHeaders,
        body: orderBatchBody,
        response: { 200: orderBatchReply },
      },
    },
    async (request): Promise<OrderBatchReply> => {
      const placer = { actor: callingActor(request), idempotencyKey: request.headers['idempotency-key'] }
      const placed = await orders.placeAll(request.body.orders, placer)
      const items = placed.map((each, index) =>
        each instanceof AppError
          ? { problem: problemOf(withinBatch(each, index), request.id) }
          : { order: orderSummary(each.order) },
      )
      return { items }
    },
  )

  app.get(
    '/v1/orders',
    {
      config: { access: 'viewer' },
      schema: {
        tags: ['orders'],
        operationId: 'listOrders',
        summary: 'List orders, without payloads and reports, which each order by itself has',
        querystring: orderQuery,
        response: { 200: pageOf(orderSummarySchema) },
      },
    },
    async (request): Promise<Page<OrderSummary>> => {
      const { limit, cursor, ...query } = request.query
      const page = await store.listOrders(orderFilter(query), { limit, cursor: numericCursor(cursor) })
      return { items: page.items.map(orderSummary), next: page.next }
    },
  )

  app.get(
    '/v1/orders/:id',
    {
      config: { access: 'viewer' },
      schema: {
        tags: ['orders'],
        operationId: 'getOrder',
        summary: 'Show an order',
        params: idParams,
        response: { 200: orderSchema },
      },
    },
    async (request) => orderResource(await getOrder(context, request.params.id)),
  )

  app.get(
    '/v1/orders/:id/events',
    {
      config: { access: 'viewer' },
      schema: {
        tags: ['orders'],
        operationId: 'listOrderEvents',
        summary: 'What happened to an order',
        params: idParams,
        querystring: pageQuery,
        response: { 200: pageOf(orderEventSchema) },
      },
    },
    async (request): Promise<Page<OrderEventResource>> => {
      const { limit, cursor } = request.query
      await getOrder(context, request.params.id)
      const after = Number(numericCursor(cursor) ?? 0)
      const events = await store.listAudit({ subject: `order:${request.params.id}` }, after, limit + 1)
      const items = events.slice(0, limit)
      return { items: items.map(orderEventResource), next: events.length > limit ? String(items.at(-1)?.seq) : null }
    },
  )

  app.post(
    '/v1/orders/:id/retry',
    {
      config: { access: 'operator' },
      schema: {
        tags: ['orders'],
        operationId: 'retryOrder',
        summary: 'Place an ended order again, as a new order',
        params: idParams,
        headers: idempotencyHeaders,
        response: { 201: orderSchema },
      },
    },
    async (request, reply) => {
      const ended = await getOrder(context, request.params.id)
      if (!isTerminal(ended.status)) {
        throw new AppError('conflict', `The order is ${ended.status}. Cancel it or let it end first.`, {
          reason: 'not_ended',
        })
      }
      refuseEdited(context, ended)
      const { order } = await orders.place(orders.bodyOf(ended), {
        actor: callingActor(request),
        idempotencyKey: request.headers['idempotency-key'],
        retryOf: ended.id,
        // What runs is what somebody else wrote.
        alsoAnswerable: ended.answerable,
        asItWas: true,
      })
      return reply.code(201).header('location', `/v1/orders/${order.id}`).send(orderResource(order))
    },
  )

  app.post(
    '/v1/orders/:id/settle',
    {
      config: { access: 'operator' },
      schema: {
        tags: ['orders'],
        operationId: 'settleOrder',
        summary: 'Say how an order ended that needs attention: by somebody who has looked at the server',
        params: idParams,
        body: settleBody,
        response: { 200: orderSchema },
      },
    },
    (request) => {
      const { as: verdict, reason } = request.body
      return decided(context, request, { kind: 'settle', verdict, reason })
    },
  )

  decisionRoute(app, context, {
    verb: 'cancel',
    operationId: 'cancelOrder',
    summary: 'Cancel a live order; a running one is asked to stop',
    decide: async ({ reason }) => ({ kind: 'cancel', reason }),
  })
  decisionRoute(app, context, {
    verb: 'approve',
    operationId: 'approveOrder',
    summary: 'Let an order that waits for approval run',
    decide: (asked) => approvalOf(context, asked),
  })
  decisionRoute(app, context, {
    verb: 'reject',
    operationId: 'rejectOrder',
    summary: 'Refuse an order that waits for approval',
    decide: async ({ reason }) => ({ kind: 'reject', reason }),
  })
}

interface Asked {
  id: string
  actor: string
  reason: string | null
}

interface DecisionRoute {
  verb: string
  operationId: string
  summary: string
  decide(asked: Asked): Promise<OrderEvent>
}

/** POST /v1/orders/:id/<verb>: one event, by a person. */
function decisionRoute(app: App, context: Context, { verb, operationId, summary, decide }: DecisionRoute): void {
  app.post(
    `/v1/orders/:id/${verb}`,
    {
      config: { access: 'operator' },
      schema: {
        tags: ['orders'],
        operationId,
        summary,
        params: idParams,
        body: reasonBody,
        response: { 200: orderSchema },
      },
    },
    async (request) => {
      const { id } = request.params
      const reason = request.body.reason ?? null
      return decided(context, request, await decide({ id, actor: callingActor(request), reason }))
    },
  )
}

/** Applies what a person decided, and answers where the order stands then. */
async function decided(
  context: Context,
  request: FastifyRequest<{ Params: { id: string } }>,
  event: OrderEvent,
): Promise<OrderResource> {
  const { id } = request.params
  const decision = await context.store.advanceOrder({
    orderId: id,
    event,
    actor: callingActor(request),
    now: context.clock.now(),
    random: Math.random(),
    timing: context.timing,
  })
  if (decision === null) throw notFound('order', id)
  if (decision.kind === 'refused') throw refusalError(decision.refusal, decision.order)
  return orderResource(await getOrder(context, id))
}

async function approvalOf(context: Context, { id, actor }: Asked): Promise<OrderEvent> {
  const order = await getOrder(context, id)
  refuseEdited(context, order)
  await refuseOwnOrder(context.store, order, actor)
  await refuseUnrunnable(order, context)
  return { kind: 'approve', approval: approve(order, actor, context.keyring) }
}

function refuseEdited({ keyring }: Context, order: Order): void {
  if (order.fault === 'newer') throw refusalError('newer_version', order)
  if (isAsPlaced(order, keyring)) return
  const message = 'The order was changed in the database after it was placed. Place a new one.'
  throw new AppError('conflict', message, { reason: 'seal_broken' })
}

/** The same refusal, naming fields by their place in the batch. */
function withinBatch(error: AppError, index: number): AppError {
  const { code, message, reason, details } = error
  const fields = error.fields?.map(({ field, ...rest }) => ({
    ...rest,
    field: field.replace('body', `body/orders/${index}`),
  }))
  return new AppError(code, message, { reason, ...(fields ? { fields } : {}), ...(details ? { details } : {}) })
}
