import { hash } from 'node:crypto'
import {
  claimedOrderSchema,
  claimQuery,
  completeBody,
  heartbeatBody,
  heartbeatReply,
  idParams,
  leaseHeader,
  leaseHeaders,
  logChunkBody,
  logReply,
  orderHeartbeatQuery,
  progressSchema,
  type Report,
} from '@ikoma/api'
import { type Completion, type OrderEvent, type OrderState, targetsOfRunner } from '@ikoma/domain'
import { notFound } from '@ikoma/kernel'
import { connectionGone } from '@ikoma/kernel/http'
import type { FastifyRequest } from 'fastify'
import * as z from 'zod'
import { callingActor, callingRunner } from '../access.ts'
import { claimWithin } from '../claim.ts'
import type { App, Context } from '../context.ts'
import { isoTime, progress } from '../present.ts'
import { refusalError } from '../refusal.ts'
import type { Watch } from '../signal-desk.ts'
import { getOrder } from './orders.ts'

const tags = ['runner protocol']
const config = { access: 'runner' }
/** A request that waits for a cancel also looks by itself this often, in case a signal was lost. */
const lookAgainMs = 5_000

/** What a runner says and asks; see api/runner-protocol.ts for the life cycle. */
export function runnerProtocolRoutes(app: App, context: Context): void {
  const { store, clock, presence } = context

  app.post(
    '/v1/runner/heartbeat',
    {
      config,
      schema: {
        tags,
        summary: 'Sign of life',
        body: heartbeatBody,
        response: { 200: heartbeatReply },
      },
    },
    async (request) => {
      const { status: reported, version, capabilities } = request.body
      const now = clock.now()
      presence.touch({ id: callingRunner(request).id, lastSeenAt: now, reported, version, capabilities })
      return { ok: true as const, serverTime: isoTime(now) }
    },
  )

  app.post(
    '/v1/runner/orders/claim-next',
    {
      config,
      schema: {
        tags,
        summary: 'Take the next order; 204 when there is none',
        querystring: claimQuery,
        response: {
          200: z.union([claimedOrderSchema, z.object({ orders: z.array(claimedOrderSchema) })]),
          204: z.null(),
        },
      },
    },
    async (request, reply) => {
      const { waitSec, max } = request.query
      const claimed = await claimWithin(context, request, { waitSec, max: max ?? 1, gone: connectionGone(reply) })
      if (claimed.length === 0) return reply.code(204).send(null)
      return max === undefined ? claimed[0] : { orders: claimed }
    },
  )

  app.post(
    '/v1/runner/orders/:id/start',
    {
      config,
      schema: {
        tags,
        summary: 'Say that execution begins',
        params: idParams,
        headers: leaseHeaders,
        response: { 200: progressSchema },
      },
    },
    async (request) => progress(await advanceHeld(context, request, (by) => ({ kind: 'start', by }))),
  )

  app.post(
    '/v1/runner/orders/:id/heartbeat',
    {
      config,
      schema: {
        tags,
        summary: 'Renew the lease; with waitSec the answer waits for a cancel',
        params: idParams,
        headers: leaseHeaders,
        querystring: orderHeartbeatQuery,
        response: { 200: progressSchema },
      },
    },
    async (request, reply) => {
      const watch = context.signals.watch([`order:${request.params.id}`])
      try {
        const order = await advanceHeld(context, request, (by) => ({ kind: 'heartbeat', by }))
        if (order.cancelRequestedAt !== null || request.query.waitSec === 0) return progress(order)
        const { waitSec } = request.query
        return progress(await untilMoved(context, order, { waitSec, watch, gone: connectionGone(reply) }))
      } finally {
        watch.leave()
      }
    },
  )

  app.post(
    '/v1/runner/orders/:id/logs',
    {
      config,
      schema: {
        tags,
        summary: 'Append a chunk of log lines',
        params: idParams,
        headers: leaseHeaders,
        body: logChunkBody,
        response: { 200: logReply },
      },
    },
    async (request) => {
      const order = await getOrder(context, request.params.id)
      const runner = callingRunner(request)
      const lease = request.headers[leaseHeader]
      refuseStranger(runner, order)
      if (order.runnerId !== runner.id || (lease !== undefined && lease !== order.lease)) {
        throw refusalError('lease_lost', order)
      }
      const chunk = { ...request.body, attempt: order.attempt }
      const { truncated } = await store.appendLog(order.id, chunk, clock.now())
      return { ok: true as const, truncated }
    },
  )

  app.post(
    '/v1/runner/orders/:id/complete',
    {
      config,
      schema: {
        tags,
        summary: 'Report how the order ended',
        params: idParams,
        headers: leaseHeaders,
        body: completeBody,
        response: { 200: progressSchema },
      },
    },
    async (request) => {
      const { report } = request.body
      const completion = completionOf(report)
      const order = await advanceHeld(context, request, (by) => ({ kind: 'complete', by, completion }), report)
      return progress(order)
    },
  )
}

type LeaseRequest = FastifyRequest<{
  Params: { id: string }
  Headers: { [leaseHeader]?: string | undefined }
}>

/** Applies an event by the runner that holds the order; a stranger learns nothing, not even that the order exists. */
async function advanceHeld(
  { store, clock, timing }: Context,
  request: LeaseRequest,
  eventBy: (by: { runnerId: string; lease: string | null }) => OrderEvent,
  report?: Report,
): Promise<OrderState> {
  const runner = callingRunner(request)
  const { id } = request.params
  const decision = await store.advanceOrder({
    orderId: id,
    event: eventBy({ runnerId: runner.id, lease: request.headers[leaseHeader] ?? null }),
    actor: callingActor(request),
    now: clock.now(),
    random: Math.random(),
    timing,
    report,
  })
  if (decision === null) throw notFound('order', id)
  if (decision.kind === 'refused') {
    refuseStranger(runner, decision.order)
    throw refusalError(decision.refusal === 'wrong_runner' ? 'lease_lost' : decision.refusal, decision.order)
  }
  return decision.order
}

function refuseStranger(runner: Parameters<typeof targetsOfRunner>[0], order: OrderState): void {
  const targets: string[] = targetsOfRunner(runner)
  if (order.runnerId !== runner.id && !targets.includes(order.target)) throw notFound('order', order.id)
}

/** The order once something happened to it, or as it is when the wait is over. */
async function untilMoved(
  { store, stopping }: Context,
  order: OrderState,
  { waitSec, watch, gone }: { waitSec: number; watch: Watch; gone: AbortSignal },
): Promise<OrderState> {
  const over = AbortSignal.any([gone, stopping])
  const until = performance.now() + waitSec * 1000
  let current = order
  while (!over.aborted && current.status === 'RUNNING' && current.cancelRequestedAt === null) {
    const left = until - performance.now()
    if (left <= 0) break
    await watch.wait(Math.min(left, lookAgainMs), over)
    watch.reset()
    current = (await store.findOrder(order.id)) ?? current
  }
  return current
}

function completionOf(report: Report): Completion {
  return {
    outcome: report.outcome ?? (report.ok ? 'succeeded' : 'failed'),
    digest: hash('sha256', JSON.stringify(report), 'base64url'),
    retryable: report.retryable ?? true,
    reason: report.errors?.[0]?.code ?? null,
  }
}
