import { callerOf, principalOf } from '@ikoma/backend/http'
import { emailTaken, type Tokens } from '@ikoma/backend/identity'
import { identityAccounts } from '@ikoma/backend/identity/schema'
import { AppError } from '@ikoma/kernel'
import { asc, count, eq, getColumns } from 'drizzle-orm'
import * as z from 'zod'
import { languageOf } from '../domain/language.ts'
import { profiles } from '../store/schema.ts'
import { type Parts, typed } from './parts.ts'

const tags = ['auth']
const email = z.string().max(254)
const password = z.string().min(1).max(128)
const name = z.string().trim().min(1).max(100)
const token = z.string().min(1).max(200)
const message = z.object({ message: z.string() })
const tokens = z.object({
  access_token: z.string(),
  refresh_token: z.string(),
  token_type: z.string(),
  expires_in: z.number().int().describe('Seconds.'),
})
const user = z
  .object({ user_id: z.uuid(), email: z.string(), full_name: z.string(), role: z.string() })
  .meta({ id: 'User' })

export function authRoutes(parts: Parts): void {
  signingRoutes(parts)
  passwordRoutes(parts)
  userRoutes(parts)
}

function signingRoutes({ app: server, identity, database }: Parts): void {
  const app = typed(server)
  const strict = { access: 'anyone', limit: { max: 10, windowSec: 60 } } as const

  app.post(
    '/api/v1/auth/register',
    {
      config: strict,
      schema: {
        tags,
        summary: 'Register; a link is sent to the address',
        body: z.strictObject({
          email,
          password,
          first_name: name,
          last_name: name,
          phone_number: z.string().max(30).optional(),
        }),
        response: { 201: user },
      },
    },
    async ({ body, headers }, reply) => {
      const names = { firstName: body.first_name, lastName: body.last_name, phoneNumber: body.phone_number ?? null }
      const registered = await identity.register(body, async (tx, { id }) => {
        await tx.insert(profiles).values({ accountId: id, ...names, locale: languageOf(headers['accept-language']) })
      })
      if (registered.status === 'taken') throw emailTaken()
      const { account } = registered
      return reply.code(201).send(shownUser({ ...account, ...names }))
    },
  )

  app.post(
    '/api/v1/auth/login',
    {
      config: { ...strict, errors: [401, 403] },
      schema: {
        tags,
        summary: 'Sign in',
        body: z.strictObject({ email, password, code: z.string().max(20).optional() }),
        response: { 200: tokens.extend({ user }) },
      },
    },
    async ({ body, ip }) => {
      const signedIn = await identity.login({ ...body, client: { address: ip } })
      const [profile] = await database.db.select().from(profiles).where(eq(profiles.accountId, signedIn.account.id))
      return { ...shownTokens(signedIn), user: shownUser({ ...signedIn.account, ...profile }) }
    },
  )

  app.post(
    '/api/v1/auth/refresh',
    {
      config: { ...strict, errors: [401] },
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
      const { sessionId } = principalOf(request) as unknown as { sessionId: string }
      await identity.logout({ sessionId })
      return { message: 'You are signed out.' }
    },
  )
}

function passwordRoutes({ app: server, identity }: Parts): void {
  const app = typed(server)
  const strict = { access: 'anyone', limit: { max: 10, windowSec: 60 } } as const

  app.post(
    '/api/v1/auth/verify-email',
    {
      config: strict,
      schema: { tags, summary: 'Verify an address', body: z.strictObject({ token }), response: { 200: message } },
    },
    async ({ body }) => {
      await identity.verifyEmail(body.token)
      return { message: 'Your address is verified. You can sign in.' }
    },
  )

  for (const url of ['/api/v1/auth/request-password-reset', '/api/v1/auth/forgot-password']) {
    app.post(
      url,
      {
        config: strict,
        schema: {
          tags,
          summary: 'Ask for a link to a new password',
          body: z.strictObject({ email }),
          response: { 200: message },
        },
      },
      async ({ body, ip }) => {
        await identity.requestPasswordReset({ email: body.email, client: { address: ip } })
        return { message: 'If the address has an account, a link was sent to it.' }
      },
    )
  }

  app.post(
    '/api/v1/auth/reset-password',
    {
      config: strict,
      schema: {
        tags,
        summary: 'Choose a new password by a link',
        body: z.strictObject({ token, new_password: password }),
        response: { 200: message },
      },
    },
    async ({ body }) => {
      await identity.resetPassword({ token: body.token, newPassword: body.new_password })
      return { message: 'Your password is changed. Sign in again.' }
    },
  )
}

