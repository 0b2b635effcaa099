import * as z from 'zod'
import { changeOutput } from './change-output.ts'
import { checks } from './checks.ts'
import { acmeDirectoryField, acmeWebrootField, emailField } from './fields/acme.ts'
import { domainsField } from './fields/domain.ts'
import { hostField, waitField } from './fields/host.ts'
import { pathField } from './fields/path.ts'
import { portField } from './fields/port.ts'
import { act, change, family, look } from './order-type.ts'

/** Under which certbot keeps it. */
const certificateNameField = z
  .string()
  .regex(/^(?=.{1,200}$)[a-z0-9]+([.-][a-z0-9]+)*$/, 'lower-case letters and digits, with . or - between')

const warnDaysField = z
  .number()
  .int()
  .min(0)
  .max(3650)
  .default(21)
  .describe(
    'A certificate that ends within so many days is worth a warning; one that lives hardly longer, once a quarter of its life is left.',
  )

const certificateSchema = z.object({
  subject: z.string(),
  issuer: z.string(),
  names: z.array(z.string()),
  validFrom: z.string(),
  validTo: z.string(),
  daysLeft: z.number().int(),
  lifeLeftPercent: z.number().int().describe('How much of its life is left, in percent.'),
  fingerprint256: z.string(),
})

const storedSchema = certificateSchema.extend({ keptBy: z.enum(['certbot', 'caddy']), file: z.string() })

export const tls = family({
  'tls.certificate.issue': change({
    title: { en: 'Get a certificate with certbot', fr: 'Obtenir un certificat avec certbot' },
    timeoutSec: 600,
    turn: 'certbot',
    payload: z.strictObject({
      name: certificateNameField
        .optional()
        .describe('The name that certbot keeps the certificate under; the first domain by default.'),
      domains: domainsField.describe('The domains that the certificate is for, in lower case.'),
      webroot: acmeWebrootField.describe(
        'The folder that answers to the authority are put in; a site of nginx serves them from there.',
      ),
      email: emailField.optional().describe('The address that the authority writes to about the certificate.'),
      staging: z
        .boolean()
        .default(false)
        .describe(
          "Whether it comes from Let's Encrypt's rehearsal, whose certificates nobody trusts, to try everything else first.",
        ),
      directoryUrl: acmeDirectoryField
        .optional()
        .describe("The address of the ACME directory to get the certificate from; Let's Encrypt's by default."),
      directoryRootFile: pathField
        .optional()
        .describe('A PEM file of the authority that certifies the directory itself, when the system does not know it.'),
    }),
    example: { domains: ['app.example.com'] },
    /** The files are what `platform.nginx.site.apply` takes as its certificate. */
    output: changeOutput.extend({ chainFile: z.string(), keyFile: z.string() }),
  }),

  'tls.certificate.renew': act({
    title: { en: 'Renew certificates with certbot', fr: 'Renouveler des certificats avec certbot' },
    timeoutSec: 600,
    turn: 'certbot',
    payload: z.strictObject({
      name: certificateNameField
        .optional()
        .describe('The name that certbot keeps the certificate under; all certificates by default.'),
      force: z
        .boolean()
        .default(false)
        .describe(
          "Whether certificates that are not due are renewed too; Let's Encrypt allows five a week for the same domains.",
        ),
      directoryRootFile: pathField
        .optional()
        .describe('A PEM file of the authority that certifies the directory itself, when the system does not know it.'),
    }),
    example: {},
    output: z.object({
      rehearsed: z.boolean().describe('Nothing was kept: the authority was asked as for a real renewal.'),
      renewed: z.array(z.string()),
      notServed: z
        .array(z.object({ name: z.string(), domain: z.string(), why: z.string() }))
        .default([])
        .describe('Certificates of which this server serves an older one: the order fails when there are some.'),
      certificates: z.array(storedSchema),
    }),
  }),

  'tls.certificate.list': look({
    title: { en: 'List the certificates on the server', fr: 'Lister les certificats du serveur' },
    privileged: true,
    payload: z.strictObject({ warnDays: warnDaysField }),
    example: {},
    output: z.object({
      certificates: z
        .array(storedSchema.extend({ status: z.enum(['valid', 'expires_soon', 'expired']) }))
        .describe('At most 500, those that end first first.'),
      unreadable: z.array(z.string()),
    }),
  }),

  'tls.certificate.check': look({
    title: {
      en: 'Check a certificate, on disk and as it is served',
      fr: 'Vérifier un certificat, sur disque et tel que servi',
    },
    privileged: true,
    payload: z
      .strictObject({
        file: pathField.optional().describe('The PEM file of the certificate on the server.'),
        endpoint: z
          .strictObject({
            host: hostField.describe('The host name or IP address to connect to.'),
            port: portField.default(443).describe('The port to connect to.'),
            serverName: hostField
              .optional()
              .describe('The name to ask for and to find in the certificate; the host by default.'),
            rootFile: pathField
              .optional()
              .describe("A PEM file of the only authorities that are trusted; the system's by default."),
            timeoutMs: waitField,
          })
          .optional()
          .describe('Where the certificate is served, to look at it there.'),
        warnDays: warnDaysField,
      })
      .refine(({ file, endpoint }) => file !== undefined || endpoint !== undefined, 'a file, an endpoint or both'),
    example: { file: '/etc/letsencrypt/live/app.example.com/fullchain.pem' },
    output: z.object({ stored: certificateSchema.nullable(), served: checks['check.tls.run'].output.nullable() }),
  }),
})
