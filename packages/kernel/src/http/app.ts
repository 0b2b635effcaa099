import { createHash, randomUUID } from 'node:crypto'
import cors, { type FastifyCorsOptions } from '@fastify/cors'
import helmet, { type FastifyHelmetOptions } from '@fastify/helmet'
import rateLimit, { type FastifyRateLimitStoreCtor } from '@fastify/rate-limit'
import swagger, { type FastifyDynamicSwaggerOptions } from '@fastify/swagger'
import swaggerUi from '@fastify/swagger-ui'
import { type FastifyInstance, type FastifyReply, type FastifyRequest, fastify, LogController } from 'fastify'
import { createJsonSchemaTransform, jsonSchemaTransformObject, validatorCompiler } from 'fastify-type-provider-zod'
import { AppError } from '../errors.ts'
import type { Log } from '../node/log.ts'
import { type SendError, sendProblem } from './problem.ts'

declare module 'fastify' {
  interface FastifyRequest {
    /** SHA-256 of the body that came, base64; for requests whose digest was asked for, once it is read. */
    bodyDigest?: string
  }
  interface FastifyContextConfig {
    /** Who may call the route. A route that does not say so refuses to start. */
    access?: string
    /** A public route that strangers cannot make dear, or that has a throttle of its own, is not limited by address. */
    boundsItself?: boolean
  }
  interface FastifyInstance {
    /** Every route with who may call it, for whoever checks that nothing is open by accident. */
    routeAccess: { method: string; url: string; access: string }[]
  }
}

type OpenApi = NonNullable<FastifyDynamicSwaggerOptions['openapi']>
type SecuritySchemes = NonNullable<NonNullable<OpenApi['components']>['securitySchemes']>

/** How long a caller may take, in milliseconds. */
interface CallerLimits {
  headersMs: number
  /** Headers and body. */
  requestMs: number
  /** Without taking any more of its answer. */
  unreadMs: number
  /** Node looks for late requests this often, by itself only every 30 seconds. */
  checkEveryMs: number
}

const defaultLimits: CallerLimits = { headersMs: 10_000, requestMs: 30_000, unreadMs: 30_000, checkEveryMs: 1_000 }

export interface HttpAppOptions {
  log: Log
  title: string
  version: string
  description: string
  /** The name and SPDX identifier of the licence, for the description of the API. */
  license?: { name: string; identifier: string }
  /** Decides by `request.routeOptions.config.access`; throws an AppError to refuse. */
  authorize: (request: FastifyRequest, reply: FastifyReply) => Promise<void> | void
  /** Looks at a request that no route answers, before it is told so; throws to refuse. */
  countStray?: (request: FastifyRequest, reply: FastifyReply) => Promise<void>
  /** Whether the digest of a request's body is wanted. */
  digestBody?: (request: FastifyRequest) => boolean
  bodyLimitBytes: number
  /** Exact origins that browsers may call from; none by default. */
  corsOrigins: string[]
  /** Addresses of reverse proxies whose X-Forwarded-For is believed, or who says so of the address at a hop, 0 the nearest. */
  trustProxy: string[] | ((address: string, hop: number) => boolean)
  /** Requests a minute from one address to routes that need no credential; null where the caller limits by itself. */
  publicRateLimit: number | null
  /** Whether the caller showed who it is: then that limit, which it would share with strangers, is not for it. */
  isKnown?: (request: FastifyRequest) => boolean
  /** How callers show who they are, for the documentation: OpenAPI security schemes by name. Any one of them will do. */
  securitySchemes: SecuritySchemes
  /** What no route's own schema says, by name: JSON Schemas that the description of the API lists too. */
  schemas?: Record<string, object>
  limits?: CallerLimits
  /** Folder of the documentation page's assets; the package's own by default. */
  docsAssets?: string | undefined
  /** Answers an error in a shape of the caller's own; as problem+json by default. */
  sendError?: SendError
  /** How long an idle connection is kept: by default longer than Caddy, which keeps its own for two minutes, and nginx. */
  keepAliveMs?: number
  /** Further settings of cross-origin requests. */
  cors?: Omit<FastifyCorsOptions, 'origin'>
  hsts?: FastifyHelmetOptions['strictTransportSecurity']
  /** Where requests are counted; in this process by default. */
  rateLimitStore?: FastifyRateLimitStoreCtor
  requestLogLevel?: 'debug' | 'info'
}

