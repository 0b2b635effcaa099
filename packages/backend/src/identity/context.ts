import { randomBytes } from 'node:crypto'
import { type Clock, newId } from '@ikoma/kernel'
import { type Log, newToken } from '@ikoma/kernel/node'
import type { Database, Transaction } from '../postgres/index.ts'
import type { AccessTokens } from './access-token.ts'
import type { AttemptRule, signInRules } from './attempt-rules.ts'
import type { Attempts } from './attempts.ts'
import type { IdentityEvent } from './events.ts'
import type { PasswordHasher } from './password-hasher.ts'
import type { RefreshPolicy } from './refresh-rules.ts'
import type { Roles } from './roles.ts'
import type { SessionCache } from './session-cache.ts'

export interface Randomness {
  id(): string
  /** A credential of at least 160 bits, with a checksum. */
  token(prefix: string): string
  bytes(count: number): Uint8Array
}

export const systemRandomness: Randomness = { id: newId, token: newToken, bytes: randomBytes }

export type SignInRules = Record<keyof typeof signInRules, AttemptRule>

/** The transaction is that of the change: what is written in it is there if and only if the change is. */
export type Tell = (tx: Transaction, event: IdentityEvent) => Promise<void> | void

/** What the verbs of this room share. */
export interface Context {
  database: Database
  clock: Clock
  log: Log
  random: Randomness
  tell: Tell
  hasher: PasswordHasher
  accessTokens: AccessTokens
  attempts: Attempts
  sessionCache: SessionCache
  rules: SignInRules
  refreshPolicy: RefreshPolicy
  roles: Roles
  totp: { issuer: string; sealKey: Uint8Array }
  /** Answers to a stranger who names an address take at least this long, whether it has an account or not. */
  leastAnswerMs: number
}

/** Who calls, as the app sees it behind its proxies. */
export interface Client {
  address: string
  /** What a sign-in from this device was given. */
  deviceToken?: string | null | undefined
}
