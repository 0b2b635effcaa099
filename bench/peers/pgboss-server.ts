// pg-boss behind our own HTTP: `node bench/peers/pgboss-server.ts <database url>`, the admin key in IKOMA_ADMIN_KEY. Says
// `{"url": …}` on stdout when it listens. It speaks what `measureLife` uses of our API and nothing else.
//
// The same as ours: Fastify with the kernel's parsers, hooks and headers, the same zod schemas of bodies, queries, params
// and headers, the admin key and the runner's token compared by their SHA-256, a lease that start and complete must carry,
// a claim that waits for the next order.
//
// In pg-boss's favour: no audit, no seal, no signed grant, no order's own limits (expiry, retries by class, resource keys),
// no metrics; runners and leases live in memory only; answers hold a few fields; and `start` writes nothing, because to
// pg-boss what was fetched is active already, where ours commits a state.
//
// A queue for each runner: an order is bound to its runner, fetch has no filter, and a fetch by queue name is what its
// index is for.
import { randomUUID } from 'node:crypto'
import { EventEmitter } from 'node:events'
import { claimQuery, completeBody, idParams, leaseHeader, leaseHeaders, orderBody, runnerBody } from '@ikoma/api'
import { tokenPrefix } from '@ikoma/domain'
import { AppError, newId, notFound } from '@ikoma/kernel'
import { createHttpApp } from '@ikoma/kernel/http'
import { createLog, equalDigests, equalSecrets, hashToken, newToken } from '@ikoma/kernel/node'
import type { FastifyRequest } from 'fastify'
import type { ZodTypeProvider } from 'fastify-type-provider-zod'
import { openBoss } from './pgboss.ts'

const [databaseUrl = ''] = process.argv.slice(2)
const adminKey = process.env.IKOMA_ADMIN_KEY ?? ''
const boss = await openBoss(databaseUrl)
const tokenHashes = new Map<string, string>()
const claims = new Map<string, { runnerId: string; lease: string }>()
/** Emits a runner's id when an order for it was committed. */
const placed = new EventEmitter().setMaxListeners(0)

const app = (
  await createHttpApp({
    log: createLog('warn', process.stderr),
    title: 'pg-boss',
    version: 'bench',
    description: 'pg-boss behind our routes.',
    authorize,
    bodyLimitBytes: 1024 * 1024,
    corsOrigins: [],
    trustProxy: [],
    publicRateLimit: 600,
    securitySchemes: {},
  })
).withTypeProvider<ZodTypeProvider>()

app.post('/v1/runners', { config: { access: 'admin' }, schema: { body: runnerBody } }, async (request, reply) => {
  const id = newId()
  const token = newToken(tokenPrefix.runner)
  await boss.createQueue(id)
  tokenHashes.set(id, hashToken(token))
  return reply.code(201).send({ id, name: request.body.name, token })
})

app.post('/v1/orders', { config: { access: 'admin' }, schema: { body: orderBody } }, async (request, reply) => {
  const { type, payload = {}, runnerId = '' } = request.body
  if (!tokenHashes.has(runnerId)) throw notFound('runner', runnerId)
  const id = await boss.send(runnerId, { type, payload })
  placed.emit(runnerId)
  return reply.code(201).send({ id, type, status: 'QUEUED', runnerId, payload })
})

app.post(
  '/v1/runner/orders/claim-next',
  { config: { access: 'runner' }, schema: { querystring: claimQuery } },
  async (request, reply) => {
    const runnerId = callingRunner(request)
    const order = await claimWithin(runnerId, request.query.waitSec)
    if (!order) return reply.code(204).send(null)
    const lease = randomUUID()
    claims.set(order.id, { runnerId, lease })
    return { id: order.id, ...order.data, status: 'CLAIMED', runnerId, lease }
  },
)

app.post(
  '/v1/runner/orders/:id/start',
  { config: { access: 'runner' }, schema: { params: idParams, headers: leaseHeaders } },
  async (request) => {
    const { id } = request.params
    assertHeld(request, id)
    return { id, status: 'RUNNING' }
  },
)

app.post(
  '/v1/runner/orders/:id/complete',
  { config: { access: 'runner' }, schema: { params: idParams, headers: leaseHeaders, body: completeBody } },
  async (request) => {
    const { id } = request.params
    assertHeld(request, id)
    await boss.complete(callingRunner(request), id, request.body.report)
    claims.delete(id)
    return { id, status: 'SUCCEEDED' }
  },
)

const url = await app.listen({ host: '127.0.0.1', port: 0 })
process.stdout.write(`${JSON.stringify({ url })}\n`)
process.once('SIGTERM', () => {
  void app
    .close()
    .then(() => boss.stop({ graceful: false }))
    .then(() => process.exit(0))
})

interface Placed {
  type: string
  payload: object
}

/** Looks, then waits for a send to this queue and looks again, up to `waitSec`: no polling, no notification through PostgreSQL. */
async function claimWithin(queue: string, waitSec: number) {
  const until = performance.now() + waitSec * 1000
  for (;;) {
    const { promise, resolve } = Promise.withResolvers<void>()
    // Before the look, so that an order which comes meanwhile is not missed.
    placed.once(queue, resolve)
    let timer: NodeJS.Timeout | undefined
    try {
      const [order] = await boss.fetch<Placed>(queue)
      const leftMs = until - performance.now()
      if (order || leftMs <= 0) return order
      timer = setTimeout(resolve, leftMs)
      await promise
    } finally {
      clearTimeout(timer)
      placed.off(queue, resolve)
    }
  }
}

function authorize(request: FastifyRequest): void {
  const { 'x-ikoma-admin-key': key, 'x-runner-token': token } = request.headers
  const allowed =
    request.routeOptions.config.access === 'runner'
      ? equalDigests(tokenHashes.get(callingRunner(request)) ?? '', hashToken(String(token)))
      : equalSecrets(String(key), adminKey)
  if (!allowed) throw new AppError('unauthorized', 'Send a valid credential.')
}

function callingRunner(request: FastifyRequest): string {
  return String(request.headers['x-runner-id'])
}

function assertHeld(request: FastifyRequest, id: string): void {
  const claim = claims.get(id)
  if (claim?.runnerId === callingRunner(request) && claim.lease === request.headers[leaseHeader]) return
  throw new AppError('conflict', 'The claim is lost.', { reason: 'lease_lost' })
}
