import * as z from 'zod'
import { acmeDirectoryField, emailField } from './fields/acme.ts'
import { domainsField } from './fields/domain.ts'
import { pathField } from './fields/path.ts'
import {
  appMayBeDownField,
  headersField,
  hiddenPathsField,
  keepAliveField,
  maxBodyField,
  proxyHeadersText,
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
      name: siteNameField.describe('The name of the route, unique on the server: it names its file.'),
      domains: domainsField.describe('The domains that the route answers for, in lower case.'),
      upstreams: upstreamsField.describe('Where requests are sent; more than one share them.'),
      tls: z
        .union([
          z.literal('internal'),
          z.strictObject({
            directoryUrl: acmeDirectoryField
              .optional()
              .describe("The address of the ACME directory to get certificates from; Let's Encrypt's by default."),
            directoryRootFile: pathField
              .optional()
              .describe(
                'A PEM file of the authority that certifies the directory itself, when the system does not know it.',
              ),
            email: emailField.optional().describe('The address that the authority writes to about certificates.'),
          }),
        ])
        .optional()
        .describe(
          "Where certificates come from: `internal` for Caddy's own authority, an object for another one; Let's Encrypt by default.",
        ),
      headers: headersField('{}').optional().describe(proxyHeadersText),
      hiddenPaths: hiddenPathsField
        .default([])
        .describe('Paths that the outside gets a 404 for, with all that is below them.'),
      keepAliveSec: keepAliveField
        .default(0)
        .describe(
          'Seconds that an idle connection to the upstream is kept, fewer than the app keeps it; by default each request has its own, since Caddy ends no busy one, which holds an app that is to stop.',
        ),
      maxBodyBytes: maxBodyField
        .optional()
        .describe('The largest body of a request, in bytes; without it there is no limit.'),
      health: z
        .strictObject({
          path: z
            .string()
            .regex(/^(?!.*\/(\/|\.{1,2}([/?]|$)))\/[A-Za-z0-9._~/?=&-]{0,500}$/, 'the path of a URL')
            .describe('The path that each upstream is asked for, with a query if need be.'),
          intervalSec: z.number().int().min(1).max(3600).default(10).describe('Seconds from one probe to the next.'),
          timeoutSec: z
            .number()
            .int()
            .min(1)
            .max(600)
            .default(5)
            .describe('Seconds that an upstream has to answer a probe.'),
        })
        .optional()
        .describe(
          'How upstreams are probed: only those that answer with 2xx or 3xx get requests; without it they are not probed.',
        ),
      appMayBeDown: appMayBeDownField,
      logFile: pathField
        .optional()
        .describe(
          'A file for the access log, in a folder that Caddy may write to, such as /var/log/caddy; without it there is none.',
        ),
    }),
    example: { name: 'app', domains: ['app.example.com'], upstreams: [{ port: 8080 }] },
  }),

  'platform.caddy.route.remove': change({
    title: { en: 'Stop serving a domain with Caddy', fr: 'Ne plus servir un domaine avec Caddy' },
    timeoutSec: 120,
    turn: 'caddy',
    payload: z.strictObject({
      name: siteNameField.describe('The name of the route to remove; removing one that is not there changes nothing.'),
    }),
    example: { name: 'app' },
  }),

  'platform.caddy.route.list': look({
    title: { en: 'List the routes of Caddy', fr: 'Lister les routes de Caddy' },
    payload: z.strictObject({}),
    example: {},
    output: z.object({
      routes: z
        .array(
          z.object({
            name: z.string(),
            file: z.string(),
            domains: z.array(z.string()),
            upstreams: z.array(z.string()),
          }),
        )
        .describe('The routes that orders made, at most 500.'),
      imported: z.boolean().describe('Whether the main Caddyfile imports the routes.'),
    }),
  }),
})
