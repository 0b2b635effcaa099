import { callerOf } from '@ikoma/backend/http'
import * as z from 'zod'
import { type Parts, typed } from '../parts.ts'
import { clientOf } from './device-cookie.ts'
import { email, message, password, renewed, shownAccess, strict, tags, token } from './shapes.ts'
import { sessionOf } from './signing.ts'

export function passwordRoutes({ app: server, identity }: Parts): void {
  const app = typed(server)
  const config = { ...strict, access: 'anyone' }

  for (const url of ['/api/v1/auth/request-password-reset', '/api/v1/auth/forgot-password']) {
    app.post(
      url,
      {
        config,
        schema: {
          tags,
          summary: 'Ask for a link to a new password',
          body: z.strictObject({ email }),
          response: { 200: message },
        },
      },
      async (request) => {
        await identity.requestPasswordReset({ email: request.body.email, client: clientOf(request) })
        return { message: 'If the address has an account, a link was sent to it.' }
      },
    )
  }

  app.post(
    '/api/v1/auth/reset-password',
    {
      config,
      schema: {
        tags,
        summary: 'Choose a new password by a link; every session ends',
        body: z.strictObject({ token, new_password: password }),
        response: { 200: message },
      },
    },
    async ({ body }) => {
      await identity.resetPassword({ token: body.token, newPassword: body.new_password })
      return { message: 'Your password is changed. Sign in again.' }
    },
  )

  app.post(
    '/api/v1/auth/change-password',
    {
      config: { ...strict, access: 'user' },
      schema: {
        tags,
        summary: 'Change the password; every other session ends, and this one goes on with the token of the answer',
        body: z.strictObject({ current_password: password, new_password: password }),
        response: { 200: renewed },
      },
    },
    async (request) => {
      const { current_password: currentPassword, new_password: newPassword } = request.body
      const who = { accountId: callerOf(request).id, sessionId: sessionOf(request), client: clientOf(request) }
      return shownAccess(await identity.changePassword({ ...who, currentPassword, newPassword }))
    },
  )
}
