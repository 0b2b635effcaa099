import * as z from 'zod'
import { family, look } from './order-type.ts'

const toolSchema = z.object({ found: z.boolean(), version: z.string().nullable() })

const selftestCheck = z.object({
  name: z.string(),
  status: z.enum(['ok', 'warn', 'fail']).describe('`warn`: worth knowing, nothing is broken.'),
  detail: z.string(),
})

export const runner = family({
  'runner.selftest': look({
    title: { en: 'Check that the runner can do its work', fr: 'Vérifier que le runner peut travailler' },
    // Every runner may examine itself, whatever its scopes.
    requiredScope: null,
    payload: z.strictObject({}),
    example: {},
    output: z.object({
      checks: z.array(selftestCheck),
      stateDirectory: z.object({ path: z.string(), writable: z.boolean() }),
      clockSkewMs: z.number().nullable(),
      disk: z.object({ totalBytes: z.number(), freeBytes: z.number() }),
      memory: z.object({ totalBytes: z.number(), availableBytes: z.number() }),
      tools: z.record(z.string(), toolSchema),
      privileges: z.object({ uid: z.number(), user: z.string(), root: z.boolean() }),
    }),
  }),
})
