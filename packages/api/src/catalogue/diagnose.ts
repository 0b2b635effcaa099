import * as z from 'zod'
import { accountField } from './fields/account.ts'
import { pathField } from './fields/path.ts'
import { family, look } from './order-type.ts'

const wordsSchema = z.object({ en: z.string(), fr: z.string() })

const findingSchema = z.object({
  /** What was recognised, such as `port_taken`. */
  rule: z.string(),
  /** What people notice, and why it is so. */
  symptom: wordsSchema,
  cause: wordsSchema,
  /** `certain`: seen as it is now. `likely`: a log says so. `possible`: worth a look. */
  confidence: z.enum(['certain', 'likely', 'possible']),
  /** Lines as they were seen, redacted and cut. */
  evidence: z.array(z.string()),
  mend: z.object({
    advice: wordsSchema,
    /** Placing this would mend it; null where a person has to. */
    order: z.object({ type: z.string(), payload: z.record(z.string(), z.unknown()) }).nullable(),
  }),
  /** The finding that explains this one, and is to be mended first. */
  consequenceOf: z.string().nullable(),
})

export const diagnose = family({
  'diagnose.run': look({
    title: { en: 'Find out what is wrong', fr: 'Trouver ce qui ne va pas' },
    timeoutSec: 180,
    // Logs, and who holds a port, are for root to see.
    privileged: true,
    payload: z.strictObject({
      /** `gateway`, or a unit of another kind with its suffix. */
      unit: z
        .string()
        .regex(/^[A-Za-z0-9_][A-Za-z0-9:_.@-]{0,200}$/, 'a systemd unit such as "gateway"')
        .optional(),
      /** Where the app should listen. */
      port: z.number().int().min(1).max(65_535).optional(),
      /** Asked from this server; the root of the domain by default. */
      url: z
        .url({ protocol: /^https?$/ })
        .max(2000)
        .optional(),
      domain: z
        .string()
        .regex(
          /^(?=.{1,253}$)([a-z0-9]([a-z0-9-]{0,61}[a-z0-9])?\.)+[a-z][a-z0-9-]{0,61}[a-z0-9]$/,
          'a domain name in lower case',
        )
        .optional(),
      /** Public addresses of this server, where it is behind NAT and cannot see them itself. */
      addresses: z
        .array(z.union([z.ipv4(), z.ipv6()]))
        .max(10)
        .default([]),
      sqlitePath: pathField.optional(),
      composeFile: pathField.optional(),
      pm2Name: z
        .string()
        .regex(/^[A-Za-z0-9_][A-Za-z0-9_.-]{0,62}$/, 'the name of a process of PM2')
        .optional(),
      /** Whose PM2 it is. */
      pm2User: accountField.default('root'),
      /** How far back logs are read. */
      sinceMin: z.number().int().min(1).max(1440).default(60),
    }),
    example: { unit: 'gateway', port: 8080 },
    output: z.object({
      /** Causes before their consequences; empty when nothing wrong was found. */
      findings: z.array(findingSchema),
      notLookedAt: z.array(z.object({ what: z.string(), why: z.string() })),
    }),
  }),
})
