import * as z from 'zod'
import { changeOutput } from './change-output.ts'
import { checkTlsRun, hostField, waitField } from './checks.ts'
import { acmeDirectoryField, domainsField, emailField, portField } from './fields/proxy.ts'
import { acmeWebrootField } from './nginx.ts'
import { orderType } from './order-type.ts'
import { pathField } from './system.ts'

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

export const tlsCertificateIssue = orderType({
  type: 'tls.certificate.issue',
  title: { en: 'Get a certificate with certbot', fr: 'Obtenir un certificat avec certbot' },
  requiredScope: 'tls.certificate.issue',
  risk: 'change',
  retryClass: 'idempotent',
  timeoutSec: 600,
  approval: false,
  privileged: true,
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
  /** The files are what `platform.nginx.site.apply` takes as its certificate. */
  output: changeOutput.extend({ chainFile: z.string(), keyFile: z.string() }),
})

export const tlsCertificateRenew = orderType({
  type: 'tls.certificate.renew',
  title: { en: 'Renew certificates with certbot', fr: 'Renouveler des certificats avec certbot' },
  requiredScope: 'tls.certificate.renew',
  risk: 'change',
  retryClass: 'once',
  timeoutSec: 600,
  approval: false,
  privileged: true,
  turn: 'certbot',
  payload: z.strictObject({
    /** All of them without a name. */
    name: certificateNameField.optional(),
    /** Also what is not due; Let's Encrypt allows five a week for the same domains. */
    force: z.boolean().default(false),
    directoryRootFile: pathField.optional(),
  }),
  output: z.object({
    /** Nothing was kept: the authority was asked as for a real renewal. */
    rehearsed: z.boolean(),
    renewed: z.array(z.string()),
    certificates: z.array(storedSchema),
  }),
})

export const tlsCertificateList = orderType({
  type: 'tls.certificate.list',
  title: { en: 'List the certificates on the server', fr: 'Lister les certificats du serveur' },
  requiredScope: 'tls.certificate.list',
  risk: 'read',
  retryClass: 'idempotent',
  timeoutSec: 60,
  approval: false,
  privileged: true,
  payload: z.strictObject({ warnDays: warnDaysField }),
  output: z.object({
    /** At most 500, those that end first first. */
    certificates: z.array(storedSchema.extend({ status: z.enum(['valid', 'expires_soon', 'expired']) })),
    unreadable: z.array(z.string()),
  }),
})

export const tlsCertificateCheck = orderType({
  type: 'tls.certificate.check',
  title: {
    en: 'Check a certificate, on disk and as it is served',
    fr: 'Vérifier un certificat, sur disque et tel que servi',
  },
  requiredScope: 'tls.certificate.check',
  risk: 'read',
  retryClass: 'idempotent',
  timeoutSec: 60,
  approval: false,
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
  output: z.object({ stored: certificateSchema.nullable(), served: checkTlsRun.output.nullable() }),
})
