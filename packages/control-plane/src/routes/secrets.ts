import {
  pageOf,
  type SecretResource,
  secretBody,
  secretParams,
  secretQuery,
  secretRemoveQuery,
  secretRotateBody,
  secretRotation,
  secretSchema,
} from '@ikoma/api'
import type { Secret } from '@ikoma/domain'
import { notFound } from '@ikoma/kernel'
import * as z from 'zod'
import { callingActor } from '../access.ts'
import type { Context } from '../context.ts'
import { isoTime } from '../present.ts'
import type { SecretState } from '../secrets/secret-desk.ts'
import type { App } from './app.ts'

const tags = ['secrets']

export function secretRoutes(app: App, { store, secrets }: Context): void {
  app.get(
    '/v1/secrets',
    {
      config: { access: 'viewer' },
      schema: {
        tags,
        operationId: 'listSecrets',
        summary: 'List secrets, without their values',
        querystring: secretQuery,
        response: { 200: pageOf(secretSchema) },
      },
    },
    async ({ query: { limit, cursor } }) => {
      const { items, next } = await secrets.list({ limit, cursor: cursor ?? null })
      return { items: items.map(({ secret, state }) => secretResource(secret, state)), next }
    },
  )

  app.put(
    '/v1/secrets/:name',
    {
      config: { access: 'operator' },
      schema: {
        tags,
        operationId: 'setSecret',
        summary: 'Set a secret, or its next version; its value is never shown again',
        params: secretParams,
        body: secretBody,
        response: { 200: secretSchema },
      },
    },
    async (request) => {
      const { value, servers } = request.body
      for (const id of servers ?? []) if (!(await store.findServer(id))) throw notFound('server', id)
      const set = { name: request.params.name, value, servers }
      return secretResource(await secrets.set(set, callingActor(request)), 'ok')
    },
  )

  app.delete(
    '/v1/secrets/:name',
    {
      config: { access: 'operator' },
      schema: {
        tags,
        operationId: 'removeSecret',
        summary: 'Remove a secret that no live order and no schedule names',
        params: secretParams,
        querystring: secretRemoveQuery,
        response: { 204: z.null() },
      },
    },
    async (request, reply) => {
      const { force } = request.query
      await secrets.remove(request.params.name, force === '1' || force === 'true', callingActor(request))
      return reply.code(204).send(null)
    },
  )

  app.post(
    '/v1/secrets/rotate',
    {
      config: { access: 'admin' },
      schema: {
        tags,
        operationId: 'rotateSecrets',
        summary: 'Encrypt secrets with a new key, a bounded number a call; orders run meanwhile',
        body: secretRotateBody,
        response: { 200: secretRotation },
      },
    },
    async (request) => secrets.rotate(request.body.keyVersion, callingActor(request)),
  )
}

function secretResource(secret: Secret, state: SecretState): SecretResource {
  const { name, version, servers, keyVersion, createdAt, createdBy, updatedAt, updatedBy } = secret
  const times = { createdAt: isoTime(createdAt), updatedAt: isoTime(updatedAt) }
  return { name, version, servers, keyVersion, state, createdBy, updatedBy, ...times }
}
