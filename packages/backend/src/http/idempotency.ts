import { createHash } from 'node:crypto'
import { AppError, type Clock, newId } from '@ikoma/kernel'
import type { Log } from '@ikoma/kernel/node'
import { and, eq, isNull, lte, or, sql } from 'drizzle-orm'
import type { NodePgDatabase } from 'drizzle-orm/node-postgres'
import type { FastifyInstance, FastifyReply, FastifyRequest } from 'fastify'
import { principalOf } from './principal.ts'
import { idempotencyKeys } from './schema.ts'

const keepMs = 24 * 3_600_000
/** Longer than any request takes: a process that died in the middle gives its key back after it. */
const lockMs = 120_000
const maxBodyLength = 1024 * 1024

type Writer = Pick<NodePgDatabase, 'update'>

export interface Answer {
  status: number
  body: unknown
}

interface Held {
  caller: string
  route: string
  key: string
  owner: string
}

/** The requests that hold a key while they are answered. */
const heldBy = new WeakMap<FastifyRequest, Held>()

/**
 * Keeps an answer in the transaction that does the work, so that work and answer are there together or not at all, whenever
 * the process dies. Nothing for a request without a key. Without it the answer is kept once the route has given it.
 */
export async function keepAnswer(tx: Writer, request: FastifyRequest, { status, body }: Answer): Promise<void> {
  const held = heldBy.get(request)
  if (!held) return
  const contentType = 'application/json; charset=utf-8'
  await tx
    .update(idempotencyKeys)
    .set({ status, contentType, body: JSON.stringify(body) })
    .where(isHeld(held))
}

/** Deletes what is older than 24 hours; for the app's daily cleaning. */
export async function deleteExpiredKeys(db: Pick<NodePgDatabase, 'delete'>, now: number): Promise<void> {
  await db.delete(idempotencyKeys).where(lte(idempotencyKeys.expiresAt, now))
}

export interface IdempotencyOptions {
  db: NodePgDatabase
  clock: Clock
  log: Log
}

/**
 * Routes that say `config.idempotent` do a request with an `Idempotency-Key` once: the same key and request from the same
 * caller gets the same answer for 24 hours, another request with it 422, and one that comes while the first is on its way
 * 409. What failed here (5xx), or was too early (429), is not kept and may be tried again.
 */
export function keepAnswers(app: FastifyInstance, { db, clock, log }: IdempotencyOptions): void {
  app.addHook('preHandler', async (request, reply) => {
    const { idempotent } = request.routeOptions.config
    if (!idempotent) return
    const key = keyOf(request, idempotent === 'required')
    if (key === null) return
    const held = { caller: callerKey(request), route: routeOf(request), key, owner: newId() }
    const before = await claim(db, held, fingerprintOf(request), clock.now())
    if (before === null) heldBy.set(request, held)
    else return replay(reply, before)
  })
  app.addHook('onSend', async (request, reply, payload) => {
    const held = heldBy.get(request)
    if (!held) return
    try {
      await settle(db, held, reply, payload)
    } catch (error) {
      log.error({ err: error, requestId: request.id }, 'an answer could not be kept for its idempotency key')
    }
  })
}

function keyOf({ headers }: FastifyRequest, required: boolean): string | null {
  const key = headers['idempotency-key']
  if (key === undefined && !required) return null
  if (typeof key === 'string' && /^[\x21-\x7e]{1,200}$/.test(key)) return key
  throw new AppError('invalid', 'Send an Idempotency-Key of 1 to 200 letters, digits and signs.', {
    reason: 'idempotency_key_invalid',
  })
}

function callerKey(request: FastifyRequest): string {
  const principal = principalOf(request)
  return principal ? `caller ${principal.id}` : `address ${request.ip}`
}

function routeOf({ method, routeOptions }: FastifyRequest): string {
  return `${method} ${routeOptions.url}`
}

function fingerprintOf(request: FastifyRequest): string {
  const { headers, bodyDigest = '' } = request
  const hasBody = headers['transfer-encoding'] !== undefined || Number(headers['content-length'] ?? 0) > 0
  if (hasBody && bodyDigest === '') {
    throw new AppError('invalid', 'An Idempotency-Key is kept for JSON alone.', { reason: 'idempotency_key_invalid' })
  }
  return createHash('sha256').update(`${request.method} ${request.url}\n${bodyDigest}`).digest('base64url')
}

type Row = typeof idempotencyKeys.$inferSelect

/** Takes the key; or answers what was answered before. */
async function claim(db: NodePgDatabase, held: Held, fingerprint: string, now: number): Promise<Row | null> {
  const open = { owner: held.owner, fingerprint, lockedUntil: now + lockMs, expiresAt: now + keepMs }
  const empty = { status: null, contentType: null, location: null, body: null }
  const abandoned = and(
    isNull(idempotencyKeys.status),
    lte(idempotencyKeys.lockedUntil, now),
    eq(idempotencyKeys.fingerprint, fingerprint),
  )
  const taken = await db
    .insert(idempotencyKeys)
    .values({ ...held, ...open })
    .onConflictDoUpdate({
      target: [idempotencyKeys.caller, idempotencyKeys.route, idempotencyKeys.key],
      set: { ...open, ...empty },
      setWhere: sql`${or(lte(idempotencyKeys.expiresAt, now), abandoned)}`,
    })
    .returning({ owner: idempotencyKeys.owner })
  if (taken.length > 0) return null
  const [row] = await db.select().from(idempotencyKeys).where(isKey(held))
  if (row && row.fingerprint !== fingerprint) {
    throw new AppError('unprocessable', 'This Idempotency-Key came with another request before.', {
      reason: 'idempotency_key_reused',
    })
  }
  if (row && row.status !== null) return row
  throw new AppError('conflict', 'The same request is being answered: ask again in a second.', {
    ...{ reason: 'request_in_progress', retryAfterSec: 1 },
  })
}

function replay(reply: FastifyReply, { status, contentType, location, body }: Row): FastifyReply {
  reply.code(status ?? 200).header('idempotent-replayed', 'true')
  if (location !== null) reply.header('location', location)
  if (contentType !== null) reply.header('content-type', contentType)
  return reply.send(body ?? undefined)
}

async function settle(db: NodePgDatabase, held: Held, reply: FastifyReply, payload: unknown): Promise<void> {
  const status = reply.statusCode
  const body = payload === undefined || payload === null ? null : typeof payload === 'string' ? payload : undefined
  if (status >= 500 || status === 429 || body === undefined || (body?.length ?? 0) > maxBodyLength) {
    await db.delete(idempotencyKeys).where(isHeld(held))
    return
  }
  const contentType = textOf(reply.getHeader('content-type'))
  const location = textOf(reply.getHeader('location'))
  await db.update(idempotencyKeys).set({ status, contentType, location, body }).where(isHeld(held))
}

function textOf(header: unknown): string | null {
  return typeof header === 'string' ? header : null
}

function isKey({ caller, route, key }: Held) {
  return and(eq(idempotencyKeys.caller, caller), eq(idempotencyKeys.route, route), eq(idempotencyKeys.key, key))
}

/** Not a key that another process took over when this one seemed dead. */
function isHeld(held: Held) {
  return and(isKey(held), eq(idempotencyKeys.owner, held.owner))
}
