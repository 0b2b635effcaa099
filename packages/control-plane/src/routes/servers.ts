import { attachBody, idParams, pageOf, serverBody, serverPatch, serverSchema } from '@ikoma/api'
import type { AuditEntry, ServerPatch } from '@ikoma/domain'
import { newId, notFound } from '@ikoma/kernel'
import type { FastifyRequest } from 'fastify'
import * as z from 'zod'
import { callingActor } from '../access.ts'
import type { Context } from '../context.ts'
import { serverResource } from '../present.ts'
import type { App } from './app.ts'
import { idCursor } from './paging.ts'
import { withoutUndefined } from './patch.ts'

const tags = ['servers']

export function serverRoutes(app: App, context: Context): void {
  const { store, clock } = context

  app.get(
    '/v1/servers',
    {
      config: { access: 'viewer' },
      schema: {
        tags,
        operationId: 'listServers',
        summary: 'List servers',
        querystring: idCursor,
        response: { 200: pageOf(serverSchema) },
      },
    },
    async ({ query: { limit, cursor } }) => {
      const page = await store.listServers({ limit, cursor: cursor ?? null })
      return { items: page.items.map(serverResource), next: page.next }
    },
  )

  app.post(
    '/v1/servers',
    {
      config: { access: 'admin' },
      schema: {
        tags,
        operationId: 'createServer',
        summary: 'Create a server',
        body: serverBody,
        response: { 201: serverSchema },
      },
    },
    async (request, reply) => {
      const now = clock.now()
      const { baseUrl = null, ...body } = request.body
      const server = { id: newId(), ...body, baseUrl, runnerId: null, createdAt: now, updatedAt: now }
      await store.insertServer(server, entry(request, 'server.created', server.id, { name: server.name }))
      return reply.code(201).send(serverResource(server))
    },
  )

  app.get(
    '/v1/servers/:id',
    {
      config: { access: 'viewer' },
      schema: {
        tags,
        operationId: 'getServer',
        summary: 'Show a server',
        params: idParams,
        response: { 200: serverSchema },
      },
    },
    async ({ params: { id } }) => {
      const server = await store.findServer(id)
      if (!server) throw notFound('server', id)
      return serverResource(server)
    },
  )

  app.patch(
    '/v1/servers/:id',
    {
      config: { access: 'admin' },
      schema: {
        tags,
        operationId: 'updateServer',
        summary: 'Change a server',
        params: idParams,
        body: serverPatch,
        response: { 200: serverSchema },
      },
    },
    async (request) => {
      const patch = withoutUndefined(request.body) as ServerPatch
      const { id } = request.params
      return serverResource(await store.updateServer(id, patch, entry(request, 'server.changed', id, patch)))
    },
  )

  app.patch(
    '/v1/servers/:id/attach-runner',
    {
      config: { access: 'admin' },
      schema: {
        tags,
        operationId: 'attachRunner',
        summary: 'Attach a runner to a server, or detach it with null',
        params: idParams,
        body: attachBody,
        response: { 200: serverSchema },
      },
    },
    async (request) => {
      const { id } = request.params
      const { runnerId } = request.body
      const action = runnerId === null ? 'server.runner_detached' : 'server.runner_attached'
      return serverResource(await store.updateServer(id, { runnerId }, entry(request, action, id, { runnerId })))
    },
  )

  app.delete(
    '/v1/servers/:id',
    {
      config: { access: 'admin' },
      schema: {
        tags,
        operationId: 'deleteServer',
        summary: 'Delete a server without live orders',
        params: idParams,
        response: { 204: z.null() },
      },
    },
    async (request, reply) => {
      const { id } = request.params
      await store.deleteServer(id, entry(request, 'server.deleted', id, {}))
      return reply.code(204).send(null)
    },
  )

  function entry(request: FastifyRequest, action: string, id: string, data: Record<string, unknown>): AuditEntry {
    return { at: clock.now(), actor: callingActor(request), action, subject: `server:${id}`, data }
  }
}
