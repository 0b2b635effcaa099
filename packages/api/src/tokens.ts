import { roles } from '@ikoma/domain'
import * as z from 'zod'
import { idField, nameField, timeField } from './fields.ts'

export const tokenBody = z.strictObject({
  name: nameField,
  role: z.enum(roles),
  expiresInDays: z.number().int().min(1).max(366).default(90),
})

export const tokenSchema = z
  .object({
    id: idField,
    name: z.string(),
    role: z.enum(roles),
    createdBy: z.string(),
    createdAt: timeField,
    expiresAt: timeField,
    expired: z.boolean(),
  })
  .meta({ id: 'Token' })
export type TokenResource = z.infer<typeof tokenSchema>

/** The token is shown this once. */
export const tokenWithSecret = tokenSchema.extend({ token: z.string() })
export type TokenWithSecret = z.infer<typeof tokenWithSecret>
