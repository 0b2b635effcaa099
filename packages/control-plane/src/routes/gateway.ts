import { idField, orderSchema, orderSummarySchema, runnerSchema } from '@ikoma/api'
import { type Order, runnerStatus } from '@ikoma/domain'
import { AppError, notFound } from '@ikoma/kernel'
import { statusOf, toAppError } from '@ikoma/kernel/http'
import type { FastifyReply, FastifyRequest } from 'fastify'
import * as z from 'zod'
import { callingActor } from '../access.ts'
import type { Context } from '../context.ts'
import { isoTime, orderResource, orderSummary, runnerResource } from '../present.ts'
import type { App } from './app.ts'
import { declareOwnErrors } from './declared-errors.ts'

export const gatewayPrefix = '/api'

const idParams = z.object({ id: idField })
const orderBody = z.strictObject({
  type: z.literal('runner.selftest', 'only runner.selftest; POST /v1/orders takes every type'),
  client_request_id: z.string().min(1).max(200).optional(),
})
const metaSchema = z.object({
  request_id: z.string(),
  server_time: z.iso.datetime(),
  generatedAt: z.iso.datetime(),
  version: z.string(),
})
const failureSchema = z
  .object({
    ok: z.literal(false),
    data: z.null(),
    error: z.object({ code: z.string(), message: z.string(), details: z.unknown() }),
    meta: metaSchema,
  })
  .meta({ id: 'GatewayFailure' })
const namedRunner = z.object({ name: z.string(), online: z.boolean() })

function envelopeOf<T extends z.ZodType>(data: T, meta: z.ZodType = metaSchema) {
  return z.object({ ok: z.literal(true), data, error: z.null(), meta })
}

/**
 * The gateway of the first source document: the same store behind its paths and its envelope. That document left it open
 * to the world; here only names and online state are.
 */
export function gatewayRoutes(root: App, context: Context): void {
  root.register(
    async (plugin) => {
      const app = plugin as unknown as App
      app.setErrorHandler((error, request, reply) => sendFailure(context, error, request, reply))
      app.setNotFoundHandler((request, reply) => {
        const missing = new AppError('not_found', `There is no ${request.method} ${request.url.split('?')[0]}.`)
        return sendFailure(context, missing, request, reply)
      })
      declareOwnErrors(app, { contentType: 'application/json', schema: failureSchema })
      routes(app, context)
    },
    { prefix: gatewayPrefix },
  )
}

