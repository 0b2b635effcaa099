import { principalOf } from '@ikoma/backend/http'
import { AppError } from '@ikoma/kernel'
import { eq } from 'drizzle-orm'
import type { FastifyRequest } from 'fastify'
import * as z from 'zod'
import { profiles } from '../../store/schema.ts'
import { type Parts, typed } from '../parts.ts'
import { clientOf, rememberDevice } from './device-cookie.ts'
import { email, message, password, shownTokens, shownUser, strict, tags, token, tokens, user } from './shapes.ts'

export function signingRoutes({ app: server, identity, database }: Parts): void {
  const app = typed(server)

  app.post(
    '/api/v1/auth/login',
    {
      config: { ...strict, access: 'anyone', errors: [401, 403] },
      schema: {
        tags,
        summary: 'Sign in, with a code of the authenticator where there is one',
        body: z.strictObject({ email, password, code: z.string().max(40).optional() }),
        response: { 200: tokens.extend({ user }) },
      },
    },
    async (request, reply) => {
      const signedIn = await identity.login({ ...request.body, client: clientOf(request) })
      rememberDevice(reply, signedIn.deviceToken)
      const [profile] = await database.db.select().from(profiles).where(eq(profiles.accountId, signedIn.account.id))
      return { ...shownTokens(signedIn), user: shownUser({ ...profile, ...signedIn.account }) }
    },
  )

  app.post(
    '/api/v1/auth/refresh',
    {
      config: { ...strict, access: 'anyone', errors: [401] },
      schema: {
        tags,
        summary: 'Exchange a refresh token, once, for new tokens',
        body: z.strictObject({ refresh_token: token }),
        response: { 200: tokens },
      },
    },
    async ({ body }) => shownTokens(await identity.refresh(body.refresh_token)),
  )

  app.post(
    '/api/v1/auth/logout',
    { config: { access: 'user' }, schema: { tags, summary: 'End this session', response: { 200: message } } },
    async (request) => {
      await identity.logout({ sessionId: sessionOf(request) })
      return { message: 'You are signed out.' }
    },
  )
}

/** The session that a request's access token is of. */
export function sessionOf(request: FastifyRequest): string {
  const principal = principalOf(request)
  if (principal && 'sessionId' in principal) return String(principal.sessionId)
  throw new AppError('unauthorized', 'Sign in first.', { reason: 'unauthorized' })
}
