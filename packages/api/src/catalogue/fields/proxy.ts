import * as z from 'zod'
import { label } from './domain.ts'
import { portField } from './port.ts'

/** Names the file of a route or site; unique on the server. */
export const siteNameField = z
  .string()
  .regex(/^[a-z][a-z0-9-]{0,62}$/, 'lower-case letters, digits and -, beginning with a letter')

export const upstreamsField = z
  .array(
    z.strictObject({
      host: z
        .union([z.ipv4(), z.ipv6(), z.string().regex(new RegExp(`^(?=.{1,253}$)(?:${label}\\.)*(?!\\d+$)${label}$`))])
        .default('127.0.0.1')
        .describe('The address of the upstream, as an IP address or a host name.'),
      port: portField.describe('The port that the upstream listens on.'),
    }),
  )
  .min(1)
  .max(20)

/** Sent with every response, in place of what the app says. `excluded` has no quoting in the proxy's file. */
export const headersField = (excluded: string) =>
  z
    .record(
      z.string().regex(/^[A-Z][A-Za-z0-9-]{0,99}$/, 'a header spelt like "X-Frame-Options"'),
      z
        .string()
        .regex(/^(?! )[\x20-\x7e]{1,2000}(?<! )$/, 'printable ASCII without a space at either end')
        .refine((value) => ![...excluded].some((character) => value.includes(character)), `none of ${excluded}`),
    )
    .refine((headers) => Object.keys(headers).length <= 50, 'at most 50 headers')

export const proxyHeadersText =
  "Headers sent with every response in place of the app's own; without it those that a browser should be told of any backend, where the app says none."

export const appMayBeDownField = z
  .boolean()
  .default(false)
  .describe(
    'Whether it is applied although nothing answers at the upstreams yet; otherwise a site that answers only with a 502 is taken back.',
  )

export const keepAliveField = z.number().int().min(0).max(3600)

/** What a browser should be told of any backend that does not say it itself. */
export const securityHeaders = {
  'Strict-Transport-Security': 'max-age=31536000',
  'X-Content-Type-Options': 'nosniff',
  'X-Frame-Options': 'DENY',
  'Referrer-Policy': 'strict-origin-when-cross-origin',
}

/** The path of a URL as proxies match it: no query, no escapes, no `..`. */
export const urlPathField = z
  .string()
  .max(1000)
  .regex(/^(\/(?!\.{1,2}(\/|$))[A-Za-z0-9._~-]+)*\/?$/, 'the path of a URL such as "/api/"')
  .min(1)

/** The outside gets a 404 for these and for what is below them. */
export const hiddenPathsField = z
  .array(
    urlPathField.refine((path) => path.length > 1 && !path.endsWith('/'), 'below the root, without a / at its end'),
  )
  .max(50)

export const maxBodyField = z
  .number()
  .int()
  .min(1)
  .max(2 ** 40)
