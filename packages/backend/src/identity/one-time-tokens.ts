import { AppError } from '@ikoma/kernel'
import { hashToken, isToken } from '@ikoma/kernel/node'
import { and, eq, gt, isNull } from 'drizzle-orm'
import type { Transaction } from '../postgres/index.ts'
import { type AccountRow, findAccount, lockAccount } from './accounts.ts'
import type { Context } from './context.ts'
import { identityOneTimeTokens } from './schema.ts'

export type Purpose = 'verify-email' | 'reset-password' | 'change-email'

const hour = 3_600_000
const lifetimeMs: Record<Purpose, number> = { 'verify-email': 24 * hour, 'reset-password': hour, 'change-email': hour }
export const prefixes: Record<Purpose, string> = {
  'verify-email': 'vfy',
  'reset-password': 'rst',
  'change-email': 'chg',
}

/** Tells the app a new token for an address of the account; those before it, for the same purpose, are void. */
export async function sendOneTimeToken(
  tx: Transaction,
  { clock, random, tell }: Context,
  account: Pick<AccountRow, 'id' | 'email' | 'emailKey'>,
  purpose: Purpose,
): Promise<void> {
  await voidTokens(tx, account.id, purpose)
  const now = clock.now()
  const token = random.token(prefixes[purpose])
  const expiresAt = new Date(now + lifetimeMs[purpose])
  const { id: accountId, emailKey, email: to } = account
  await tx
    .insert(identityOneTimeTokens)
    .values({ hash: hashToken(token), accountId, purpose, emailKey, createdAt: new Date(now), expiresAt })
  await tell(tx, { kind: purpose, accountId, to, token, expiresAt })
}

export async function voidTokens(tx: Transaction, accountId: string, purpose: Purpose): Promise<void> {
  const { accountId: owner, purpose: of } = identityOneTimeTokens
  await tx.delete(identityOneTimeTokens).where(and(eq(owner, accountId), eq(of, purpose)))
}

/** Whose a token is that still holds, without using it: an account is locked before its tokens are. */
export async function findTokensAccount(
  { database, clock }: Context,
  token: string,
  purpose: Purpose,
): Promise<AccountRow | null> {
  if (!isToken(token, prefixes[purpose])) return null
  const { hash, purpose: of, usedAt, expiresAt } = identityOneTimeTokens
  const [row] = await database.db
    .select()
    .from(identityOneTimeTokens)
    .where(and(eq(hash, hashToken(token)), eq(of, purpose), isNull(usedAt), gt(expiresAt, new Date(clock.now()))))
  const account = row ? await findAccount(database.db, row.accountId) : null
  // It was sent to an address that the account had then.
  return account && row && account.emailKey === row.emailKey ? account : null
}

/**
 * Uses it up, once whoever else tries; answers whose it is, locked.
 * @throws AppError when it holds no longer.
 */
export async function useOneTimeToken(
  tx: Transaction,
  { clock }: Context,
  { token, purpose, accountId }: { token: string; purpose: Purpose; accountId: string },
): Promise<AccountRow> {
  const account = await lockAccount(tx, accountId)
  const now = new Date(clock.now())
  const { hash, accountId: owner, emailKey, purpose: of, usedAt, expiresAt } = identityOneTimeTokens
  const [row] = await tx
    .update(identityOneTimeTokens)
    .set({ usedAt: now })
    .where(
      and(
        eq(hash, hashToken(token)),
        eq(owner, account.id),
        eq(emailKey, account.emailKey),
        eq(of, purpose),
        isNull(usedAt),
        gt(expiresAt, now),
      ),
    )
    .returning()
  if (!row) throw tokenOver()
  return account
}

export function tokenOver(): AppError {
  const fields = [{ field: 'token', message: 'is wrong, used or expired: ask for a new one' }]
  const options = { reason: 'token_invalid', fields }
  return new AppError('invalid', 'This link is wrong, used or expired: ask for a new one.', options)
}