/** A server with the house's answers to errors, headers, limits, access and documentation; routes are the caller's. */
export async function createHttpApp(options: HttpAppOptions): Promise<FastifyInstance> {
  const { limits = defaultLimits, sendError = sendProblem, requestLogLevel = 'debug' } = options
  const app = fastify({
    loggerInstance: options.log,
    logController: new LogController({ disableRequestLogging: true }),
    genReqId: requestIds(),
    childLoggerFactory: (logger) => logger,
    requestIdHeader: false,
    bodyLimit: options.bodyLimitBytes,
    trustProxy: options.trustProxy.length === 0 ? false : options.trustProxy,
    requestTimeout: limits.requestMs,
    http: { headersTimeout: limits.headersMs, connectionsCheckingInterval: limits.checkEveryMs },
    keepAliveTimeout: options.keepAliveMs ?? 130_000,
    forceCloseConnections: 'idle',
    return503OnClosing: false,
    frameworkErrors: sendError,
    onProtoPoisoning: 'error',
    onConstructorPoisoning: 'error',
    routerOptions: { maxParamLength: 200, ignoreTrailingSlash: true },
  }) as unknown as FastifyInstance
  app.removeContentTypeParser('text/plain')
  const parseJson = app.getDefaultJsonParser('error', 'error')
  // `curl -X POST -H 'content-type: application/json'` without data is a request without a body, not bad JSON.
  app.addContentTypeParser<string>('application/json', { parseAs: 'string' }, (request, body, done) => {
    if (options.digestBody?.(request)) request.bodyDigest = createHash('sha256').update(body).digest('base64')
    return body === '' ? done(null, undefined) : isDeep(body) ? done(tooDeep()) : parseJson(request, body, done)
  })
  app.setValidatorCompiler(validatorCompiler)
  // Answers are typed where they are built; checking them again at run time would cost more than all the rest.
  app.setSerializerCompiler(() => (data) => JSON.stringify(data))
  app.setErrorHandler(sendError)
  app.setNotFoundHandler({ preHandler: [] }, (request, reply) => {
    const { method, url } = request
    sendError(
      new AppError('not_found', `There is no ${method} ${url.split('?')[0]}.`, { reason: 'no_route' }),
      request,
      reply,
    )
  })
  const endPlugins = requireAccess(app)
  // No body is an empty one: a route whose fields are all optional can be called without.
  app.addHook('preValidation', async (request) => {
    if (request.routeOptions.schema?.body !== undefined) request.body ??= {}
  })
  app.addHook('onResponse', async (request, reply) => {
    const { method, url, ip } = request
    request.log[requestLogLevel](
      { requestId: request.id, method, url, ip, status: reply.statusCode, ms: Math.round(reply.elapsedTime) },
      'request',
    )
  })
  // A caller that does not take its answer would keep it in memory. Node itself sets another limit once it is taken.
  app.addHook('onSend', async (request, reply) => {
    if (!reply.raw.destroyed) request.raw.socket.setTimeout?.(limits.unreadMs)
  })
  await registerPlugins(app, options)
  endPlugins()
  const headers = await securityHeaders(options.hsts)
  // Last of the request hooks, so that a refusal carries the same headers as an answer.
  app.addHook('onRequest', async (request, reply) => {
    reply.headers(headers).header('x-request-id', request.id)
    if (request.routeOptions.url !== undefined) await options.authorize(request, reply)
    else await options.countStray?.(request, reply)
  })
  return app
}

const maxJsonDepth = 64

/** Refused where JSON enters, so that nothing that walks a value can run out of stack. */
function isDeep(json: string): boolean {
  let depth = 0
  let inString = false
  for (let at = 0; at < json.length; at += 1) {
    const code = json.charCodeAt(at)
    if (inString) {
      if (code === backslash) at += 1
      else if (code === quote) inString = false
    } else if (code === quote) inString = true
    else if (code === openBrace || code === openBracket) {
      depth += 1
      if (depth > maxJsonDepth) return true
    } else if (code === closeBrace || code === closeBracket) depth -= 1
  }
  return false
}

const [quote, backslash, openBrace, closeBrace, openBracket, closeBracket] = [...'"\\{}[]'].map((c) => c.charCodeAt(0))

function tooDeep(): AppError {
  return new AppError('invalid', `The JSON is nested deeper than ${maxJsonDepth} levels.`, { reason: 'json_too_deep' })
}

/** Unique among processes and restarts, and cheap: every request has one, few are ever looked for. */
function requestIds(): () => string {
  const process = randomUUID().slice(0, 13)
  let count = 0
  return () => {
    count += 1
    return `${process}-${count.toString(36)}`
  }
}

