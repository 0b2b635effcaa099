import * as z from 'zod'
import { accountField } from './fields/account.ts'
import { pathField } from './fields/path.ts'
import { urlField } from './fields/url.ts'
import { family, look } from './order-type.ts'

const wordsSchema = z.object({ en: z.string(), fr: z.string() })

const findingSchema = z.object({
  rule: z.string().describe('What was recognised, such as `port_taken`.'),
  symptom: wordsSchema.describe('What people notice.'),
  cause: wordsSchema.describe('Why it is so.'),
  confidence: z
    .enum(['certain', 'likely', 'possible'])
    .describe('`certain`: seen as it is now. `likely`: a log says so. `possible`: worth a look.'),
  evidence: z.array(z.string()).describe('Lines as they were seen, redacted and cut.'),
  mend: z.object({
    advice: wordsSchema,
    order: z
      .object({ type: z.string(), payload: z.record(z.string(), z.unknown()) })
      .nullable()
      .describe('Placing this would mend it; null where a person has to.'),
  }),
  consequenceOf: z.string().nullable().describe('The finding that explains this one, and is to be mended first.'),
})

export const diagnose = family({
  'diagnose.run': look({
    title: { en: 'Find out what is wrong', fr: 'Trouver ce qui ne va pas' },
    timeoutSec: 180,
    // Logs, and who holds a port, are for root to see.
    privileged: true,
    payload: z.strictObject({
      unit: z
        .string()
        .regex(/^[A-Za-z0-9_][A-Za-z0-9:_.@-]{0,200}$/, 'a systemd unit such as "gateway"')
        .optional()
        .describe('The systemd unit to look at: `gateway`, or a unit of another kind with its suffix.'),
      port: z.number().int().min(1).max(65_535).optional().describe('The port that the app should listen on.'),
      url: urlField.optional().describe('The address to ask for from this server; the root of `domain` by default.'),
      domain: z
        .string()
        .regex(
          /^(?=.{1,253}$)([a-z0-9]([a-z0-9-]{0,61}[a-z0-9])?\.)+[a-z][a-z0-9-]{0,61}[a-z0-9]$/,
          'a domain name in lower case',
        )
        .optional()
        .describe('The domain that the app is reached by, in lower case.'),
      addresses: z
        .array(z.union([z.ipv4(), z.ipv6()]))
        .max(10)
        .default([])
        .describe('The public IP addresses of this server, where it is behind NAT and cannot see them itself.'),
      sqlitePath: pathField.optional().describe('The SQLite file of the app, to be looked at.'),
      composeFile: pathField.optional().describe('The compose file of the app, to be looked at.'),
      pm2Name: z
        .string()
        .regex(/^[A-Za-z0-9_][A-Za-z0-9_.-]{0,62}$/, 'the name of a process of PM2')
        .optional()
        .describe('The process of PM2 to look at.'),
      pm2User: accountField.default('root').describe('The account whose PM2 it is.'),
      sinceMin: z.number().int().min(1).max(1440).default(60).describe('How many minutes back logs are read.'),
    }),
    example: { unit: 'gateway', port: 8080 },
    output: z.object({
      findings: z
        .array(findingSchema)
        .describe('Causes before their consequences; empty when nothing wrong was found.'),
      notLookedAt: z.array(z.object({ what: z.string(), why: z.string() })),
    }),
  }),
})