const listedUser = user.extend({ is_active: z.boolean(), is_email_verified: z.boolean() })

function userRoutes({ app: server, identity, database }: Parts): void {
  const app = typed(server)
  const { db } = database
  const account = { ...getColumns(identityAccounts), ...getColumns(profiles) }

  app.get(
    '/api/v1/auth/me',
    { config: { access: 'user' }, schema: { tags, summary: 'Who I am', response: { 200: user } } },
    async (request) => shownUser(await find(callerOf(request).id)),
  )

  app.get(
    '/api/v1/auth/users',
    {
      config: { access: 'managers' },
      schema: {
        tags,
        summary: 'The accounts',
        querystring: z.object({
          offset: z.coerce.number().int().min(0).max(1_000_000).default(0),
          limit: z.coerce.number().int().min(1).max(100).default(20),
          role: z.enum(['client', 'washer', 'manager', 'admin']).optional(),
        }),
        response: { 200: z.object({ users: z.array(listedUser), total_count: z.number().int() }) },
      },
    },
    async ({ query: { offset, limit, role } }) => {
      const wanted = role ? eq(identityAccounts.role, role) : undefined
      const joined = db
        .select(account)
        .from(identityAccounts)
        .leftJoin(profiles, eq(profiles.accountId, identityAccounts.id))
      const users = await joined.where(wanted).orderBy(asc(identityAccounts.id)).offset(offset).limit(limit)
      const [total] = await db.select({ n: count() }).from(identityAccounts).where(wanted)
      return { users: users.map(shownListed), total_count: total?.n ?? 0 }
    },
  )

  app.get(
    '/api/v1/auth/users/:id',
    {
      config: { access: 'admins' },
      schema: { tags, summary: 'An account', params: z.object({ id: z.uuid() }), response: { 200: listedUser } },
    },
    async ({ params }) => shownListed(await find(params.id)),
  )

  app.patch(
    '/api/v1/auth/users/:id/role',
    {
      config: { access: 'admins' },
      schema: {
        tags,
        summary: 'Give an account another role, one step up or down',
        params: z.object({ id: z.uuid() }),
        body: z.strictObject({ role: z.enum(['client', 'washer', 'manager', 'admin']) }),
        response: { 200: listedUser },
      },
    },
    async (request) => {
      const { id } = request.params
      const { role } = await find(id)
      if (id === callerOf(request).id)
        throw new AppError('unprocessable', 'Ask another admin to change your own role.', { reason: 'own_role' })
      if (Math.abs(identity.roles.stepsBetween(role, request.body.role)) > 1)
        throw new AppError('unprocessable', `From ${role} a role changes by one step.`, { reason: 'role_step' })
      await identity.setRole({ accountId: id, role: request.body.role })
      return shownListed(await find(id))
    },
  )

  async function find(id: string) {
    const joined = db
      .select(account)
      .from(identityAccounts)
      .leftJoin(profiles, eq(profiles.accountId, identityAccounts.id))
    const [found] = await joined.where(eq(identityAccounts.id, id))
    if (!found) throw new AppError('not_found', 'There is no such user.', { reason: 'user_not_found' })
    return found
  }
}

function shownTokens({ accessToken, refreshToken, expiresInSec }: Tokens) {
  return { access_token: accessToken, refresh_token: refreshToken, token_type: 'bearer', expires_in: expiresInSec }
}

interface Named {
  id: string
  email: string
  role: string
  firstName?: string | null
  lastName?: string | null
}

function shownUser({ id, email: address, role, firstName, lastName }: Named) {
  return { user_id: id, email: address, full_name: [firstName, lastName].filter(Boolean).join(' '), role }
}

function shownListed(account: Named & { disabledAt: Date | null; emailVerifiedAt: Date | null }) {
  const { disabledAt, emailVerifiedAt } = account
  return { ...shownUser(account), is_active: disabledAt === null, is_email_verified: emailVerifiedAt !== null }
}