/** What helmet would set on every answer, asked for once: the answers are all alike. */
async function securityHeaders(hsts: HttpAppOptions['hsts']): Promise<Record<string, string>> {
  const probe = fastify()
  await probe.register(helmet, {
    xFrameOptions: { action: 'deny' },
    strictTransportSecurity: hsts ?? { maxAge: 31_536_000, includeSubDomains: false },
    contentSecurityPolicy: {
      directives: { defaultSrc: ["'none'"], frameAncestors: ["'none'"], baseUri: ["'none'"], formAction: ["'none'"] },
      useDefaults: false,
    },
  })
  const reply = await probe.get('/', () => '').inject('/')
  await probe.close()
  const own = ['content-type', 'content-length', 'date', 'connection']
  const set = Object.entries(reply.headers).filter(([name]) => !own.includes(name))
  return Object.fromEntries(set.map(([name, value]) => [name, String(value)]))
}

function wordmark(title: string): string {
  return `<svg xmlns="http://www.w3.org/2000/svg" width="${Math.max(160, 17 * title.length)}" height="40"><text x="0" y="29" font-family="sans-serif" font-size="26" font-weight="bold" fill="#fff">${title}</text></svg>`
}

/** Deny by default: a route that forgot to say who may call it stops the start. Answers what ends the plugins' turn. */
function requireAccess(app: FastifyInstance): () => void {
  let plugins = true
  app.decorate('routeAccess', [])
  app.addHook('onRoute', (route) => {
    // Plugins cannot declare access for the routes they add: the documentation's pages and CORS preflights hold no data.
    if (plugins && (route.url.startsWith('/docs') || (route.url === '*' && route.method === 'OPTIONS')))
      route.config = { ...route.config, access: 'public' }
    const access = route.config?.access
    if (!access) throw new Error(`${String(route.method)} ${route.url} does not say who may call it`)
    for (const method of [route.method].flat()) app.routeAccess.push({ method, url: route.url, access })
  })
  return () => {
    plugins = false
  }
}

/** The library lists each schema as it is sent and as it is answered, whether anybody sends it or not. */
function withoutUnusedInputs<T extends object>(document: T): T {
  const { schemas } = (document as { components?: { schemas?: Record<string, unknown> } }).components ?? {}
  const text = JSON.stringify(document)
  const isUnused = (name: string) => name.endsWith('Input') && !text.includes(`"#/components/schemas/${name}"`)
  const unused = Object.keys(schemas ?? {}).filter(isUnused)
  for (const name of unused) delete schemas?.[name]
  // What only they named is unused now.
  return unused.length === 0 ? document : withoutUnusedInputs(document)
}

async function registerPlugins(app: FastifyInstance, options: HttpAppOptions): Promise<void> {
  if (options.corsOrigins.length > 0) {
    await app.register(cors, {
      origin: options.corsOrigins,
      methods: ['GET', 'HEAD', 'POST', 'PATCH', 'DELETE'],
      exposedHeaders: ['location', 'retry-after', 'x-request-id'],
      ...options.cors,
    })
  }
  const { publicRateLimit } = options
  app.addHook('onRoute', (route) => {
    if (
      publicRateLimit === null ||
      route.config?.access !== 'public' ||
      route.config.boundsItself ||
      route.url.startsWith('/docs')
    )
      return
    const allowList = (request: FastifyRequest) => options.isKnown?.(request) ?? false
    route.config = { ...route.config, rateLimit: { max: publicRateLimit, timeWindow: '1 minute', allowList } }
  })
  await app.register(rateLimit, { global: false, ...(options.rateLimitStore && { store: options.rateLimitStore }) })
  const { title, version, description, license } = options
  const about = { title, version, description }
  await app.register(swagger, {
    openapi: {
      openapi: '3.1.0',
      info: { ...about, ...(license && { license }) },
      // Where it is served from: the page and the clients made of it call where they found it.
      servers: [{ url: '/' }],
      components: { securitySchemes: options.securitySchemes, schemas: options.schemas ?? {} },
      security: Object.keys(options.securitySchemes).map((name) => ({ [name]: [] })),
    },
    transform: createJsonSchemaTransform({ skipList: [] }),
    transformObject: (document) => withoutUnusedInputs(jsonSchemaTransformObject(document)),
  })
  await app.register(swaggerUi, {
    routePrefix: '/docs',
    staticCSP: {
      'default-src': "'self'",
      'style-src': "'self' 'unsafe-inline'",
      'img-src': "'self' data:",
      'frame-ancestors': "'none'",
    },
    logo: { type: 'image/svg+xml', content: Buffer.from(wordmark(options.title)) },
    ...(options.docsAssets ? { baseDir: options.docsAssets } : {}),
  })
}
