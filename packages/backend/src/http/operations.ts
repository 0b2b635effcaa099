import type { FastifyInstance } from 'fastify'
import type { Registry } from 'prom-client'
import * as z from 'zod'
import { requireMetricsToken } from './metrics.ts'
import type { Readiness } from './readiness.ts'

export interface Health {
  path: '/health' | '/healthz'
  /** The app's own answer; it must not throw, and not take long. */
  answer: () => Promise<{ status: number; body: unknown }>
  /** What the document says of it: the shape of each status. */
  response?: Record<number, z.ZodType>
}

export interface Ready {
  path: string
  body: (ready: boolean) => unknown
  /** What the document says of the body. */
  response: z.ZodType
}

export const standardReady: Ready = {
  path: '/readyz',
  body: (ready) => ({ ready }),
  response: z.strictObject({ ready: z.boolean() }),
}

export interface OperationsOptions {
  health: Health
  ready: Ready
  readiness: Readiness
  registry: Registry
  /** Without it there is no `/metrics`. */
  metricsToken: string | null
}

/** What those ask who run the app: is it alive, is it ready, how is it doing, what can it do. */
export function operationRoutes(app: FastifyInstance, options: OperationsOptions): void {
  const { health, ready, readiness, registry, metricsToken } = options
  const config = { access: 'public', operation: true, limit: false } as const
  const schema = { tags: ['operations'] }
  const healthSchema = { ...schema, response: health.response ?? { 200: z.unknown(), 503: z.unknown() } }
  app.get(health.path, { config, schema: healthSchema }, async (_request, reply) => {
    const { status, body } = await health.answer()
    return reply.code(status).header('cache-control', 'no-store').send(body)
  })
  const readySchema = { ...schema, response: { 200: ready.response, 503: ready.response } }
  app.get(ready.path, { config, schema: readySchema }, async (_request, reply) => {
    const isReady = await readiness.isReady()
    return reply
      .code(isReady ? 200 : 503)
      .header('cache-control', 'no-store')
      .send(ready.body(isReady))
  })
  app.get('/openapi.json', { config, schema: { hide: true } }, () => app.swagger())
  if (metricsToken === null) return
  const text = { content: { [registry.contentType.split(';')[0] ?? 'text/plain']: { schema: z.string() } } }
  const metricsSchema = { ...schema, response: { 200: { description: 'The metrics', ...text } } }
  app.get(
    '/metrics',
    { config: { access: 'metrics', operation: true }, schema: metricsSchema },
    async (request, reply) => {
      requireMetricsToken(request, metricsToken)
      return reply
        .type(registry.contentType)
        .header('cache-control', 'no-store')
        .send(await registry.metrics())
    },
  )
}
