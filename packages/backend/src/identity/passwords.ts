import { AppError } from '@ikoma/kernel'
import type { Transaction } from '../postgres/index.ts'
import { type AccountRow, changeAccount, findAccountByEmail, lockAccount } from './accounts.ts'
import type { Client, Context } from './context.ts'
import type { ConfirmPassword } from './current-password.ts'
import { readEmail } from './email.ts'
import { mayMailAccount, refuseManyMails, withLeastDuration } from './mail-limits.ts'
import { findTokensAccount, sendOneTimeToken, tokenOver, useOneTimeToken, voidTokens } from './one-time-tokens.ts'
import { refuseWeakPassword } from './password-policy.ts'
import { endSessions } from './sessions.ts'

export interface PasswordVerbs {
  /** The same answer, in the same time, whether the address has an account. */
  requestPasswordReset(request: { email: string; client: Client }): Promise<void>
  /** Ends every session. Who has the mail has the address: it is verified by this, too. */
  resetPassword(request: { token: string; newPassword: string }): Promise<void>
  /** Ends every other session; the access token of this one is answered anew, since older ones are refused. */
  changePassword(request: {
    accountId: string
    sessionId: string
    currentPassword: string
    newPassword: string
    client: Client
  }): Promise<{ accessToken: string; expiresInSec: number }>
}

export function passwordVerbs(context: Context, confirmPassword: ConfirmPassword): PasswordVerbs {
  const { database, hasher, accessTokens, sessionCache, clock } = context
  return {
    async requestPasswordReset({ email: text, client }) {
      const email = readEmail(text)
      await refuseManyMails(context, client)
      await withLeastDuration(context, async () => {
        if (!(await mayMailAccount(context, email.key))) return
        await database.transaction(async (tx) => {
          const row = await findAccountByEmail(tx, email.key)
          if (row && row.disabledAt === null) await sendOneTimeToken(tx, context, row, 'reset-password')
        })
      })
    },
    async resetPassword({ token, newPassword }) {
      // A password that is refused must not use up the link.
      const account = await findTokensAccount(context, token, 'reset-password')
      if (!account) throw tokenOver()
      refuseWeakPassword(newPassword, { email: account.emailKey }, 'new_password')
      const passwordHash = await hasher.hash(newPassword)
      await database.transaction(async (tx) => {
        const row = await useOneTimeToken(tx, context, { token, purpose: 'reset-password', accountId: account.id })
        const verified = row.emailVerifiedAt ?? new Date(clock.now())
        await writePassword(tx, context, row, { passwordHash, verified })
      })
      sessionCache.forgetAccount(account.id)
    },
    async changePassword({ accountId, sessionId, currentPassword, newPassword, client }) {
      const account = await confirmPassword({ accountId, currentPassword, client })
      refuseWeakPassword(newPassword, { email: account.emailKey }, 'new_password')
      const passwordHash = await hasher.hash(newPassword)
      const changed = await database.transaction(async (tx) => {
        const row = await lockAccount(tx, accountId)
        if (row.passwordHash !== account.passwordHash)
          throw new AppError('conflict', 'The password has just been changed elsewhere.', {
            reason: 'password_changed',
          })
        return writePassword(tx, context, row, { passwordHash, keep: sessionId })
      })
      sessionCache.forgetAccount(accountId)
      const { role, tokenVersion } = changed
      const accessToken = await accessTokens.sign({ accountId, role, sessionId, tokenVersion })
      return { accessToken, expiresInSec: accessTokens.lifetimeSec }
    },
  }
}

interface NewPassword {
  passwordHash: string
  /** The session that goes on. */
  keep?: string
  verified?: Date
}

async function writePassword(
  tx: Transaction,
  { clock, tell }: Context,
  account: AccountRow,
  { passwordHash, keep, verified }: NewPassword,
): Promise<AccountRow> {
  const now = clock.now()
  const emailVerifiedAt = verified ?? account.emailVerifiedAt
  await endSessions(tx, account.id, { reason: 'password', now, except: keep })
  await voidTokens(tx, account.id, 'reset-password')
  await tell(tx, { kind: 'password-changed', accountId: account.id, to: account.email })
  return changeAccount(tx, account.id, { passwordHash, passwordChangedAt: new Date(now), emailVerifiedAt })
}
