import { callerOf } from '@ikoma/backend/http'
import * as z from 'zod'
import { type Parts, typed } from '../parts.ts'
import { clientOf } from './device-cookie.ts'
import { code, message, password, strict, tags } from './shapes.ts'

export function secondFactorRoutes({ app: server, identity }: Parts): void {
  const app = typed(server)
  const config = { ...strict, access: 'user' }

  app.get(
    '/api/v1/auth/totp',
    {
      config: { access: 'user' },
      schema: {
        tags,
        summary: 'Whether an authenticator is on',
        response: { 200: z.object({ enabled: z.boolean() }) },
      },
    },
    async (request) => ({ enabled: await identity.hasTotp(callerOf(request).id) }),
  )

  app.post(
    '/api/v1/auth/totp/begin',
    {
      config,
      schema: {
        tags,
        summary: 'A secret for an authenticator; it counts once a code of it is confirmed',
        body: z.strictObject({ current_password: password }),
        response: { 200: z.object({ secret: z.string(), uri: z.string().describe('For a QR code.') }) },
      },
    },
    async (request) => {
      const accountId = callerOf(request).id
      // Who has a session alone must not lock its owner out.
      const confirmation = { accountId, currentPassword: request.body.current_password, client: clientOf(request) }
      await identity.confirmPassword(confirmation)
      return identity.enrolTotp(accountId)
    },
  )

  app.post(
    '/api/v1/auth/totp/confirm',
    {
      config,
      schema: {
        tags,
        summary: 'Turn it on by a code; the recovery codes are shown this once',
        body: z.strictObject({ code }),
        response: { 200: z.object({ recovery_codes: z.array(z.string()) }) },
      },
    },
    async (request) => {
      const { recoveryCodes } = await identity.confirmTotp(callerOf(request).id, request.body.code)
      return { recovery_codes: recoveryCodes }
    },
  )

  app.post(
    '/api/v1/auth/totp/disable',
    {
      config,
      schema: { tags, summary: 'Turn it off by a code', body: z.strictObject({ code }), response: { 200: message } },
    },
    async (request) => {
      await identity.removeTotp(callerOf(request).id, request.body.code)
      return { message: 'Signing in takes your password alone from now on.' }
    },
  )
}
