import {
  claimedOrderSchema,
  claimQuery,
  completeBody,
  heartbeatBody,
  heartbeatReply,
  idParams,
  type LogChunkBody,
  leaseHeader,
  leaseHeaders,
  listedClaimSchema,
  logChunkBody,
  logReply,
  orderHeartbeatQuery,
  progressSchema,
  runnerSkewMs,
} from '@ikoma/api'
import type { OrderState } from '@ikoma/domain'
import { connectionGone } from '@ikoma/kernel/http'
import type { FastifyRequest } from 'fastify'
import * as z from 'zod'
import { callingCredential, callingProtocol, callingRunner, credentialLeftMs } from '../access.ts'
import type { Context } from '../context.ts'
import { claimerOf, claimWithin } from '../orders/claim.ts'
import { complete, type Held, heartbeat, refuseStranger, start } from '../orders/held-order.ts'
import { refusalError } from '../orders/refusal.ts'
import { isoTime, listedClaim, progress } from '../present.ts'
import type { Watch } from '../signal-desk.ts'
import type { App } from './app.ts'
import { getOrder } from './find-order.ts'

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
        operationId: 'sendHeartbeat',
        summary: 'Sign of life',
        body: heartbeatBody,
        response: { 200: heartbeatReply },
      },
    },
    async (request) => {
      const { status: reported, version, capabilities, auditHead } = request.body
      const now = clock.now()
      const runner = callingRunner(request)
      presence.touch({ id: runner.id, lastSeenAt: now, reported, version, capabilities })
      const { speaker } = callingProtocol(request)
      if (reported === 'OFFLINE' && speaker) context.instances.bye(runner, speaker, now)
      if (auditHead) context.witness.compareHead(auditHead, `runner:${runner.id}`)
      const { principal } = request
      const renewToken = principal.kind === 'runner' && principal.endsAt !== null && runner.publicKey !== null
      return { ok: true as const, serverTime: isoTime(now), ...(renewToken && { renewToken }) }
    },
  )

  app.post(
    '/v1/runner/orders/claim-next',
    {
      config,
      schema: {
        tags,
        operationId: 'claimOrders',
        summary: 'Take the next order; 204 when there is none',
        querystring: claimQuery,
        response: {
          200: z.union([claimedOrderSchema, z.object({ orders: z.array(listedClaimSchema) })]),
          204: z.null(),
        },
      },
    },
    async (request, reply) => {
      const { waitSec, max, again } = request.query
      const wanted = { waitSec, max: max ?? 1, again, gone: connectionGone(reply) }
      const claimed = await claimWithin(context, claimerOf(context, request), wanted)
      if (claimed.length === 0) return reply.code(204).send(null)
      return max === undefined ? claimed[0] : { orders: claimed.map(listedClaim) }
    },
  )

  app.post(
    '/v1/runner/orders/:id/start',
    {
      config,
      schema: {
        tags,
        operationId: 'startOrder',
        summary: 'Say that execution begins',
        params: idParams,
        headers: leaseHeaders,
        response: { 200: progressSchema },
      },
    },
    async (request) => progress(await start(context, heldBy(request))),
  )

  app.post(
    '/v1/runner/orders/:id/heartbeat',
    {
      config,
      schema: {
        tags,
        operationId: 'renewLease',
        summary: 'Renew the lease; with waitSec the answer waits for a cancel',
        params: idParams,
        headers: leaseHeaders,
        querystring: orderHeartbeatQuery,
        response: { 200: progressSchema },
      },
    },
    async (request, reply) => {
      const watch = context.signals.watch([`order:${request.params.id}`, 'access'])
      try {
        const order = await heartbeat(context, heldBy(request))
        if (order.cancelRequestedAt !== null || request.query.waitSec === 0) return progress(order)
        const { waitSec } = request.query
        return progress(await untilMoved(context, order, { request, waitSec, watch, gone: connectionGone(reply) }))
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
        operationId: 'appendOrderLog',
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
      const now = clock.now()
      const lines = byOurTime(request.body.lines, context.instances.skewMs(runner), now)
      const chunk = { ...request.body, lines, attempt: order.attempt }
      const { truncated } = await store.appendLog(order.id, chunk, now)
      return { ok: true as const, truncated }
    },
  )

  app.post(
    '/v1/runner/orders/:id/complete',
    {
      config,
      schema: {
        tags,
        operationId: 'completeOrder',
        summary: 'Report how the order ended',
        params: idParams,
        headers: leaseHeaders,
        body: completeBody,
        response: { 200: progressSchema },
      },
    },
    async (request) => {
      return progress(await complete(context, heldBy(request), request.body.report))
    },
  )
}

/** Lines of a machine whose clock is off carry our time, so that they stand in order beside everything else that happened. */
function byOurTime(lines: LogChunkBody['lines'], skewMs: number, now: number): LogChunkBody['lines'] {
  if (Math.abs(skewMs) <= runnerSkewMs) return lines
  return lines.map((line) => ({ ...line, at: Math.min(line.at - skewMs, now) }))
}

type LeaseRequest = FastifyRequest<{
  Params: { id: string }
  Headers: { [leaseHeader]?: string | undefined }
}>

function heldBy(request: LeaseRequest): Held {
  return { orderId: request.params.id, runner: callingRunner(request), lease: request.headers[leaseHeader] ?? null }
}

/** The order once something happened to it, or as it is when the wait is over. */
async function untilMoved(context: Context, order: OrderState, parked: Parked): Promise<OrderState> {
  const giveBack = context.places.parked.take(callingCredential(parked.request))
  try {
    return await moved(context, order, parked)
  } finally {
    giveBack()
  }
}

interface Parked {
  request: FastifyRequest
  waitSec: number
  watch: Watch
  gone: AbortSignal
}

async function moved(
  { store, access, clock, stopping }: Context,
  order: OrderState,
  { request, waitSec, watch, gone }: Parked,
): Promise<OrderState> {
  const over = AbortSignal.any([gone, stopping])
  const until = performance.now() + waitSec * 1000
  let current = order
  while (!over.aborted && current.status === order.status && current.cancelRequestedAt === null) {
    const left = until - performance.now()
    if (left <= 0) break
    await watch.wait(Math.min(left, lookAgainMs, credentialLeftMs(request, clock.now())), over)
    watch.reset()
    if (over.aborted) break
    // While it waited it may have been disabled, or its token replaced.
    await access.recheckRunner(request)
    current = (await store.findOrder(order.id)) ?? current
  }
  return current
}
