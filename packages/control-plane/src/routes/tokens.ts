import { idParams, pageOf, tokenBody, tokenSchema, tokenWithSecret } from '@ikoma/api'
import { tokenBytes, tokenNameKey, tokenPrefix } from '@ikoma/domain'
import { newId } from '@ikoma/kernel'
import { hashToken, newToken } from '@ikoma/kernel/node'
import * as z from 'zod'
import { callingActor } from '../access.ts'
import type { Context } from '../context.ts'
import { tokenResource } from '../present.ts'
import type { App } from './app.ts'
import { idCursor } from './paging.ts'

const tags = ['tokens']
const dayMs = 86_400_000

export function tokenRoutes(app: App, { store, clock, keyring }: Context): void {
  app.get(
    '/v1/tokens',
    {
      config: { access: 'admin' },
      schema: {
        tags,
        operationId: 'listTokens',
        summary: 'List API tokens',
        querystring: idCursor,
        response: { 200: pageOf(tokenSchema) },
      },
    },
    async ({ query: { limit, cursor } }) => {
      const page = await store.listTokens({ limit, cursor: cursor ?? null })
      const shared = await sharedNames()
      const items = page.items.map((token) => tokenResource(token, clock.now(), shared.has(tokenNameKey(token.name))))
      return { items, next: page.next }
    },
  )

  app.post(
    '/v1/tokens',
    {
      config: { access: 'admin' },
      schema: {
        tags,
        operationId: 'createToken',
        summary: 'Create an API token; it is shown this once',
        body: tokenBody,
        response: { 201: tokenWithSecret },
      },
    },
    async (request, reply) => {
      const { name, role, expiresInDays } = request.body
      const secret = newToken(tokenPrefix.api)
      const now = clock.now()
      const actor = callingActor(request)
      const unsealed = {
        id: newId(),
        name,
        role,
        tokenHash: hashToken(secret),
        createdBy: actor,
        createdAt: now,
        expiresAt: now + expiresInDays * dayMs,
      }
      const token = { ...unsealed, seal: keyring.seal(tokenBytes(unsealed)) }
      const entry = { at: now, actor, action: 'token.created', subject: `token:${token.id}`, data: { name, role } }
      await store.insertToken(token, entry)
      return reply.code(201).send({ ...tokenResource(token, now), token: secret })
    },
  )

  app.delete(
    '/v1/tokens/:id',
    {
      config: { access: 'admin' },
      schema: {
        tags,
        operationId: 'deleteToken',
        summary: 'Revoke an API token',
        params: idParams,
        response: { 204: z.null() },
      },
    },
    async (request, reply) => {
      const { id } = request.params
      const subject = `token:${id}`
      const entry = { at: clock.now(), actor: callingActor(request), action: 'token.revoked', subject, data: {} }
      await store.deleteToken(id, entry)
      return reply.code(204).send(null)
    },
  )

  /** Names, by their key, that more than one token has: only a former version let that be. */
  async function sharedNames(): Promise<Set<string>> {
    const [seen, shared] = [new Set<string>(), new Set<string>()]
    let cursor: string | null = null
    do {
      const page = await store.listTokens({ limit: 200, cursor })
      for (const { name } of page.items) {
        const key = tokenNameKey(name)
        if (seen.has(key)) shared.add(key)
        seen.add(key)
      }
      cursor = page.next
    } while (cursor !== null)
    return shared
  }
}
