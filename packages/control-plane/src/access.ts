import { runnerIdHeader, runnerProtocol, runnerProtocolHeader, runnerTokenHeader } from '@ikoma/api'
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

/** Who may call a route: everyone; people of at least a role; a runner; or whatever the route itself examines. */
export type Access = 'public' | Role | 'runner' | 'metrics'

export type Principal =
  | { kind: 'anonymous' }
  | { kind: 'person'; actor: string; role: Role }
  | {
      kind: 'runner'
      actor: string
      runner: AttachedRunner
      protocol: number
      speaker: Speaker | null
    }

declare module 'fastify' {
  interface FastifyRequest {
    principal: Principal
    /** The digest that the runner has signed for the body, which has not been read yet. */
    signedDigest?: string
  }
}

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
  readonly #runners = new BoundedCache<AttachedRunner | null>(20_000, cacheMs)
  readonly #tokens = new BoundedCache<ApiToken | null>(5_000, cacheMs)
  readonly #instances: RunnerInstances | null
  readonly proofs: Proofs
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
      await this.#examine(`admin ${request.ip}`, async () => equalSecrets(key, this.#adminKey))
      return { kind: 'person', actor: adminActor, role: 'admin' }
    }
    if (bearer === undefined) return { kind: 'anonymous' }
    const token = await this.#examine(`token ${request.ip}`, () => this.#findToken(bearer))
    return { kind: 'person', actor: `token:${token.name}`, role: token.role }
  }

  /** The runner as it is now, for a request that has been waiting: who it is was shown when it came, its rights may have gone. */
  async recheckRunner(request: FastifyRequest): Promise<AttachedRunner> {
    const before = callingRunner(request)
    const now = this.#clock.now()
    const runner = await this.findRunner(before.id)
    const token = String(request.headers[runnerTokenHeader])
    if (!runner || runner.publicKey !== before.publicKey || !ownsToken(runner, hashToken(token), now)) {
      throw runnerAuthRequired(now)
    }
    if (runner.disabled) throw runnerDisabled()
    const { protocol, speaker } = callingProtocol(request)
    request.principal = { kind: 'runner', actor: `runner:${runner.id}`, runner, protocol, speaker }
    return runner
  }

  async #identifyRunner(request: FastifyRequest): Promise<Extract<Principal, { kind: 'runner' }>> {
    const id = request.headers[runnerIdHeader]
    const token = request.headers[runnerTokenHeader]
    const refusal = () => runnerAuthRequired(this.#clock.now())
    if (typeof id !== 'string' || typeof token !== 'string') throw refusal()
    const runner = await this.#examine(
      `runner ${request.ip} ${id.slice(0, 64)}`,
      () => this.#findRunner(id, token, request),
      refusal,
    )
    if (runner.disabled) throw runnerDisabled()
    const protocol = request.headers[runnerProtocolHeader] === String(runnerProtocol) ? runnerProtocol : 1
    const speaker = speakerOf(request)
    // A runner that never enrolled is a program of its owner's own: it has no identity that could be copied.
    if (runner.publicKey !== null) this.#instances?.see(runner, { speaker, protocol }, this.#clock.now())
    return { kind: 'runner', actor: `runner:${runner.id}`, runner, protocol, speaker }
  }

  /** Runs a check of a credential unless its key has failed too often lately; a failure counts and is refused. */
  async #examine<T>(key: string, check: () => Promise<T>, refusal = adminAuthRequired): Promise<NonNullable<T>> {
    const now = this.#clock.now()
    const retryAfterSec = this.#throttle.waitSec(key, now)
    if (retryAfterSec > 0) {
      throw new AppError('rate_limited', 'Too many failed attempts.', { reason: 'too_many_failures', retryAfterSec })
    }
    const result = await check()
    if (result) return result
    this.#throttle.fail(key, now)
    throw refusal()
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
    return token && this.#keyring.isSeal(tokenBytes(token), token.seal) ? token : null
  }

  async #findRunner(id: string, token: string, request: FastifyRequest): Promise<AttachedRunner | null> {
    if (!isToken(token, tokenPrefix.runner) || !uuidPattern.test(id)) return null
    const now = this.#clock.now()
    const runner = await this.findRunner(id)
    if (!runner || !ownsToken(runner, hashToken(token), now)) return null
    if (runner.publicKey !== null && !(await this.#proven(runner, runner.publicKey, request))) return null
    return runner
  }

  /** A stolen token is not enough: an enrolled runner shows with each request that it holds its key. */
  async #proven(runner: AttachedRunner, publicKey: string, request: FastifyRequest): Promise<boolean> {
    const verdict = await this.proofs.examine(request, publicKey, runner.id)
    if (verdict === 'nonce') throw proofNeeded(this.#clock.now())
    // Once it has spoken the second protocol, the proofs of the first would only serve somebody who kept one.
    return verdict === 'good' || (verdict === 'former' && (this.#instances?.protocolOf(runner) ?? 0) < runnerProtocol)
  }
}

const uuidPattern = /^[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}$/i

function ownsToken(runner: AttachedRunner, hash: string, now: number): boolean {
  if (equalDigests(runner.tokenHash, hash)) return true
  const { previousTokenHash, previousTokenExpiresAt } = runner
  if (previousTokenHash === null || (previousTokenExpiresAt ?? 0) <= now) return false
  return equalDigests(previousTokenHash, hash)
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

/** Which protocol it speaks, and from which machine. */
export function callingProtocol(request: FastifyRequest): { protocol: number; speaker: Speaker | null } {
  if (request.principal.kind !== 'runner') throw new Error('the route does not declare access: runner')
  const { protocol, speaker } = request.principal
  return { protocol, speaker }
}

/** The name under which a person's change is recorded. */
export function callingActor(request: FastifyRequest): string {
  return request.principal.kind === 'anonymous' ? 'anonymous' : request.principal.actor
}
