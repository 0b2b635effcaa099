import { AppError } from '@ikoma/kernel'
import { hashToken, isToken } from '@ikoma/kernel/node'
import { and, eq, gt, isNull } from 'drizzle-orm'
import type { Transaction } from '../postgres/index.ts'
import { type Account, changeAccount, findAccountByEmail, lockAccount, shownAccount } from './accounts.ts'
import type { Client, Context } from './context.ts'
import type { ConfirmPassword } from './current-password.ts'
import { readEmail } from './email.ts'
import { mayMailAccount, refuseManyMails, withLeastDuration } from './mail-limits.ts'
import { prefixes, sendOneTimeToken, tokenOver } from './one-time-tokens.ts'
import { emailTaken } from './registration.ts'
import { identityOneTimeTokens } from './schema.ts'
import { endSessions } from './sessions.ts'

export interface EmailChangeVerbs {
  /**
   * Sends a link to the new address; until it is opened nothing changes. The same answer whether that address has an account:
   * then its owner is told instead.
   */
  requestEmailChange(request: {
    accountId: string
    currentPassword: string
    newEmail: string
    client: Client
  }): Promise<void>
  /** The address is verified by this. Tells the old one, and ends every session: who has only those is out. */
  confirmEmailChange(token: string): Promise<Account>
}

export function emailChangeVerbs(context: Context, confirmPassword: ConfirmPassword): EmailChangeVerbs {
  const { database, tell } = context
  return {
    async requestEmailChange({ newEmail, client, ...who }) {
      const email = readEmail(newEmail, 'new_email')
      const account = await confirmPassword({ ...who, client })
      if (email.key === account.emailKey) throw sameAddress()
      await refuseManyMails(context, client)
      await withLeastDuration(context, async () => {
        if (!(await mayMailAccount(context, email.key))) return
        await database.transaction(async (tx) => {
          const taken = await findAccountByEmail(tx, email.key)
          if (taken) await tell(tx, { kind: 'registration-of-existing', accountId: taken.id, to: taken.email })
          else
            await sendOneTimeToken(
              tx,
              context,
              { id: account.id, email: email.key, emailKey: email.key },
              'change-email',
            )
        })
      })
    },
    async confirmEmailChange(token) {
      if (!isToken(token, prefixes['change-email'])) throw tokenOver()
      const row = await database.transaction((tx) => confirm(tx, context, token))
      context.sessionCache.forgetAccount(row.id)
      return shownAccount(row)
    },
  }
}

async function confirm(tx: Transaction, { clock, tell }: Context, token: string) {
  const now = new Date(clock.now())
  const { hash, purpose, usedAt, expiresAt } = identityOneTimeTokens
  const alive = and(eq(hash, hashToken(token)), eq(purpose, 'change-email'), isNull(usedAt), gt(expiresAt, now))
  const [found] = await tx.select().from(identityOneTimeTokens).where(alive)
  if (!found) throw tokenOver()
  const account = await lockAccount(tx, found.accountId)
  // Somebody may have used it while this one waited.
  const [used] = await tx.update(identityOneTimeTokens).set({ usedAt: now }).where(alive).returning()
  if (!used || account.disabledAt !== null) throw tokenOver()
  if (await findAccountByEmail(tx, found.emailKey)) throw emailTaken()
  await endSessions(tx, account.id, { reason: 'email', now: now.getTime() })
  await tell(tx, { kind: 'email-changed', accountId: account.id, to: account.email, newEmail: found.emailKey })
  return changeAccount(tx, account.id, { email: found.emailKey, emailKey: found.emailKey, emailVerifiedAt: now })
}

function sameAddress(): AppError {
  const fields = [{ field: 'new_email', message: 'is the address that the account has' }]
  return new AppError('unprocessable', 'This is the address that the account has.', { reason: 'email_same', fields })
}
