import { callerOf } from '@ikoma/backend/http'
import * as z from 'zod'
import { findUser, writeProfile } from '../../store/users.ts'
import { type Parts, typed } from '../parts.ts'
import { clientOf } from './device-cookie.ts'
import { email, message, name, password, phone, shownUser, strict, tags, token, user } from './shapes.ts'

const profile = user.extend({
  first_name: z.string(),
  last_name: z.string(),
  phone_number: z.string().nullable(),
})

/** One's own account. */
export function accountRoutes({ app: server, identity, database }: Parts): void {
  const app = typed(server)

  app.get(
    '/api/v1/auth/me',
    { config: { access: 'user' }, schema: { tags, summary: 'Who I am', response: { 200: user } } },
    async (request) => shownUser(await findUser(database.db, callerOf(request).id)),
  )

  app.put(
    '/api/v1/auth/profile',
    {
      config: { access: 'user' },
      schema: {
        tags,
        summary: 'Change my name or number; what is not named stays',
        body: z.strictObject({ first_name: name, last_name: name, phone_number: phone.min(1).nullable() }).partial(),
        response: { 200: profile },
      },
    },
    async (request) => {
      const { id } = callerOf(request)
      const { first_name: firstName, last_name: lastName, phone_number: phoneNumber } = request.body
      const written = await writeProfile(database.db, id, { firstName, lastName, phoneNumber })
      const names = { first_name: written.firstName, last_name: written.lastName, phone_number: written.phoneNumber }
      return { ...shownUser(await findUser(database.db, id)), ...names }
    },
  )

  app.post(
    '/api/v1/auth/change-email',
    {
      config: { ...strict, access: 'user' },
      schema: {
        tags,
        summary: 'Ask for a link at a new address; nothing changes until it is opened',
        body: z.strictObject({ new_email: email, current_password: password }),
        response: { 200: message },
      },
    },
    async (request) => {
      const { new_email: newEmail, current_password: currentPassword } = request.body
      const who = { accountId: callerOf(request).id, client: clientOf(request) }
      await identity.requestEmailChange({ ...who, newEmail, currentPassword })
      return { message: 'A link was sent to the new address. Until it is opened nothing changes.' }
    },
  )

  app.post(
    '/api/v1/auth/confirm-email',
    {
      config: { ...strict, access: 'anyone' },
      schema: {
        tags,
        summary: 'Take the new address by its link; every session ends',
        body: z.strictObject({ token }),
        response: { 200: message },
      },
    },
    async ({ body }) => {
      await identity.confirmEmailChange(body.token)
      return { message: 'Your address is changed. Sign in with it.' }
    },
  )
}
