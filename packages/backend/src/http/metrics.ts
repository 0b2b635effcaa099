import { AppError } from '@ikoma/kernel'
import { equalSecrets } from '@ikoma/kernel/node'
import type { FastifyInstance, FastifyRequest } from 'fastify'
import { collectDefaultMetrics, Histogram, type Registry } from 'prom-client'

/** Counts every answer with its time, by route and status. */
export function measureRequests(app: FastifyInstance, registry: Registry): void {
  // By itself it would look at the event loop every 10 ms.
  collectDefaultMetrics({ register: registry, eventLoopMonitoringPrecision: 100 })
  const seconds = new Histogram({
    name: 'http_request_seconds',
    help: 'Time to answer an HTTP request, by route and status',
    labelNames: ['method', 'route', 'status'],
    buckets: [0.005, 0.025, 0.1, 0.25, 1, 5, 30],
    registers: [registry],
  })
  app.addHook('onResponse', async (request, reply) => {
    // A path of no route is not a label: there are as many as somebody cares to ask for.
    const { method, routeOptions } = request
    seconds.observe(
      { method, route: routeOptions.url ?? 'none', status: String(reply.statusCode) },
      reply.elapsedTime / 1000,
    )
  })
}

/** 401 for who shows nothing, 403 for who shows something else. */
export function requireMetricsToken(request: FastifyRequest, token: string): void {
  const [, shown] = /^Bearer +(\S+) *$/i.exec(request.headers.authorization ?? '') ?? []
  if (shown === undefined) {
    throw new AppError('unauthorized', 'Send METRICS_TOKEN in Authorization: Bearer.', { reason: 'unauthorized' })
  }
  if (!equalSecrets(shown, token)) {
    throw new AppError('forbidden', 'This is not the METRICS_TOKEN.', { reason: 'forbidden' })
  }
}
