import * as z from 'zod'
import { changeOutput } from './change-output.ts'
import {
  domainsField,
  headersField,
  hiddenPathsField,
  maxBodyField,
  portField,
  securityHeaders,
  siteNameField,
  upstreamsField,
  urlPathField,
} from './fields/proxy.ts'
import { orderType } from './order-type.ts'
import { pathField } from './system.ts'

const change = {
  risk: 'change',
  retryClass: 'idempotent',
  timeoutSec: 120,
  approval: false,
  privileged: true,
  turn: 'nginx',
  output: changeOutput,
} as const

const secondsField = z.number().int().min(1).max(86_400)

/** Where `tls.certificate.issue` puts its answers and a site serves them from, unless both are told otherwise. */
export const acmeWebrootField = pathField.default('/var/lib/ikoma-acme')

const rateLimitField = z.strictObject({
  /** Begins with this; the most specific path wins. */
  path: urlPathField,
  requests: z.number().int().min(1).max(100_000),
  per: z.enum(['second', 'minute']),
  /** As many more at once are let through before the rest gets 429. */
  burst: z.number().int().min(0).max(100_000),
})

export const nginxSiteApply = orderType({
  type: 'platform.nginx.site.apply',
  title: { en: 'Serve a domain with nginx', fr: 'Servir un domaine avec nginx' },
  requiredScope: 'platform.nginx.site.apply',
  ...change,
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
})

export const nginxSiteRemove = orderType({
  type: 'platform.nginx.site.remove',
  title: { en: 'Stop serving a domain with nginx', fr: 'Ne plus servir un domaine avec nginx' },
  requiredScope: 'platform.nginx.site.remove',
  ...change,
  payload: z.strictObject({ name: siteNameField }),
})

export const nginxSiteList = orderType({
  type: 'platform.nginx.site.list',
  title: { en: 'List the sites of nginx', fr: 'Lister les sites de nginx' },
  requiredScope: 'platform.nginx.site.list',
  risk: 'read',
  retryClass: 'idempotent',
  timeoutSec: 60,
  approval: false,
  payload: z.strictObject({}),
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
})
