import * as z from 'zod'
import { acmeDirectoryField, emailField } from './fields/acme.ts'
import { domainsField } from './fields/domain.ts'
import { pathField } from './fields/path.ts'
import {
  headersField,
  hiddenPathsField,
  maxBodyField,
  securityHeaders,
  siteNameField,
  upstreamsField,
} from './fields/proxy.ts'
import { change, family, look } from './order-type.ts'

export const caddy = family({
  'platform.caddy.route.apply': change({
    title: { en: 'Serve a domain with Caddy', fr: 'Servir un domaine avec Caddy' },
    timeoutSec: 120,
    turn: 'caddy',
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
    example: { name: 'app', domains: ['app.example.com'], upstreams: [{ port: 8080 }] },
  }),

  'platform.caddy.route.remove': change({
    title: { en: 'Stop serving a domain with Caddy', fr: 'Ne plus servir un domaine avec Caddy' },
    timeoutSec: 120,
    turn: 'caddy',
    payload: z.strictObject({ name: siteNameField }),
    example: { name: 'app' },
  }),

  'platform.caddy.route.list': look({
    title: { en: 'List the routes of Caddy', fr: 'Lister les routes de Caddy' },
    payload: z.strictObject({}),
    example: {},
    output: z.object({
      /** Those that orders made, at most 500. */
      routes: z.array(
        z.object({ name: z.string(), file: z.string(), domains: z.array(z.string()), upstreams: z.array(z.string()) }),
      ),
      /** Whether the main Caddyfile imports them. */
      imported: z.boolean(),
    }),
  }),
})
