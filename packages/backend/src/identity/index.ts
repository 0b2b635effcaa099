import type { Clock } from '@ikoma/kernel'
import type { Log } from '@ikoma/kernel/node'
import { lt } from 'drizzle-orm'
import type { Database } from '../postgres/index.ts'
import { type AccessKey, createAccessTokens } from './access-token.ts'
import { type AccountVerbs, accountVerbs } from './accounts.ts'
import { signInRules } from './attempt-rules.ts'
import { createAttempts } from './attempts.ts'
import { createAuthenticate, type IdentityPrincipal } from './authenticate.ts'
import { type Context, type Randomness, type SignInRules, systemRandomness, type Tell } from './context.ts'
import { createConfirmPassword, type PasswordConfirmation } from './current-password.ts'
import { type EmailChangeVerbs, emailChangeVerbs } from './email-change.ts'
import { createPasswordHasher, type PasswordHasher } from './password-hasher.ts'
import { type PasswordVerbs, passwordVerbs } from './passwords.ts'
import { endSessionOf, refresh } from './refresh.ts'
import { defaultRefreshPolicy, type RefreshPolicy } from './refresh-rules.ts'
import { type RegistrationVerbs, registrationVerbs } from './registration.ts'
import { createRoles, type Roles } from './roles.ts'
import { identityOneTimeTokens, identitySessions } from './schema.ts'
import { type SecondFactorVerbs, secondFactorVerbs } from './second-factor.ts'
import { createSessionCache } from './session-cache.ts'
import { endSession, endSessions, type Tokens } from './sessions.ts'
import { createLogin, type LoginRequest, type SignedIn } from './sign-in.ts'

export type { AccessKey } from './access-token.ts'
export type { Account } from './accounts.ts'
export type { IdentityPrincipal } from './authenticate.ts'
export type { Client, Randomness, SignInRules, Tell } from './context.ts'
export type { IdentityEvent } from './events.ts'
export { createPasswordHasher, type PasswordHasher } from './password-hasher.ts'
export { refuseWeakPassword } from './password-policy.ts'
export { emailTaken } from './registration.ts'
export { createRoles, mayAct, type Roles } from './roles.ts'
export type { Tokens } from './sessions.ts'
export type { LoginRequest, SignedIn } from './sign-in.ts'

export interface IdentityOptions {
  database: Database
  clock: Clock
  log: Log
  /** From the least to the most; who registers has the first, the initial admin the last. */
  roles: readonly string[]
  keys: {
    access: readonly AccessKey[]
    /** At least 32 bytes, under which the secrets of authenticators are kept. */
    seal: Uint8Array
  }
  /** Who issues tokens, and for whom: as a rule the app's name and its URL. Authenticators show the issuer. */
  issuer: string
  audience: string
  tell: Tell
  accessLifetimeSec?: number
  refresh?: Partial<RefreshPolicy>
  limits?: Partial<SignInRules>
  /** For how long another process may not know that a session ended. */
  sessionCacheMs?: number
  hasher?: PasswordHasher
  random?: Randomness
  leastAnswerMs?: number
}

export interface Identity extends RegistrationVerbs, PasswordVerbs, EmailChangeVerbs, AccountVerbs, SecondFactorVerbs {
  roles: Roles
  login(request: LoginRequest): Promise<SignedIn>
  /** For what a session alone must not do; wrong ones are counted as at a sign-in. */
  confirmPassword(request: PasswordConfirmation): Promise<void>
  /** Each refresh token is used once: see `refresh-rules.ts`. */
  refresh(refreshToken: string): Promise<Tokens>
  /** By the refresh token, or by the session of a principal. */
  logout(of: { refreshToken: string } | { sessionId: string }): Promise<void>
  logoutEverywhere(accountId: string, except?: string): Promise<void>
  authenticate(request: { headers: { authorization?: string | undefined } }): Promise<IdentityPrincipal | null>
  /** Deletes what is over; for a job, once a day or so. */
  sweep(): Promise<void>
}

/** Accounts, sign-in and sessions, without routes: apps have their own names and shapes for these. */
export function createIdentity(options: IdentityOptions): Identity {
  const context = contextOf(options)
  const { database, clock, sessionCache } = context
  const confirmPassword = createConfirmPassword(context)
  return {
    roles: context.roles,
    ...registrationVerbs(context),
    ...passwordVerbs(context, confirmPassword),
    ...emailChangeVerbs(context, confirmPassword),
    ...accountVerbs(context),
    ...secondFactorVerbs(context),
    login: createLogin(context),
    confirmPassword: async (request) => void (await confirmPassword(request)),
    refresh: (refreshToken) => refresh(context, refreshToken),
    authenticate: createAuthenticate(context),
    async logout(of) {
      if ('refreshToken' in of) return endSessionOf(context, of.refreshToken)
      await database.transaction((tx) => endSession(tx, of.sessionId, 'logout', clock.now()))
      sessionCache.forgetSession(of.sessionId)
    },
    async logoutEverywhere(accountId, except) {
      await database.transaction((tx) => endSessions(tx, accountId, { reason: 'logout', now: clock.now(), except }))
      sessionCache.forgetAccount(accountId)
    },
    sweep: () => sweep(context),
  }
}

const dayMs = 86_400_000

async function sweep({ database, clock, attempts }: Context): Promise<void> {
  await attempts.sweep()
  const yesterday = new Date(clock.now() - dayMs)
  await database.db.delete(identitySessions).where(lt(identitySessions.expiresAt, yesterday))
  await database.db.delete(identityOneTimeTokens).where(lt(identityOneTimeTokens.expiresAt, yesterday))
}

function contextOf(options: IdentityOptions): Context {
  const { database, clock, log, issuer, audience, keys, tell, random = systemRandomness } = options
  if (keys.seal.byteLength < 32) throw new Error('identity: keys.seal is shorter than 32 bytes')
  const lifetime = options.accessLifetimeSec === undefined ? {} : { lifetimeSec: options.accessLifetimeSec }
  return {
    database,
    clock,
    log,
    random,
    tell,
    hasher: options.hasher ?? createPasswordHasher(),
    accessTokens: createAccessTokens({ keys: keys.access, issuer, audience, clock, ...lifetime }),
    attempts: createAttempts(database, clock),
    sessionCache: createSessionCache(clock, options.sessionCacheMs ?? 2_000),
    rules: { ...signInRules, ...options.limits },
    refreshPolicy: { ...defaultRefreshPolicy, ...options.refresh },
    roles: createRoles(options.roles),
    totp: { issuer, sealKey: keys.seal },
    leastAnswerMs: options.leastAnswerMs ?? 300,
  }
}
