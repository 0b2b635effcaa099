import * as z from 'zod'
import { changeOutput } from './change-output.ts'
import {
  acmeDirectoryField,
  domainsField,
  emailField,
  headersField,
  hiddenPathsField,
  maxBodyField,
  securityHeaders,
  siteNameField,
  upstreamsField,
} from './fields/proxy.ts'
import { orderType } from './order-type.ts'
import { pathField } from './system.ts'

const change = {
  risk: 'change',
  retryClass: 'idempotent',
  timeoutSec: 120,
  approval: false,
  privileged: true,
  turn: 'caddy',
  output: changeOutput,
} as const

export const caddyRouteApply = orderType({
  type: 'platform.caddy.route.apply',
  title: { en: 'Serve a domain with Caddy', fr: 'Servir un domaine avec Caddy' },
  requiredScope: 'platform.caddy.route.apply',
  ...change,
  payload: z.strictObject({
    name: siteNameField,
    domains: domainsField,
    upstreams: upstreamsField,
    /** Certificates come from Let's Encrypt by themselves, unless this says where else from. */
    tls: z
      .union([
        z.literal('internal'),
        z.strictObject({
          directoryUrl: acmeDirectoryField.optional(),
          /** PEM of the authority that certifies the directory's own certificate. */
          directoryRootFile: pathField.optional(),
          email: emailField.optional(),
        }),
      ])
      .optional(),
    headers: headersField('{}').default(securityHeaders),
    hiddenPaths: hiddenPathsField.default([]),
    maxBodyBytes: maxBodyField.optional(),
    /** Only upstreams that answer with 2xx or 3xx get requests. */
    health: z
      .strictObject({
        path: z.string().regex(/^(?!.*\/(\/|\.{1,2}([/?]|$)))\/[A-Za-z0-9._~/?=&-]{0,500}$/, 'the path of a URL'),
        intervalSec: z.number().int().min(1).max(3600).default(10),
        timeoutSec: z.number().int().min(1).max(600).default(5),
      })
      .optional(),
    /** In a folder that Caddy may write to, such as /var/log/caddy. */
    logFile: pathField.optional(),
  }),
})

export const caddyRouteRemove = orderType({
  type: 'platform.caddy.route.remove',
  title: { en: 'Stop serving a domain with Caddy', fr: 'Ne plus servir un domaine avec Caddy' },
  requiredScope: 'platform.caddy.route.remove',
  ...change,
  payload: z.strictObject({ name: siteNameField }),
})

export const caddyRouteList = orderType({
  type: 'platform.caddy.route.list',
  title: { en: 'List the routes of Caddy', fr: 'Lister les routes de Caddy' },
  requiredScope: 'platform.caddy.route.list',
  risk: 'read',
  retryClass: 'idempotent',
  timeoutSec: 60,
  approval: false,
  payload: z.strictObject({}),
  output: z.object({
    /** Those that orders made, at most 500. */
    routes: z.array(
      z.object({ name: z.string(), file: z.string(), domains: z.array(z.string()), upstreams: z.array(z.string()) }),
    ),
    /** Whether the main Caddyfile imports them. */
    imported: z.boolean(),
  }),
})
