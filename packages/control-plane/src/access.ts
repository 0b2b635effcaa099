import { runnerClockHeader, runnerIdHeader, runnerProtocol, runnerProtocolHeader, runnerTokenHeader } from '@ikoma/api'
import {
  type ApiToken,
  type AttachedRunner,
  type Role,
  roleAllows,
  type Store,
  tokenBytes,
  tokenPrefix,
} from '@ikoma/domain'
import { AppError, type Clock } from '@ikoma/kernel'
import { FailureThrottle } from '@ikoma/kernel/http'
import { equalDigests, equalSecrets, hashToken, isToken } from '@ikoma/kernel/node'
import type { FastifyRequest } from 'fastify'
import { BoundedCache } from './bounded-cache.ts'
import { type RunnerInstances, type Speaker, speakerOf } from './instances.ts'
import type { Keyring } from './keyring.ts'
import { Proofs, proofNeeded } from './proofs.ts'
import { RefusedRunners } from './refused-runners.ts'

/** Who may call a route: everyone; people of at least a role; a runner; or whatever the route itself examines. */
export type Access = 'public' | Role | 'runner' | 'metrics'

export type Principal =
  | { kind: 'anonymous' }
  | ({ kind: 'person'; role: Role } & Shown)
  | ({ kind: 'runner'; runner: AttachedRunner; protocol: number; speaker: Speaker | null } & Shown)

interface Shown {
  actor: string
  /** What was shown to prove it, by a name that no other credential has. */
  credential: string
  /** When that ends by itself. */
  endsAt: number | null
}

declare module 'fastify' {
  interface FastifyRequest {
    principal: Principal
    /** The digest that the runner has signed for the body, which has not been read yet. */
    signedDigest?: string
  }
}

/** What somebody asked, for those who know no HTTP but hold the answer open. */
export type CallerRequest = FastifyRequest

export const adminActor = 'admin-key'

/** How long a credential that was accepted is believed without another look at the store. */
const cacheMs = 2_000

export interface AccessOptions {
  store: Store
  clock: Clock
  adminKey: string
  keyring: Keyring
  /** Where runners are seen; without, as in tests of other things, nobody looks. */
  instances?: RunnerInstances
}

/** Finds out who is calling, and whether they may. */
export class AccessControl {
  readonly #store: Store
  readonly #clock: Clock
  readonly #adminKey: string
  readonly #keyring: Keyring
  readonly #runners = new BoundedCache<AttachedRunner>(20_000, cacheMs)
  readonly #tokens = new BoundedCache<ApiToken>(5_000, cacheMs)
  readonly #instances: RunnerInstances | null
  readonly proofs: Proofs
  readonly refused = new RefusedRunners()
  readonly #throttle = new FailureThrottle({ limit: 20, windowMs: 60_000, maxKeys: 10_000 })

  constructor({ store, clock, adminKey, keyring, instances }: AccessOptions) {
    this.#store = store
    this.#clock = clock
    this.#adminKey = adminKey
    this.#keyring = keyring
    this.#instances = instances ?? null
    this.proofs = new Proofs(keyring.nonceKey, clock)
  }

  /** Somebody's rights changed: believe nothing from before. */
  forget(): void {
    this.#runners.clear()
    this.#tokens.clear()
  }

  /** The runner as it was at most two seconds ago, when another process changed it. */
  findRunner(id: string): Promise<AttachedRunner | null> {
    return this.#runners.get(id, this.#clock.now(), () => this.#store.findRunner(id))
  }

  async authorize(request: FastifyRequest): Promise<void> {
    const access = request.routeOptions.config.access as Access
    if (access === 'metrics') return
    if (access === 'runner') {
      request.principal = await this.#identifyRunner(request)
      return
    }
    const principal = await this.identifyPerson(request)
    request.principal = principal
    if (access === 'public') return
    if (principal.kind === 'anonymous') throw adminAuthRequired()
    if (principal.kind !== 'person' || !roleAllows(principal.role, access)) {
      throw new AppError('forbidden', `This needs the role "${access}".`, { reason: 'role_too_low' })
    }
  }

