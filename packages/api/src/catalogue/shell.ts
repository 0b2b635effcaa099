import * as z from 'zod'
import { argumentField, variableField } from './fields/argv.ts'
import { act, family } from './order-type.ts'

export const shell = family({
  'shell.run': act({
    title: { en: 'Run a program', fr: 'Exécuter un programme' },
    risk: 'destructive',
    timeoutSec: 300,
    privileged: false,
    staysAfterStop: 'what the program did is not taken back',
    payload: z.strictObject({
      argv: z
        .array(argumentField)
        .min(1)
        .max(256)
        .describe('The program and its arguments, passed as they are: no shell reads them.'),
      cwd: z
        .string()
        .max(4096)
        .regex(/^\/[^\0]*$/, 'an absolute path')
        .refine((text) => text.isWellFormed(), 'must be Unicode text')
        .optional()
        .describe("The folder to run it in, by its absolute path; the runner's work directory by default."),
      env: z
        .record(z.string().regex(/^[A-Za-z_][A-Za-z0-9_]{0,99}$/), variableField)
        .default({})
        .describe("Environment variables added to a minimal environment; the runner's own are not passed on."),
      okExitCodes: z
        .array(z.number().int().min(0).max(255))
        .min(1)
        .max(20)
        .default([0])
        .describe('The exit codes that count as success.'),
    }),
    example: { argv: ['/bin/true'] },
    output: z.object({
      exitCode: z.number().int().nullable(),
      signal: z.string().nullable(),
      durationMs: z.number(),
      stdoutTail: z.string().describe('The last 16 KiB of what it printed, redacted; the log has the rest.'),
      stderrTail: z.string().describe('The last 16 KiB of the errors it printed, redacted; the log has the rest.'),
    }),
  }),
})
