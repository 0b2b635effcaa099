import { AppError, type Clock } from '@ikoma/kernel'
import { equalSecrets } from '@ikoma/kernel/node'
import type { FastifyRequest } from 'fastify'
import * as z from 'zod'
import type { Context } from '../context.ts'
import { isFromThisMachine } from '../from-this-machine.ts'
import type { App } from './app.ts'

const tags = ['operations']
const readyWithinMs = 3_000
const lookEveryMs = 1_000
/** Strangers may call them, and nobody's health check may fail for it: they are never refused, and cost next to nothing. */
const probe = { access: 'public', boundsItself: true }

export interface OperationOptions {
  metricsToken: string | null
  proxyConfigured: boolean
}

export function operationRoutes(app: App, context: Context, options: OperationOptions): void {
  const { store, clock, metrics } = context
  const look = lookOften(() => withDeadline(store.ping()), clock)

  app.get(
    '/healthz',
    {
      config: probe,
      schema: { tags, summary: 'The process runs', response: { 200: z.object({ status: z.literal('ok') }) } },
    },
    () => ({ status: 'ok' as const }),
  )

  app.get(
    '/readyz',
    {
      config: probe,
      schema: { tags, summary: 'The store answers', response: { 200: z.object({ status: z.literal('ready') }) } },
    },
    async () => {
      await look()
      return { status: 'ready' as const }
    },
  )

  app.get(
    '/metrics',
    { config: { access: 'metrics' }, schema: { tags, summary: 'Prometheus metrics' } },
    async (request, reply) => {
      refuseMetrics(request, context, options)
      return reply.type(metrics.registry.contentType).send(await metrics.registry.metrics())
    },
  )

  app.get('/openapi.json', { config: { access: 'public' }, schema: { hide: true } }, () => app.swagger())
}

async function withDeadline(ping: Promise<void>): Promise<void> {
  let timer: NodeJS.Timeout | undefined
  const late = new Promise<never>((_, reject) => {
    timer = setTimeout(() => reject(new AppError('unavailable', 'The store does not answer.')), readyWithinMs)
  })
  try {
    await Promise.race([ping, late])
  } catch (cause) {
    throw new AppError('unavailable', 'The store does not answer.', {
      reason: 'store_not_ready',
      retryAfterSec: 5,
      cause,
    })
  } finally {
    clearTimeout(timer)
  }
}

/** One look a second, which all who ask meanwhile share. */
function lookOften(look: () => Promise<void>, clock: Clock): () => Promise<void> {
  let last: { at: number; outcome: Promise<void> } | null = null
  return () => {
    const now = clock.now()
    if (last === null || Math.abs(now - last.at) >= lookEveryMs) last = { at: now, outcome: look() }
    return last.outcome
  }
}

/** With a token: that token. Without one: only from this machine itself, not through a proxy. */
function refuseMetrics(request: FastifyRequest, { access }: Context, options: OperationOptions): void {
  const { metricsToken, proxyConfigured } = options
  if (metricsToken !== null) {
    const given = request.headers.authorization?.replace(/^Bearer +/i, '') ?? ''
    if (equalSecrets(given, metricsToken)) return
    const refusal = new AppError('unauthorized', 'Send METRICS_TOKEN in Authorization: Bearer.', {
      reason: 'metrics_auth_required',
    })
    throw access.refusal(request, 'metrics', refusal)
  }
  if (isFromThisMachine(request.raw, proxyConfigured)) return
  throw new AppError('forbidden', 'Set METRICS_TOKEN to read metrics from another machine, account, or with a proxy.', {
    reason: 'loopback_only',
  })
}