  /** The person behind the credential given; anonymous without one. A wrong credential is refused, even on a public route. */
  async identifyPerson(request: FastifyRequest): Promise<Principal> {
    const key = request.headers['x-ikoma-admin-key']
    const bearer = request.headers.authorization
    if (typeof key === 'string') {
      if (!equalSecrets(key, this.#adminKey)) throw this.refusal(request, 'admin', adminAuthRequired())
      return { kind: 'person', actor: adminActor, role: 'admin', credential: adminActor, endsAt: null }
    }
    if (bearer === undefined) return { kind: 'anonymous' }
    const token = await this.#findToken(bearer)
    if (!token) throw this.refusal(request, 'token', adminAuthRequired())
    const { id, name, role, expiresAt } = token
    return { kind: 'person', actor: `token:${name}`, role, credential: `token:${id}`, endsAt: expiresAt }
  }

  /** The runner as it is now, for a request that has been waiting: who it is was shown when it came, its rights may have gone. */
  async recheckRunner(request: FastifyRequest): Promise<AttachedRunner> {
    const before = callingRunner(request)
    const now = this.#clock.now()
    const runner = await this.findRunner(before.id)
    const token = String(request.headers[runnerTokenHeader])
    if (
      !runner ||
      runner.fault !== undefined ||
      runner.publicKey !== before.publicKey ||
      !ownsToken(runner, hashToken(token), now)
    ) {
      throw runnerAuthRequired(now)
    }
    if (runner.disabled) throw runnerDisabled()
    request.principal = runnerPrincipal(runner, token, callingProtocol(request))
    return runner
  }

  async #identifyRunner(request: FastifyRequest): Promise<Extract<Principal, { kind: 'runner' }>> {
    const id = request.headers[runnerIdHeader]
    const token = request.headers[runnerTokenHeader]
    const refusal = () => runnerAuthRequired(this.#clock.now())
    if (typeof id !== 'string' || typeof token !== 'string') throw refusal()
    const runner = await this.#findRunner(id, token, request.ip)
    if (!runner) throw this.refusal(request, 'runner', refusal())
    // Not counted: it has the token, and must hear what to sign however often others failed.
    const { publicKey } = runner
    if (publicKey !== null && !(await this.#proven(runner, publicKey, request))) throw refusal()
    this.refused.letIn(runner.id)
    if (runner.disabled) throw runnerDisabled()
    const protocol = request.headers[runnerProtocolHeader] === String(runnerProtocol) ? runnerProtocol : 1
    const speaker = speakerOf(request)
    // A runner that never enrolled is a program of its owner's own: it has no identity that could be copied.
    const clockAt = clockOf(request)
    if (publicKey !== null) this.#instances?.see(runner, { speaker, protocol, clockAt }, this.#clock.now())
    return runnerPrincipal(runner, token, { protocol, speaker })
  }

  /**
   * What a wrong credential is answered: after twenty within a minute from one address, to leave us alone. The credential
   * was examined before: behind a proxy everybody may have one address, and a right one is never refused for the wrong
   * ones of others. Random tokens cannot be guessed, so this bounds load and logs, and what it costs to be wrong is a hash.
   */
  refusal(request: FastifyRequest, kind: 'admin' | 'token' | 'runner' | 'enrolment' | 'metrics', refusal: AppError) {
    const now = this.#clock.now()
    const key = `${kind} ${request.ip}`
    const retryAfterSec = this.#throttle.waitSec(key, now)
    if (retryAfterSec === 0) {
      this.#throttle.fail(key, now)
      return refusal
    }
    return new AppError('rate_limited', 'Too many failed attempts.', { reason: 'too_many_failures', retryAfterSec })
  }

  async #findToken(bearer: string): Promise<ApiToken | null> {
    const text = bearer.replace(/^Bearer +/i, '')
    // A typo is refused by its checksum, without a look at the store.
    if (!isToken(text, tokenPrefix.api)) return null
    const hash = hashToken(text)
    const now = this.#clock.now()
    const token = await this.#tokens.get(hash, now, () => this.#sealedToken(hash))
    return token && token.expiresAt > now ? token : null
  }

  /** The token of this hash; null for one that somebody wrote into the database, or gave another role there. */
  async #sealedToken(hash: string): Promise<ApiToken | null> {
    const token = await this.#store.findTokenByHash(hash)
    return token && token.fault === undefined && this.#keyring.isSeal(tokenBytes(token), token.seal) ? token : null
  }

  async #findRunner(id: string, token: string, address: string): Promise<AttachedRunner | null> {
    if (!isToken(token, tokenPrefix.runner) || !uuidPattern.test(id)) return null
    const runner = await this.findRunner(id)
    // Whoever can write the database could name any key and any token here.
    if (!runner || runner.fault !== undefined) return null
    const now = this.#clock.now()
    const hash = hashToken(token)
    if (ownsToken(runner, hash, now)) return runner
    const former = runner.previousTokenHash !== null && equalDigests(runner.previousTokenHash, hash)
    this.refused.refuse(runner.id, { address, former }, now)
    return null
  }

  /** A stolen token is not enough: an enrolled runner shows with each request that it holds its key. */
  async #proven(runner: AttachedRunner, publicKey: string, request: FastifyRequest): Promise<boolean> {
    const verdict = await this.proofs.examine(request, publicKey, runner.id)
    if (verdict === 'nonce') throw proofNeeded(this.#clock.now())
    // Once it has spoken the second protocol, the proofs of the first would only serve somebody who kept one.
    return verdict === 'good' || (verdict === 'former' && (this.#instances?.protocolOf(runner) ?? 0) < runnerProtocol)
  }
}

/** What the runner's clock shows; null for one that does not say, or says no time of this century. */
function clockOf({ headers }: FastifyRequest): number | null {
  const text = String(headers[runnerClockHeader] ?? '')
  return /^\d{12,13}$/.test(text) ? Number(text) : null
}

const uuidPattern = /^[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}$/i

function ownsToken(runner: AttachedRunner, hash: string, now: number): boolean {
  if (equalDigests(runner.tokenHash, hash)) return true
  const { previousTokenHash, previousTokenExpiresAt } = runner
  if (previousTokenHash === null || (previousTokenExpiresAt ?? 0) <= now) return false
  return equalDigests(previousTokenHash, hash)
}

interface Speaking {
  protocol: number
  speaker: Speaker | null
}

function runnerPrincipal(
  runner: AttachedRunner,
  token: string,
  speaking: Speaking,
): Extract<Principal, { kind: 'runner' }> {
  const name = `runner:${runner.id}`
  const endsAt = equalDigests(runner.tokenHash, hashToken(token)) ? null : runner.previousTokenExpiresAt
  return { kind: 'runner', actor: name, runner, credential: name, endsAt, ...speaking }
}

export function adminAuthRequired(): AppError {
  return new AppError('unauthorized', 'Send the admin key in x-ikoma-admin-key, or a token in Authorization: Bearer.', {
    reason: 'admin_auth_required',
  })
}

function runnerDisabled(): AppError {
  return new AppError('forbidden', 'This runner is disabled.', { reason: 'runner_disabled' })
}

function runnerAuthRequired(now: number): AppError {
  return new AppError(
    'unauthorized',
    'Send a valid x-runner-id and x-runner-token (and, once enrolled, x-runner-proof).',
    {
      reason: 'runner_auth_required',
      details: { serverTime: new Date(now).toISOString() },
    },
  )
}

/** The runner that a runner route was called by. */
export function callingRunner(request: FastifyRequest): AttachedRunner {
  if (request.principal.kind !== 'runner') throw new Error('the route does not declare access: runner')
  return request.principal.runner
}

/** What the caller showed to prove who it is, for counting what it holds open. */
export function callingCredential({ principal }: FastifyRequest): string {
  return principal.kind === 'anonymous' ? 'anonymous' : principal.credential
}

/** For how long the caller's credential is good by itself, in milliseconds; never 0, so that a wait for it ends. */
export function credentialLeftMs({ principal }: FastifyRequest, now: number): number {
  const endsAt = principal.kind === 'anonymous' ? null : principal.endsAt
  return endsAt === null ? Number.POSITIVE_INFINITY : Math.max(endsAt - now, minLeftMs)
}

const minLeftMs = 20

/** Which protocol it speaks, and from which machine. */
export function callingProtocol(request: FastifyRequest): Speaking {
  if (request.principal.kind !== 'runner') throw new Error('the route does not declare access: runner')
  const { protocol, speaker } = request.principal
  return { protocol, speaker }
}

/** The name under which a person's change is recorded. */
export function callingActor({ principal }: FastifyRequest): string {
  if (principal.kind === 'anonymous') throw new Error('the route is public: nobody can be named for it')
  return principal.actor
}
