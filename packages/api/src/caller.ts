import { roles } from '@ikoma/domain'
import * as z from 'zod'
import { timeField } from './fields.ts'

/** Whoever asks, as the control plane sees them. */
export const callerSchema = z
  .object({
    kind: z.enum(['admin-key', 'token']).describe('What was shown.'),
    actor: z.string().describe('How the audit calls them.'),
    role: z.enum(roles),
    expiresAt: timeField.nullable().describe('When the credential ends by itself; null for the admin key.'),
  })
  .meta({ id: 'Caller' })
export type CallerResource = z.infer<typeof callerSchema>
