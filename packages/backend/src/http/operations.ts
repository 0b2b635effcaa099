import type { FastifyInstance } from 'fastify'
import type { Registry } from 'prom-client'
import { requireMetricsToken } from './metrics.ts'
import type { Readiness } from './readiness.ts'
import { metricsOfAll } from './worker-metrics.ts'

export interface Health {
  path: '/health' | '/healthz'
  /** The app's own answer; it must not throw, and not take long. */
  answer: () => Promise<{ status: number; body: unknown }>
}

export interface OperationsOptions {
  health: Health
  ready: { path: string; body: (ready: boolean) => unknown }
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
  app.get(health.path, { config, schema }, async (_request, reply) => {
    const { status, body } = await health.answer()
    return reply.code(status).header('cache-control', 'no-store').send(body)
  })
  app.get(ready.path, { config, schema }, async (_request, reply) => {
    const isReady = await readiness.isReady()
    return reply
      .code(isReady ? 200 : 503)
      .header('cache-control', 'no-store')
      .send(ready.body(isReady))
  })
  app.get('/openapi.json', { config, schema: { hide: true } }, () => app.swagger())
  if (metricsToken === null) return
  const metrics = metricsOfAll(registry)
  app.get('/metrics', { config: { access: 'metrics', operation: true }, schema }, async (request, reply) => {
    requireMetricsToken(request, metricsToken)
    return reply
      .type(registry.contentType)
      .header('cache-control', 'no-store')
      .send(await metrics())
  })
}
