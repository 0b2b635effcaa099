import { and, eq, isNull, ne } from 'drizzle-orm'
import type { Transaction } from '../postgres/index.ts'
import type { AccountRow } from './accounts.ts'
import type { Context } from './context.ts'
import { newRefreshToken } from './refresh-token.ts'
import { identityRefreshTokens, identitySessions } from './schema.ts'

/** What a client holds after it signed in or refreshed. */
export interface Tokens {
  accessToken: string
  refreshToken: string
  tokenType: 'Bearer'
  /** Of the access token. */
  expiresInSec: number
}

export type EndReason = 'logout' | 'disabled' | 'password' | 'email' | 'reuse'

/** Ends those of an account, but for one that is to stay. */
export async function endSessions(
  tx: Transaction,
  accountId: string,
  { reason, now, except }: { reason: EndReason; now: number; except?: string | undefined },
): Promise<void> {
  const live = and(eq(identitySessions.accountId, accountId), isNull(identitySessions.endedAt))
  await tx
    .update(identitySessions)
    .set({ endedAt: new Date(now), endReason: reason })
    .where(except === undefined ? live : and(live, ne(identitySessions.id, except)))
}

export async function endSession(tx: Transaction, sessionId: string, reason: EndReason, now: number): Promise<void> {
  await tx
    .update(identitySessions)
    .set({ endedAt: new Date(now), endReason: reason })
    .where(and(eq(identitySessions.id, sessionId), isNull(identitySessions.endedAt)))
}

/** A new family of refresh tokens, with its first. */
export async function startSession(
  tx: Transaction,
  { clock, random, refreshPolicy }: Context,
  accountId: string,
): Promise<{ sessionId: string; refreshToken: string }> {
  const now = clock.now()
  const sessionId = random.id()
  const expiresAt = new Date(now + refreshPolicy.absoluteMs)
  await tx.insert(identitySessions).values({ id: sessionId, accountId, createdAt: new Date(now), expiresAt })
  const { token, row } = newRefreshToken(random, refreshPolicy, now)
  await tx.insert(identityRefreshTokens).values({ ...row, sessionId })
  return { sessionId, refreshToken: token }
}

export async function tokensFor(
  { accessTokens }: Context,
  account: Pick<AccountRow, 'id' | 'role' | 'tokenVersion'>,
  session: { sessionId: string; refreshToken: string },
): Promise<Tokens> {
  const { id, role, tokenVersion } = account
  const accessToken = await accessTokens.sign({ accountId: id, role, tokenVersion, sessionId: session.sessionId })
  return {
    accessToken,
    refreshToken: session.refreshToken,
    tokenType: 'Bearer',
    expiresInSec: accessTokens.lifetimeSec,
  }
}
