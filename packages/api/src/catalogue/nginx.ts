import * as z from 'zod'
import { acmeWebrootField } from './fields/acme.ts'
import { domainsField } from './fields/domain.ts'
import { pathField } from './fields/path.ts'
import { portField } from './fields/port.ts'
import {
  appMayBeDownField,
  headersField,
  hiddenPathsField,
  keepAliveField,
  maxBodyField,
  proxyHeadersText,
  siteNameField,
  upstreamsField,
  urlPathField,
} from './fields/proxy.ts'
import { change, family, look } from './order-type.ts'

const secondsField = z.number().int().min(1).max(86_400)

const rateLimitField = z.strictObject({
  path: urlPathField.describe('The path that requests begin with; the most specific one decides.'),
  requests: z.number().int().min(1).max(100_000).describe('How many requests a client address may make in that time.'),
  per: z.enum(['second', 'minute']).describe('The time that the requests are counted over.'),
  burst: z
    .number()
    .int()
    .min(0)
    .max(100_000)
    .describe('How many more requests at once are let through before the rest gets a 429.'),
})

export const nginx = family({
  'platform.nginx.site.apply': change({
    title: { en: 'Serve a domain with nginx', fr: 'Servir un domaine avec nginx' },
    timeoutSec: 120,
    turn: 'nginx',
    payload: z.strictObject({
      name: siteNameField.describe('The name of the site, unique on the server: it names its file.'),
      domains: domainsField.describe('The domains that the site answers for, in lower case.'),
      upstreams: upstreamsField.describe('Where requests are sent; more than one share them.'),
      acmeWebroot: acmeWebrootField.describe(
        'The folder that answers to the certificate authority are served from; `tls.certificate.issue` puts them there.',
      ),
      certificate: z
        .strictObject({
          chainFile: pathField.describe('The PEM file of the certificate and those that certify it.'),
          keyFile: pathField.describe("The PEM file of the certificate's private key."),
        })
        .optional()
        .describe(
          'The certificate to answer over HTTPS with, and to redirect to; without it the site answers over HTTP only, to get the first one.',
        ),
      headers: headersField('$').optional().describe(proxyHeadersText),
      maxBodyBytes: maxBodyField
        .default(20 * 1024 * 1024)
        .describe('The largest body of a request, in bytes; 20 MiB by default.'),
      rateLimits: z
        .array(rateLimitField)
        .max(50)
        .default([{ path: '/', requests: 50, per: 'second', burst: 300 }])
        .describe(
          'How many requests each client address may make, by path; by default 50 a second for all of them, and 300 at once, which a page with all its files is within.',
        ),
      keepAliveSec: keepAliveField
        .default(4)
        .describe(
          'Seconds that an idle connection to the upstream is kept, fewer than the app keeps it (5 in Node.js); 0 makes one for each request.',
        ),
      connectionsPerClient: z
        .number()
        .int()
        .min(1)
        .max(100_000)
        .optional()
        .describe('How many connections each client address may have at once; without it there is no limit.'),
      hiddenPaths: hiddenPathsField
        .default([])
        .describe('Paths that the outside gets a 404 for, with all that is below them.'),
      websocket: z
        .boolean()
        .default(false)
        .describe('Whether requests to change to the WebSocket protocol are passed on.'),
      appMayBeDown: appMayBeDownField,
      timeouts: z
        .strictObject({
          connectSec: secondsField.describe('Seconds to connect to the upstream.'),
          readSec: secondsField.describe("Seconds between two reads of the upstream's response."),
          sendSec: secondsField.describe('Seconds between two writes of the request to the upstream.'),
        })
        .optional()
        .describe(
          'How long nginx waits for the upstream; by default 5 seconds to connect, and 60 to read and to send.',
        ),
      ports: z
        .strictObject({
          http: portField.describe('The port for HTTP.'),
          https: portField.describe('The port for HTTPS.'),
        })
        .optional()
        .describe('The ports to listen on, when they are not 80 and 443.'),
    }),
    example: { name: 'app', domains: ['app.example.com'], upstreams: [{ port: 8080 }] },
  }),

  'platform.nginx.site.remove': change({
    title: { en: 'Stop serving a domain with nginx', fr: 'Ne plus servir un domaine avec nginx' },
    timeoutSec: 120,
    turn: 'nginx',
    payload: z.strictObject({
      name: siteNameField.describe('The name of the site to remove; removing one that is not there changes nothing.'),
    }),
    example: { name: 'app' },
  }),

  'platform.nginx.site.list': look({
    title: { en: 'List the sites of nginx', fr: 'Lister les sites de nginx' },
    payload: z.strictObject({}),
    example: {},
    output: z.object({
      sites: z
        .array(
          z.object({
            name: z.string(),
            file: z.string(),
            domains: z.array(z.string()),
            upstreams: z.array(z.string()),
            certificate: z
              .string()
              .nullable()
              .describe('The path of its certificate; null while it answers over HTTP only.'),
          }),
        )
        .describe('The sites that orders made, at most 500.'),
    }),
  }),
})
