import { AppError } from '@ikoma/kernel'
import type { FastifyInstance, FastifyRequest } from 'fastify'
import { type Principal, principalOf, setPrincipal } from './principal.ts'

/** Who may call, by the name that a route's `config.access` says: everybody, whoever is signed in, or some roles. */
export type Policies = Record<string, 'public' | 'signed-in' | readonly string[]>
type Policy = Policies[string]

export type Authenticate = (request: FastifyRequest) => Promise<Principal | null>

/** `metrics` lets in who shows the token, which the route itself examines. */
const builtIn: Policies = { public: 'public', metrics: 'public' }

export class Access {
  readonly #policies: Map<string, Policy>
  readonly #authenticate: Authenticate

  constructor(policies: Policies, authenticate: Authenticate) {
    for (const [name, policy] of Object.entries(policies)) {
      if (Object.hasOwn(builtIn, name) && policy !== builtIn[name])
        throw new Error(`The policy ${name} is the house's own`)
      if (Array.isArray(policy) && policy.length === 0) throw new Error(`The policy ${name} lets nobody in`)
    }
    this.#policies = new Map(Object.entries({ ...policies, ...builtIn }))
    this.#authenticate = authenticate
  }

  /** From here on a route whose access names no policy stops the start. */
  require(app: FastifyInstance): void {
    app.addHook('onRoute', ({ method, url, config }) => {
      const access = config?.access ?? ''
      if (!this.#policies.has(access)) {
        throw new Error(`${String(method)} ${url} names the policy "${access}", which there is not`)
      }
    })
  }

  async admit(request: FastifyRequest): Promise<void> {
    const { access = '', operation } = request.routeOptions.config
    const policy = this.#policies.get(access)
    // Routes are refused at the start that name none: this is for a route that came some other way.
    if (policy === undefined) throw new AppError('forbidden', 'Nobody may call this.', { reason: 'forbidden' })
    // Whether it is up is asked most when what knows its callers is down.
    if (policy === 'public' && operation) return
    const principal = policy === 'public' ? await this.#perhaps(request) : await this.#authenticate(request)
    if (principal) setPrincipal(request, principal)
    if (policy === 'public') return
    if (!principalOf(request)) throw new AppError('unauthorized', 'Sign in first.', { reason: 'unauthorized' })
    if (Array.isArray(policy) && !policy.includes(principal?.role ?? '')) {
      throw new AppError('forbidden', 'Your role may not do this.', { reason: 'forbidden' })
    }
  }

  /** A credential that has run out does not keep its owner from signing in again. */
  async #perhaps(request: FastifyRequest): Promise<Principal | null> {
    if (request.headers.authorization === undefined && request.headers.cookie === undefined) return null
    try {
      return await this.#authenticate(request)
    } catch (error) {
      if (error instanceof AppError && error.code === 'unauthorized') return null
      throw error
    }
  }
}
