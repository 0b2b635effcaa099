import * as z from 'zod'
import { hostField, untilField, waitField } from './fields/host.ts'
import { portField } from './fields/port.ts'
import { urlField } from './fields/url.ts'
import { family, look } from './order-type.ts'

export const checks = family({
  'check.http.run': look({
    title: { en: 'Check an HTTP address from the server', fr: 'Vérifier une adresse HTTP depuis le serveur' },
    timeoutSec: 330,
    payload: z.strictObject({
      url: urlField.describe('The address to ask for, over http or https.'),
      method: z.enum(['GET', 'HEAD']).default('GET').describe('The method of the request; `HEAD` gets no body.'),
      expectStatus: z
        .array(z.number().int().min(100).max(599))
        .min(1)
        .max(20)
        .default([200])
        .describe('The statuses that pass; redirects are not followed.'),
      expectBody: z
        .string()
        .min(1)
        .max(500)
        .refine((text) => text.isWellFormed(), 'must be Unicode text')
        .optional()
        .describe('Text that the first 64 KiB of the body must contain.'),
      timeoutMs: waitField,
      waitSec: untilField,
    }),
    example: { url: 'https://example.com' },
    output: z.object({
      status: z.number().int(),
      durationMs: z.number(),
      headers: z.record(z.string(), z.string()),
      bodyBytes: z.number().int(),
    }),
  }),

  'check.tcp.run': look({
    title: { en: 'Check that a port accepts connections', fr: 'Vérifier qu’un port accepte les connexions' },
    timeoutSec: 330,
    payload: z.strictObject({
      host: hostField.describe('The host name or IP address to connect to.'),
      port: portField.describe('The port to connect to.'),
      timeoutMs: waitField,
      waitSec: untilField,
    }),
    example: { host: 'example.com', port: 443 },
    output: z.object({ address: z.string(), durationMs: z.number() }),
  }),

  'check.tls.run': look({
    title: { en: 'Check a TLS certificate', fr: 'Vérifier un certificat TLS' },
    payload: z.strictObject({
      host: hostField.describe('The host name or IP address to connect to.'),
      port: portField.default(443).describe('The port to connect to.'),
      serverName: hostField
        .optional()
        .describe('The name to ask for and to find in the certificate; the host by default.'),
      minDaysLeft: z
        .number()
        .int()
        .min(0)
        .max(3650)
        .default(21)
        .describe(
          'The check fails when the certificate expires within so many days; one that lives hardly longer, once a quarter of its life is left.',
        ),
      timeoutMs: waitField,
    }),
    example: { host: 'example.com' },
    output: z.object({
      authorized: z.boolean(),
      protocol: z.string(),
      subject: z.string(),
      issuer: z.string(),
      names: z.array(z.string()),
      validFrom: z.string(),
      validTo: z.string(),
      daysLeft: z.number(),
      lifeLeftPercent: z.number().int(),
      fingerprint256: z.string(),
    }),
  }),

  'check.dns.run': look({
    title: { en: 'Check what a name resolves to', fr: 'Vérifier la résolution d’un nom' },
    payload: z.strictObject({
      name: hostField.describe('The name to look up.'),
      type: z
        .enum(['A', 'AAAA', 'CNAME', 'MX', 'TXT', 'NS'])
        .default('A')
        .describe('The type of the records to look for.'),
      expect: z
        .array(
          z
            .string()
            .min(1)
            .max(500)
            .refine((text) => text.isWellFormed(), 'must be Unicode text'),
        )
        .max(20)
        .default([])
        .describe('Answers that must be there; others may be there too.'),
      resolver: z
        .string()
        .max(60)
        .regex(/^[0-9A-Fa-f.:[\]]+$/, 'an IP address, with a port if need be')
        .optional()
        .describe("The resolver to ask, as `address` or `address:port`; the system's own by default."),
      timeoutMs: waitField,
    }),
    example: { name: 'example.com' },
    output: z.object({ answers: z.array(z.string()), durationMs: z.number() }),
  }),
})
