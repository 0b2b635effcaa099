import { AppError, isLoopbackAddress } from '@ikoma/kernel'
import { equalSecrets } from '@ikoma/kernel/node'
import type { FastifyRequest } from 'fastify'
import * as z from 'zod'
import type { Context } from '../context.ts'
import type { App } from './app.ts'

const tags = ['operations']
const readyWithinMs = 3_000

export function operationRoutes(app: App, { store, metrics }: Context, metricsToken: string | null): void {
  app.get(
    '/healthz',
    {
      config: { access: 'public' },
      schema: { tags, summary: 'The process runs', response: { 200: z.object({ status: z.literal('ok') }) } },
    },
    () => ({ status: 'ok' as const }),
  )

  app.get(
    '/readyz',
    {
      config: { access: 'public' },
      schema: { tags, summary: 'The store answers', response: { 200: z.object({ status: z.literal('ready') }) } },
    },
    async () => {
      await withDeadline(store.ping())
      return { status: 'ready' as const }
    },
  )

  app.get(
    '/metrics',
    { config: { access: 'metrics' }, schema: { tags, summary: 'Prometheus metrics' } },
    async (request, reply) => {
      refuseMetrics(request, metricsToken)
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

/** With a token: that token. Without one: only from this machine itself, not through a proxy on it. */
function refuseMetrics(request: FastifyRequest, metricsToken: string | null): void {
  if (metricsToken !== null) {
    const given = request.headers.authorization?.replace(/^Bearer +/i, '') ?? ''
    if (equalSecrets(given, metricsToken)) return
    throw new AppError('unauthorized', 'Send METRICS_TOKEN in Authorization: Bearer.', {
      reason: 'metrics_auth_required',
    })
  }
  const address = request.socket.remoteAddress ?? ''
  const forwarded = request.headers['x-forwarded-for'] !== undefined || request.headers.forwarded !== undefined
  if (forwarded || !isLoopbackAddress(address)) {
    throw new AppError('forbidden', 'Set METRICS_TOKEN to read metrics from another machine.', {
      reason: 'loopback_only',
    })
  }
}