function routes(app: App, context: Context): void {
  const { store, clock, orders, presence } = context
  const tags = ['gateway']

  app.get(
    '/health',
    {
      config: { access: 'viewer' },
      schema: {
        tags,
        operationId: 'getGatewayHealth',
        summary: 'Health, in the gateway’s envelope',
        response: { 200: envelopeOf(z.object({ status: z.string(), timestamp: z.iso.datetime() })) },
      },
    },
    async (request) => {
      await store.ping()
      return success(context, request, { status: 'ok', timestamp: isoTime(clock.now()) })
    },
  )

  app.get(
    '/runners',
    {
      config: { access: 'public' },
      schema: {
        tags,
        operationId: 'listGatewayRunners',
        summary: 'Runners; without a credential, names and online state alone',
        response: { 200: envelopeOf(z.array(z.union([runnerSchema, namedRunner]))) },
      },
    },
    async (request) => {
      const now = clock.now()
      const { items } = await store.listRunners({ limit: 200, cursor: null })
      const seen = items
        .map((runner) => presence.seen(runner))
        .sort((a, b) => (b.lastSeenAt ?? 0) - (a.lastSeenAt ?? 0))
      if (request.principal.kind !== 'anonymous') {
        return success(
          context,
          request,
          seen.map((runner) => runnerResource(runner, now, context.access.refused.of(runner.id, now))),
        )
      }
      const names = seen.map((runner) => ({ name: runner.name, online: runnerStatus(runner, now) === 'ONLINE' }))
      return success(context, request, names)
    },
  )

  app.get(
    '/runners/:id',
    {
      config: { access: 'viewer' },
      schema: {
        tags,
        operationId: 'getGatewayRunner',
        summary: 'One runner',
        params: idParams,
        response: { 200: envelopeOf(runnerSchema) },
      },
    },
    async (request) => {
      const runner = await store.findRunner(request.params.id)
      if (!runner) throw notFound('runner', request.params.id)
      const now = clock.now()
      const refused = context.access.refused.of(runner.id, now)
      return success(context, request, runnerResource(presence.seen(runner), now, refused))
    },
  )

  app.get(
    '/runners/:id/orders',
    {
      config: { access: 'viewer' },
      schema: {
        tags,
        operationId: 'listGatewayOrders',
        summary: 'A runner’s orders, newest first',
        params: idParams,
        querystring: z.object({
          limit: z.coerce.number().int().min(1).max(200).default(50),
          cursor: z
            .string()
            .regex(/^\d{1,16}$/)
            .optional(),
        }),
        response: {
          200: envelopeOf(z.array(orderSummarySchema), metaSchema.extend({ next_cursor: z.string().nullable() })),
        },
      },
    },
    async (request) => {
      const { id } = request.params
      if (!(await store.findRunner(id))) throw notFound('runner', id)
      const { limit, cursor } = request.query
      const page = await store.listOrders({ runnerId: id }, { limit, cursor: cursor ?? null })
      return success(context, request, page.items.map(orderSummary), { next_cursor: page.next })
    },
  )

  app.post(
    '/runners/:id/orders',
    {
      config: { access: 'operator' },
      schema: {
        tags,
        operationId: 'placeGatewayOrder',
        summary: 'Ask a runner to test itself',
        params: idParams,
        body: orderBody,
        response: { 200: envelopeOf(orderSchema), 201: envelopeOf(orderSchema) },
      },
    },
    async (request, reply) => {
      const { type, client_request_id: idempotencyKey } = request.body
      const body = { type, runnerId: request.params.id }
      const placed = await orders.place(body, { actor: callingActor(request), idempotencyKey })
      const order: Order = placed.order
      return reply.code(placed.repeated ? 200 : 201).send(success(context, request, orderResource(order)))
    },
  )
}

function meta({ clock }: Context, request: FastifyRequest) {
  const now = isoTime(clock.now())
  return { request_id: request.id, server_time: now, generatedAt: now, version: 'v1' }
}

function success<T>(context: Context, request: FastifyRequest, data: T, more: Record<string, unknown> = {}) {
  return { ok: true as const, data, error: null, meta: { ...meta(context, request), ...more } }
}

/** The same mapping of errors as everywhere, in the gateway's words. */
function sendFailure(context: Context, error: unknown, request: FastifyRequest, reply: FastifyReply): FastifyReply {
  const known = toAppError(error)
  const status = statusOf[known.code]
  if (status >= 500)
    request.log[known.code === 'unavailable' ? 'debug' : 'error'](
      { requestId: request.id, err: error, method: request.method, url: request.url },
      'request failed',
    )
  if (known.retryAfterSec !== undefined) reply.header('retry-after', String(known.retryAfterSec))
  const code = known.reason === 'validation_failed' ? 'VALIDATION_ERROR' : codes[status]
  return reply.code(status).send({
    ok: false,
    data: null,
    error: { code: code ?? 'INTERNAL_ERROR', message: known.message, details: known.fields ?? null },
    meta: meta(context, request),
  })
}

const codes: Record<number, string> = {
  400: 'BAD_REQUEST',
  401: 'UNAUTHORIZED',
  403: 'FORBIDDEN',
  404: 'NOT_FOUND',
  409: 'CONFLICT',
  413: 'TOO_LARGE',
  415: 'UNSUPPORTED_MEDIA_TYPE',
  422: 'UNPROCESSABLE',
  429: 'RATE_LIMITED',
  503: 'UNAVAILABLE',
}
