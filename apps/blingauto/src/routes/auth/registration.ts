import { newId } from '@ikoma/kernel'
import * as z from 'zod'
import { languageOf } from '../../domain/language.ts'
import { profiles } from '../../store/schema.ts'
import { type Parts, typed } from '../parts.ts'
import { clientOf } from './device-cookie.ts'
import { email, message, name, password, phone, shownUser, strict, tags, token, user } from './shapes.ts'

export function registrationRoutes({ app: server, identity }: Parts): void {
  const app = typed(server)
  const config = { ...strict, access: 'anyone' }

  app.post(
    '/api/v1/auth/register',
    {
      config,
      schema: {
        tags,
        summary: 'Register; a link is sent to the address. One that has an account is answered alike, and told by mail',
        body: z.strictObject({
          email,
          password,
          first_name: name,
          last_name: name,
          phone_number: phone.optional(),
        }),
        response: { 201: user },
      },
    },
    async ({ body, headers }, reply) => {
      const names = { firstName: body.first_name, lastName: body.last_name, phoneNumber: body.phone_number ?? null }
      const registered = await identity.register(body, async (tx, { id }) => {
        await tx.insert(profiles).values({ accountId: id, ...names, locale: languageOf(headers['accept-language']) })
      })
      // Else anybody could ask who has an account here.
      const nobody = { id: newId(), email: body.email.trim().normalize('NFKC'), role: identity.roles.names[0] ?? '' }
      const account = registered.status === 'taken' ? nobody : registered.account
      return reply.code(201).send(shownUser({ ...account, ...names }))
    },
  )

  app.post(
    '/api/v1/auth/verify-email',
    {
      config,
      schema: { tags, summary: 'Verify an address', body: z.strictObject({ token }), response: { 200: message } },
    },
    async ({ body }) => {
      await identity.verifyEmail(body.token)
      return { message: 'Your address is verified. You can sign in.' }
    },
  )

  app.post(
    '/api/v1/auth/resend-verification',
    {
      config,
      schema: {
        tags,
        summary: 'Ask for the link again',
        body: z.strictObject({ email }),
        response: { 200: message },
      },
    },
    async (request) => {
      await identity.requestVerification({ email: request.body.email, client: clientOf(request) })
      return { message: 'If the address has an account that is not verified, a link was sent to it.' }
    },
  )
}
