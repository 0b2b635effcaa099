import {
  enrolmentBody,
  enrolmentSchema,
  idParams,
  openEnrolmentSchema,
  pageOf,
  rotateBody,
  rotated,
  runnerBody,
  runnerPatch,
  runnerSchema,
  runnerWithToken,
} from '@ikoma/api'
import {
  type AttachedRunner,
  type AuditEntry,
  awaitedSince,
  awaitedToken,
  enrolmentLifeMs,
  isLockedOut,
  type RunnerPatch,
  tokenPrefix,
} from '@ikoma/domain'
import { newId, notFound } from '@ikoma/kernel'
import { hashToken, newToken } from '@ikoma/kernel/node'
import type { FastifyRequest } from 'fastify'
import * as z from 'zod'
import { callingActor } from '../access.ts'
import type { Context } from '../context.ts'
import { enrolmentResource, isoTime, runnerResource } from '../present.ts'
import type { App } from './app.ts'
import { idCursor } from './paging.ts'
import { withoutUndefined } from './patch.ts'

const tags = ['runners']
/** A server may be off for some days. */
const enrolledOverlapSec = 7 * 86_400

export function runnerRoutes(app: App, context: Context): void {
  const { store, clock, presence, access } = context
  const shown = (runner: AttachedRunner) => {
    const now = clock.now()
    return runnerResource(presence.seen(runner), now, access.refused.of(runner.id, now))
  }

  app.get(
    '/v1/runners',
    {
      config: { access: 'viewer' },
      schema: {
        tags,
        operationId: 'listRunners',
        summary: 'List runners',
        querystring: idCursor,
        response: { 200: pageOf(runnerSchema) },
      },
    },
    async ({ query: { limit, cursor } }) => {
      const page = await store.listRunners({ limit, cursor: cursor ?? null })
      return { items: page.items.map(shown), next: page.next }
    },
  )

  app.post(
    '/v1/runners',
    {
      config: { access: 'admin' },
      schema: {
        tags,
        operationId: 'createRunner',
        summary: 'Create a runner; its token is shown this once',
        body: runnerBody,
        response: { 201: runnerWithToken },
      },
    },
    async (request, reply) => {
      const token = newToken(tokenPrefix.runner)
      const now = clock.now()
      const { name = `runner-${now}`, ...body } = request.body
      const runner = {
        id: newId(),
        name,
        ...body,
        disabled: false,
        reported: null,
        tokenHash: hashToken(token),
        previousTokenHash: null,
        previousTokenExpiresAt: null,
        publicKey: null,
        sealKey: null,
        runnerSealKey: null,
        version: null,
        lastSeenAt: null,
        instance: null,
        createdAt: now,
      }
      const data = { name, scopes: runner.scopes }
      await store.insertRunner(runner, entry(request, 'runner.created', runner.id, data))
      return reply.code(201).send({ ...shown({ ...runner, serverId: null }), token })
    },
  )

  app.get(
    '/v1/runners/:id',
    {
      config: { access: 'viewer' },
      schema: {
        tags,
        operationId: 'getRunner',
        summary: 'Show a runner',
        params: idParams,
        response: { 200: runnerSchema },
      },
    },
    async ({ params: { id } }) => {
      const runner = await store.findRunner(id)
      if (!runner) throw notFound('runner', id)
      return shown(runner)
    },
  )

  app.patch(
    '/v1/runners/:id',
    {
      config: { access: 'admin' },
      schema: {
        tags,
        operationId: 'updateRunner',
        summary: 'Change a runner',
        params: idParams,
        body: runnerPatch,
        response: { 200: runnerSchema },
      },
    },
    async (request) => {
      const { id } = request.params
      const patch = withoutUndefined(request.body) as RunnerPatch
      return shown(await store.updateRunner(id, patch, entry(request, 'runner.changed', id, { ...patch })))
    },
  )

  app.post(
    '/v1/runners/:id/rotate-token',
    {
      config: { access: 'admin' },
      schema: {
        tags,
        operationId: 'rotateRunnerToken',
        summary: 'Give a runner a new token; the old one works until the overlap ends',
        params: idParams,
        body: rotateBody,
        response: { 200: rotated },
      },
    },
    async (request) => {
      const { id } = request.params
      const runner = await store.findRunner(id)
      if (!runner) throw notFound('runner', id)
      const token = newToken(tokenPrefix.runner)
      const enrolled = runner.publicKey !== null
      const { overlapSec = enrolled ? enrolledOverlapSec : 300 } = request.body
      const now = clock.now()
      // What it has not fetched yet is nobody's: the token that it has stays the one before.
      const askedAt = awaitedSince(runner.tokenHash)
      const previousTokenHash = askedAt === null ? runner.tokenHash : runner.previousTokenHash
      // What ended stays so, whoever has it.
      const ended = isLockedOut(runner, now)
      const previousTokenExpiresAt = ended ? (runner.previousTokenExpiresAt ?? now) : now + overlapSec * 1000
      const tokenHash = enrolled ? awaitedToken(askedAt ?? now) : hashToken(token)
      const patch = { tokenHash, previousTokenHash, previousTokenExpiresAt }
      await store.updateRunner(id, patch, entry(request, 'runner.token_rotated', id, { overlapSec }))
      return { id, token: enrolled ? null : token, previousTokenExpiresAt: isoTime(previousTokenExpiresAt) }
    },
  )

  app.delete(
    '/v1/runners/:id',
    {
      config: { access: 'admin' },
      schema: {
        tags,
        operationId: 'deleteRunner',
        summary: 'Delete a runner without live orders',
        params: idParams,
        response: { 204: z.null() },
      },
    },
    async (request, reply) => {
      const { id } = request.params
      await store.deleteRunner(id, entry(request, 'runner.deleted', id, {}))
      return reply.code(204).send(null)
    },
  )

  app.post(
    '/v1/enrolments',
    {
      config: { access: 'admin' },
      schema: {
        tags,
        operationId: 'createEnrolment',
        summary: 'Invite a machine to become a runner: a token that works once, for 15 minutes',
        body: enrolmentBody,
        response: { 201: enrolmentSchema },
      },
    },
    async (request, reply) => {
      const { serverId = null, ...body } = request.body
      if (serverId !== null && !(await store.findServer(serverId))) throw notFound('server', serverId)
      const now = clock.now()
      const token = newToken(tokenPrefix.enrolment)
      const enrolment = {
        id: newId(),
        ...body,
        serverId,
        tokenHash: hashToken(token),
        createdBy: callingActor(request),
        createdAt: now,
        expiresAt: now + enrolmentLifeMs,
        redeemedAt: null,
        runnerId: null,
      }
      const { id, name, scopes } = enrolment
      const audit = entry(request, 'runner.invited', id, { name, scopes, ...(serverId ? { serverId } : {}) })
      await store.insertEnrolment(enrolment, { ...audit, subject: `enrolment:${id}` })
      return reply.code(201).send({ id, name, serverId, scopes, token, expiresAt: isoTime(enrolment.expiresAt) })
    },
  )

  app.get(
    '/v1/enrolments',
    {
      config: { access: 'admin' },
      schema: {
        tags,
        operationId: 'listEnrolments',
        summary: 'List invitations that can still be redeemed',
        querystring: idCursor,
        response: { 200: pageOf(openEnrolmentSchema) },
      },
    },
    async ({ query: { limit, cursor } }) => {
      const { items, next } = await store.listEnrolments(clock.now(), { limit, cursor: cursor ?? null })
      return { items: items.map(enrolmentResource), next }
    },
  )

  app.delete(
    '/v1/enrolments/:id',
    {
      config: { access: 'admin' },
      schema: {
        tags,
        operationId: 'revokeEnrolment',
        summary: 'Take an invitation back that nobody has redeemed',
        params: idParams,
        response: { 204: z.null() },
      },
    },
    async (request, reply) => {
      const { id } = request.params
      const audit = { ...entry(request, 'runner.uninvited', id, {}), subject: `enrolment:${id}` }
      await store.revokeEnrolment(id, clock.now(), audit)
      return reply.code(204).send(null)
    },
  )

  function entry(request: FastifyRequest, action: string, id: string, data: Record<string, unknown>): AuditEntry {
    return { at: clock.now(), actor: callingActor(request), action, subject: `runner:${id}`, data }
  }
}
