import { AppError } from '@ikoma/kernel'
import { hashToken, isToken } from '@ikoma/kernel/node'
import { and, eq } from 'drizzle-orm'
import type { Transaction } from '../postgres/index.ts'
import { type AccountRow, getAccount } from './accounts.ts'
import type { Context } from './context.ts'
import { decideRefresh } from './refresh-rules.ts'
import { newRefreshToken, refreshPrefix } from './refresh-token.ts'
import { identityRefreshTokens, identitySessions } from './schema.ts'
import { openText, sealText } from './sealed-text.ts'
import { endSession, type Tokens, tokensFor } from './sessions.ts'

type Outcome =
  | { decision: 'rotate' | 'same'; account: AccountRow; sessionId: string; refreshToken: string }
  | { decision: 'reused'; sessionId: string }
  | { decision: 'raced' | 'over' }

type TokenRow = typeof identityRefreshTokens.$inferSelect
type SessionRow = typeof identitySessions.$inferSelect

/** Exchanges a refresh token for new ones: see `refresh-rules.ts`. */
export async function refresh(context: Context, refreshToken: string): Promise<Tokens> {
  if (!isToken(refreshToken, refreshPrefix)) throw sessionOver()
  const outcome = await context.database.transaction((tx) => exchange(tx, context, refreshToken), {
    isolation: 'read committed',
  })
  if (outcome.decision === 'rotate' || outcome.decision === 'same') return tokensFor(context, outcome.account, outcome)
  if (outcome.decision === 'raced') {
    const message = 'Another tab has refreshed this session a moment ago: use the tokens that it was given.'
    throw new AppError('conflict', message, { reason: 'refresh_raced' })
  }
  if (outcome.decision !== 'reused') throw sessionOver()
  context.sessionCache.forgetSession(outcome.sessionId)
  throw reused()
}

async function exchange(tx: Transaction, context: Context, refreshToken: string): Promise<Outcome> {
  const { clock, refreshPolicy } = context
  const hash = hashToken(refreshToken)
  const known = await findToken(tx, hash)
  if (!known) return { decision: 'over' }
  // All that happens to a family happens under its session's lock; what was read before it may be old.
  const [session] = await tx
    .select()
    .from(identitySessions)
    .where(eq(identitySessions.id, known.sessionId))
    .for('update')
  const token = await findToken(tx, hash)
  if (!session || !token) return { decision: 'over' }
  const account = await getAccount(tx, session.accountId)
  const successor = token.successorHash === null ? null : await findToken(tx, token.successorHash)
  const now = clock.now()
  const decision = decideRefresh(
    { expiresAt: token.expiresAt, usedAt: token.usedAt, successorUsed: successor?.usedAt != null },
    { ...session, accountDisabled: account.disabledAt !== null },
    now,
    refreshPolicy,
  )
  if (decision === 'rotate') {
    const next = await rotate(tx, context, { token, session, refreshToken })
    return { decision, account, sessionId: session.id, refreshToken: next }
  }
  if (decision === 'same' && token.successorSealed !== null) {
    const next = openText(token.successorSealed, refreshToken, token.hash)
    return { decision, account, sessionId: session.id, refreshToken: next }
  }
  if (decision === 'reused') {
    await endForReuse(tx, context, session, account)
    return { decision, sessionId: session.id }
  }
  return { decision: decision === 'over' ? 'over' : 'raced' }
}

async function endForReuse(
  tx: Transaction,
  { clock, tell, log }: Context,
  session: SessionRow,
  { id, email }: AccountRow,
): Promise<void> {
  await endSession(tx, session.id, 'reuse', clock.now())
  await tell(tx, { kind: 'refresh-token-reused', accountId: id, to: email, sessionId: session.id })
  log.warn({ account: id, family: session.id }, 'a refresh token was used twice: its family has ended')
}

async function rotate(
  tx: Transaction,
  { clock, random, refreshPolicy }: Context,
  { token, session, refreshToken }: { token: TokenRow; session: SessionRow; refreshToken: string },
): Promise<string> {
  const now = clock.now()
  const next = newRefreshToken(random, refreshPolicy, now)
  await tx.insert(identityRefreshTokens).values({ ...next.row, sessionId: session.id })
  await tx
    .update(identityRefreshTokens)
    .set({
      usedAt: new Date(now),
      successorHash: next.row.hash,
      successorSealed: sealText(next.token, refreshToken, token.hash),
    })
    .where(eq(identityRefreshTokens.hash, token.hash))
  // Else an old token and a copy of the database would open one after the other, up to the one that is alive.
  await tx
    .update(identityRefreshTokens)
    .set({ successorSealed: null })
    .where(and(eq(identityRefreshTokens.sessionId, session.id), eq(identityRefreshTokens.successorHash, token.hash)))
  await tx
    .update(identitySessions)
    .set({ rotations: session.rotations + 1 })
    .where(eq(identitySessions.id, session.id))
  return next.token
}

async function findToken(tx: Transaction, hash: string): Promise<TokenRow | null> {
  const [row] = await tx.select().from(identityRefreshTokens).where(eq(identityRefreshTokens.hash, hash))
  return row ?? null
}

/** Ends the session of a refresh token, used or not; one that is unknown is no error. */
export async function endSessionOf(context: Context, refreshToken: string): Promise<void> {
  if (!isToken(refreshToken, refreshPrefix)) return
  const { database, clock, sessionCache } = context
  const sessionId = await database.transaction(async (tx) => {
    const token = await findToken(tx, hashToken(refreshToken))
    if (token) await endSession(tx, token.sessionId, 'logout', clock.now())
    return token?.sessionId
  })
  if (sessionId !== undefined) sessionCache.forgetSession(sessionId)
}

function sessionOver(): AppError {
  return new AppError('unauthorized', 'The session is over: sign in again.', { reason: 'session_over' })
}

function reused(): AppError {
  const message = 'This refresh token was used before, so that the session has ended for everybody: sign in again.'
  return new AppError('unauthorized', message, { reason: 'refresh_reused' })
}
