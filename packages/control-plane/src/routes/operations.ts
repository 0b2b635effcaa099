import { AppError } from '@ikoma/kernel'
import { equalSecrets } from '@ikoma/kernel/node'
import type { FastifyRequest } from 'fastify'
import * as z from 'zod'
import type { Context } from '../context.ts'
import { isFromThisMachine } from '../from-this-machine.ts'
import type { App } from './app.ts'

const tags = ['operations']
/** Strangers may call them, and nobody's health check may fail for it: they are never refused, and cost next to nothing. */
const probe = { access: 'public', boundsItself: true }

export interface OperationOptions {
  metricsToken: string | null
  proxyConfigured: boolean
}

export function operationRoutes(app: App, context: Context, options: OperationOptions): void {
  const { health, metrics } = context

  app.get(
    '/healthz',
    {
      config: probe,
      schema: {
        tags,
        operationId: 'getHealth',
        summary: 'The process runs',
        response: { 200: z.object({ status: z.literal('ok') }) },
      },
    },
    () => ({ status: 'ok' as const }),
  )

  app.get(
    '/readyz',
    {
      config: probe,
      schema: {
        tags,
        operationId: 'getReadiness',
        summary: 'The store takes writes; else 503 with the cause',
        response: { 200: z.object({ status: z.literal('ready') }) },
      },
    },
    async () => {
      await health.assertReady()
      return { status: 'ready' as const }
    },
  )

  app.get(
    '/metrics',
    {
      config: { access: 'metrics' },
      schema: {
        tags,
        operationId: 'getMetrics',
        summary: 'Prometheus metrics',
        response: { 200: { description: 'In the text format', content: { 'text/plain': { schema: z.string() } } } },
      },
    },
    async (request, reply) => {
      refuseMetrics(request, context, options)
      return reply.type(metrics.registry.contentType).send(await metrics.registry.metrics())
    },
  )

  app.get('/openapi.json', { config: { access: 'public' }, schema: { hide: true } }, () => app.swagger())
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
