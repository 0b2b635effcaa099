import { AppError } from '@ikoma/kernel'
import { eq } from 'drizzle-orm'
import type { Transaction } from '../postgres/index.ts'
import { type Account, findAccountByEmail, insertAccount, shownAccount } from './accounts.ts'
import type { Client, Context } from './context.ts'
import { readEmail } from './email.ts'
import { mayMailAccount, refuseManyMails, withLeastDuration } from './mail-limits.ts'
import { findTokensAccount, sendOneTimeToken, tokenOver, useOneTimeToken } from './one-time-tokens.ts'
import { refuseWeakPassword } from './password-policy.ts'
import { identityAccounts } from './schema.ts'
import { describeAttempt } from './sign-in-guard.ts'

export interface RegistrationVerbs {
  /**
   * `taken` when the address has an account: its owner is told, and the app says so or answers as if it were new. Both take the
   * time of a hash. `also` is in the transaction of the new account.
   */
  register(
    request: { email: string; password: string; role?: string },
    also?: (tx: Transaction, account: Account) => Promise<void>,
  ): Promise<{ status: 'created'; account: Account } | { status: 'taken' }>
  /** A second time, with the same token, it is refused. What `client` tried too early is forgotten. */
  verifyEmail(token: string, client?: Client): Promise<Account>
  /** The same answer whether the address has an account, and one that is not verified yet. */
  requestVerification(request: { email: string; client: Client }): Promise<void>
  /** For the start of an app, as often as it starts: an account that has the address is left as it is. */
  createInitialAdmin(request: { email: string; password: string }): Promise<{ created: boolean }>
}

const adminMinLength = 12

export function registrationVerbs(context: Context): RegistrationVerbs {
  const { database, clock, random, hasher, roles, tell, log } = context
  return {
    async register({ email: text, password, role = roles.names[0] ?? '' }, also) {
      const email = readEmail(text)
      if (!roles.is(role)) throw new Error(`identity: there is no role "${role}"`)
      refuseWeakPassword(password, { email: email.key })
      const passwordHash = await hasher.hash(password)
      const fields = { id: random.id(), passwordHash, role, emailVerifiedAt: null, createdAt: new Date(clock.now()) }
      const created = await database.transaction(async (tx) => {
        const row = await insertAccount(tx, email, fields)
        if (!row) return null
        const account = shownAccount(row)
        await also?.(tx, account)
        await sendOneTimeToken(tx, context, row, 'verify-email')
        return account
      })
      if (created) return { status: 'created', account: created }
      if (await mayMailAccount(context, email.key)) {
        await database.transaction(async (tx) => {
          const row = await findAccountByEmail(tx, email.key)
          if (row) await tell(tx, { kind: 'registration-of-existing', accountId: row.id, to: row.email })
        })
      }
      return { status: 'taken' }
    },
    async verifyEmail(token, client) {
      const account = await findTokensAccount(context, token, 'verify-email')
      if (!account) throw tokenOver()
      const verified = await database.transaction(async (tx) => {
        const { id } = await useOneTimeToken(tx, context, { token, purpose: 'verify-email', accountId: account.id })
        const [row] = await tx
          .update(identityAccounts)
          .set({ emailVerifiedAt: new Date(clock.now()) })
          .where(eq(identityAccounts.id, id))
          .returning()
        if (!row) throw tokenOver()
        return shownAccount(row)
      })
      if (client) {
        const { keys } = await describeAttempt(context, account.emailKey, account.id, client)
        await context.attempts.clear([keys.client, keys.wide])
      }
      return verified
    },
    async requestVerification({ email: text, client }) {
      const email = readEmail(text)
      await refuseManyMails(context, client)
      await withLeastDuration(context, async () => {
        if (!(await mayMailAccount(context, email.key))) return
        await database.transaction(async (tx) => {
          const row = await findAccountByEmail(tx, email.key)
          if (row && row.emailVerifiedAt === null && row.disabledAt === null)
            await sendOneTimeToken(tx, context, row, 'verify-email')
        })
      })
    },
    async createInitialAdmin({ email: text, password }) {
      const email = readEmail(text)
      refuseWeakPassword(password, { email: email.key, minLength: adminMinLength })
      const before = await findAccountByEmail(database.db, email.key)
      const now = new Date(clock.now())
      const row =
        before === null
          ? { id: random.id(), passwordHash: await hasher.hash(password), role: roles.highest, createdAt: now }
          : null
      const created =
        row && (await database.transaction((tx) => insertAccount(tx, email, { ...row, emailVerifiedAt: now })))
      if (created) return { created: true }
      const there = before ?? (await findAccountByEmail(database.db, email.key))
      if (there && there.role !== roles.highest)
        log.warn(
          { account: there.id, role: there.role },
          'the initial admin’s address belongs to an account of another role: it is left as it is',
        )
      return { created: false }
    },
  }
}

export function emailTaken(): AppError {
  const fields = [{ field: 'email', message: 'has an account already' }]
  return new AppError('conflict', 'This e-mail address has an account already.', { reason: 'email_taken', fields })
}
