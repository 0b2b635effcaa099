import * as z from 'zod'
import { acmeWebrootField } from './fields/acme.ts'
import { domainsField } from './fields/domain.ts'
import { pathField } from './fields/path.ts'
import { portField } from './fields/port.ts'
import {
  headersField,
  hiddenPathsField,
  maxBodyField,
  securityHeaders,
  siteNameField,
  upstreamsField,
  urlPathField,
} from './fields/proxy.ts'
import { change, family, look } from './order-type.ts'

const secondsField = z.number().int().min(1).max(86_400)

const rateLimitField = z.strictObject({
  /** Begins with this; the most specific path wins. */
  path: urlPathField,
  requests: z.number().int().min(1).max(100_000),
  per: z.enum(['second', 'minute']),
  /** As many more at once are let through before the rest gets 429. */
  burst: z.number().int().min(0).max(100_000),
})

export const nginx = family({
  'platform.nginx.site.apply': change({
    title: { en: 'Serve a domain with nginx', fr: 'Servir un domaine avec nginx' },
    timeoutSec: 120,
    turn: 'nginx',
    payload: z.strictObject({
      name: siteNameField,
      domains: domainsField,
      upstreams: upstreamsField,
      acmeWebroot: acmeWebrootField,
      /** With it the site answers over HTTPS and redirects to it; without, over HTTP only: to get the first one. */
      certificate: z.strictObject({ chainFile: pathField, keyFile: pathField }).optional(),
      headers: headersField('$').default(securityHeaders),
      maxBodyBytes: maxBodyField.default(20 * 1024 * 1024),
      /** For each client address. */
      rateLimits: z
        .array(rateLimitField)
        .max(50)
        .default([{ path: '/', requests: 10, per: 'second', burst: 20 }]),
      connectionsPerClient: z.number().int().min(1).max(100_000).optional(),
      hiddenPaths: hiddenPathsField.default([]),
      websocket: z.boolean().default(false),
      timeouts: z.strictObject({ connectSec: secondsField, readSec: secondsField, sendSec: secondsField }).optional(),
      /** Other than 80 and 443. */
      ports: z.strictObject({ http: portField, https: portField }).optional(),
    }),
    example: { name: 'app', domains: ['app.example.com'], upstreams: [{ port: 8080 }] },
  }),

  'platform.nginx.site.remove': change({
    title: { en: 'Stop serving a domain with nginx', fr: 'Ne plus servir un domaine avec nginx' },
    timeoutSec: 120,
    turn: 'nginx',
    payload: z.strictObject({ name: siteNameField }),
    example: { name: 'app' },
  }),

  'platform.nginx.site.list': look({
    title: { en: 'List the sites of nginx', fr: 'Lister les sites de nginx' },
    payload: z.strictObject({}),
    example: {},
    output: z.object({
      /** Those that orders made, at most 500. */
      sites: z.array(
        z.object({
          name: z.string(),
          file: z.string(),
          domains: z.array(z.string()),
          upstreams: z.array(z.string()),
          /** Path of its certificate; null while it answers over HTTP only. */
          certificate: z.string().nullable(),
        }),
      ),
    }),
  }),
})
