import { callerOf } from '@ikoma/backend/http'
import { AppError } from '@ikoma/kernel'
import * as z from 'zod'
import { findUser, keepAnAdmin, listUsers, type User, userStatuses } from '../../store/users.ts'
import { type Parts, typed } from '../parts.ts'
import { listedUser, shownUser, tags } from './shapes.ts'

const role = z.enum(['client', 'washer', 'manager', 'admin'])
const params = z.object({ id: z.uuid() })

/** Everybody's accounts, for those who run the place. */
export function userRoutes({ app: server, identity, database }: Parts): void {
  const app = typed(server)
  const { db } = database
  const admins = { access: 'admins' }

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
          role: role.optional(),
          status: z.enum(userStatuses).optional().describe('Inactive: disabled. Unverified: cannot sign in yet.'),
        }),
        response: { 200: z.object({ users: z.array(listedUser), total_count: z.number().int() }) },
      },
    },
    async ({ query: { offset, limit, ...filter } }) => {
      const { users, total } = await listUsers(db, filter, { offset, limit })
      return { users: users.map(shown), total_count: total }
    },
  )

  app.get(
    '/api/v1/auth/users/:id',
    { config: admins, schema: { tags, summary: 'An account', params, response: { 200: listedUser } } },
    async (request) => shown(await findUser(db, request.params.id)),
  )

  app.patch(
    '/api/v1/auth/users/:id/role',
    {
      config: admins,
      schema: {
        tags,
        summary: 'Give an account another role, one step up or down',
        params,
        body: z.strictObject({ role }),
        response: { 200: listedUser },
      },
    },
    async (request) => {
      const { id } = request.params
      const before = await findUser(db, id)
      refuseOwn(id, callerOf(request).id)
      if (Math.abs(identity.roles.stepsBetween(before.role, request.body.role)) > 1)
        throw new AppError('unprocessable', `From ${before.role} a role changes by one step.`, { reason: 'role_step' })
      await identity.setRole({ accountId: id, role: request.body.role }, keepAnAdmin)
      return shown(await findUser(db, id))
    },
  )

  app.post(
    '/api/v1/auth/users/:id/disable',
    {
      config: admins,
      schema: { tags, summary: 'Let nobody sign in; its sessions end', params, response: { 200: listedUser } },
    },
    async (request) => {
      const { id } = await findUser(db, request.params.id)
      refuseOwn(id, callerOf(request).id)
      await identity.disable(id, keepAnAdmin)
      return shown(await findUser(db, id))
    },
  )

  app.post(
    '/api/v1/auth/users/:id/enable',
    { config: admins, schema: { tags, summary: 'Let it sign in again', params, response: { 200: listedUser } } },
    async (request) => {
      const { id } = await findUser(db, request.params.id)
      await identity.enable(id)
      return shown(await findUser(db, id))
    },
  )
}

function refuseOwn(id: string, caller: string): void {
  if (id === caller)
    throw new AppError('unprocessable', 'Ask another admin to change your own account.', { reason: 'own_account' })
}

function shown(account: User): z.infer<typeof listedUser> {
  const { disabledAt, emailVerifiedAt } = account
  return { ...shownUser(account), is_active: disabledAt === null, is_email_verified: emailVerifiedAt !== null }
}
