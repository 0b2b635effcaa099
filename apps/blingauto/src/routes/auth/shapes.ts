import type { Tokens } from '@ikoma/backend/identity'
import * as z from 'zod'

export const tags = ['auth']
export const email = z.string().max(254)
export const password = z.string().min(1).max(128)
export const name = z.string().trim().min(1).max(100)
export const phone = z.string().trim().max(30)
export const token = z.string().min(1).max(200)
export const code = z.string().trim().min(6).max(40).describe('Of the authenticator, or a recovery code.')
export const message = z.object({ message: z.string() })

const accessToken = {
  access_token: z.string(),
  token_type: z.string(),
  expires_in: z.number().int().describe('Seconds.'),
}
export const renewed = z.object(accessToken)
export const tokens = z.object({ ...accessToken, refresh_token: z.string() })

export const user = z
  .object({ user_id: z.uuid(), email: z.string(), full_name: z.string(), role: z.string() })
  .meta({ id: 'User' })
export const listedUser = user.extend({ is_active: z.boolean(), is_email_verified: z.boolean() })

/** For routes that take a credential: whoever guesses is slowed down by its address, beside what identity counts. */
export const strict = { limit: { max: 10, windowSec: 60 } } as const

export function shownAccess({ accessToken: access, expiresInSec }: Pick<Tokens, 'accessToken' | 'expiresInSec'>) {
  return { access_token: access, token_type: 'bearer', expires_in: expiresInSec }
}

export function shownTokens(given: Tokens) {
  return { ...shownAccess(given), refresh_token: given.refreshToken }
}

interface Named {
  id: string
  email: string
  role: string
  firstName?: string | null | undefined
  lastName?: string | null | undefined
}

export function shownUser({ id, email: address, role, firstName, lastName }: Named): z.infer<typeof user> {
  return { user_id: id, email: address, full_name: [firstName, lastName].filter(Boolean).join(' '), role }
}
