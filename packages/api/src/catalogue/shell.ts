import * as z from 'zod'
import { act, family } from './order-type.ts'

const argument = z
  .string()
  .max(8192)
  .refine((text) => !text.includes('\0'), 'must not contain NUL')

export const shell = family({
  'shell.run': act({
    title: { en: 'Run a program', fr: 'Exécuter un programme' },
    risk: 'destructive',
    timeoutSec: 300,
    privileged: false,
    payload: z.strictObject({
      /** Program and arguments, passed as they are: no shell reads them. */
      argv: z.array(argument).min(1).max(256),
      /** Absolute. The runner's work directory by default. */
      cwd: z
        .string()
        .max(4096)
        .regex(/^\/[^\0]*$/, 'an absolute path')
        .optional(),
      /** Added to a minimal environment; the runner's own is not passed on. */
      env: z.record(z.string().regex(/^[A-Za-z_][A-Za-z0-9_]{0,99}$/), argument).default({}),
      /** Exit codes that count as success. */
      okExitCodes: z.array(z.number().int().min(0).max(255)).min(1).max(20).default([0]),
    }),
    example: { argv: ['/bin/true'] },
    output: z.object({
      exitCode: z.number().int().nullable(),
      signal: z.string().nullable(),
      durationMs: z.number(),
      /** The last 16 KiB of each stream, redacted; the log has the rest. */
      stdoutTail: z.string(),
      stderrTail: z.string(),
    }),
  }),
})
