import { isReservedTokenName, roles, tokenNamePattern } from '@ikoma/domain'
import * as z from 'zod'
import { idField, timeField } from './fields.ts'

/** What is done with the token is recorded by its name, so no two may look alike. */
const tokenName = z
  .string()
  .normalize('NFC')
  .trim()
  .max(100)
  .regex(tokenNamePattern, "letters (Latin), digits, spaces and . _ - @ + / ( ) '")
  .refine((name) => !isReservedTokenName(name), 'is how the audit calls somebody else')

export const tokenBody = z.strictObject({
  name: tokenName,
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
    /** Another token has this name, or one that could be taken for it: from before this was refused. */
    sharesName: z.boolean(),
  })
  .meta({ id: 'Token' })
export type TokenResource = z.infer<typeof tokenSchema>

/** The token is shown this once. */
export const tokenWithSecret = tokenSchema.extend({ token: z.string() })
export type TokenWithSecret = z.infer<typeof tokenWithSecret>
