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

/** Days before its end from which a certificate is worth a warning. */
const warnDaysField = z.number().int().min(0).max(3650).default(21)

const certificateSchema = z.object({
  subject: z.string(),
  issuer: z.string(),
  names: z.array(z.string()),
  validFrom: z.string(),
  validTo: z.string(),
  daysLeft: z.number().int(),
  fingerprint256: z.string(),
})

const storedSchema = certificateSchema.extend({ keptBy: z.enum(['certbot', 'caddy']), file: z.string() })

export const tls = family({
  'tls.certificate.issue': change({
    title: { en: 'Get a certificate with certbot', fr: 'Obtenir un certificat avec certbot' },
    timeoutSec: 600,
    turn: 'certbot',
    payload: z.strictObject({
      /** Under which certbot keeps it; the first domain by default. */
      name: certificateNameField.optional(),
      domains: domainsField,
      /** From which a site of nginx serves the answers to the authority. */
      webroot: acmeWebrootField,
      email: emailField.optional(),
      /** From Let's Encrypt's rehearsal, whose certificates nobody trusts: to try everything else first. */
      staging: z.boolean().default(false),
      directoryUrl: acmeDirectoryField.optional(),
      /** PEM of the authority that certifies the directory's own certificate. */
      directoryRootFile: pathField.optional(),
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
      /** All of them without a name. */
      name: certificateNameField.optional(),
      /** Also what is not due; Let's Encrypt allows five a week for the same domains. */
      force: z.boolean().default(false),
      directoryRootFile: pathField.optional(),
    }),
    example: {},
    output: z.object({
      /** Nothing was kept: the authority was asked as for a real renewal. */
      rehearsed: z.boolean(),
      renewed: z.array(z.string()),
      certificates: z.array(storedSchema),
    }),
  }),

  'tls.certificate.list': look({
    title: { en: 'List the certificates on the server', fr: 'Lister les certificats du serveur' },
    privileged: true,
    payload: z.strictObject({ warnDays: warnDaysField }),
    example: {},
    output: z.object({
      /** At most 500, those that end first first. */
      certificates: z.array(storedSchema.extend({ status: z.enum(['valid', 'expires_soon', 'expired']) })),
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
        file: pathField.optional(),
        endpoint: z
          .strictObject({
            host: hostField,
            port: portField.default(443),
            serverName: hostField.optional(),
            /** PEM of the only authorities that are trusted; the system's by default. */
            rootFile: pathField.optional(),
            timeoutMs: waitField,
          })
          .optional(),
        warnDays: warnDaysField,
      })
      .refine(({ file, endpoint }) => file !== undefined || endpoint !== undefined, 'a file, an endpoint or both'),
    example: { file: '/etc/letsencrypt/live/app.example.com/fullchain.pem' },
    output: z.object({ stored: certificateSchema.nullable(), served: checks['check.tls.run'].output.nullable() }),
  }),
})
