import { AppError } from '@ikoma/kernel'
import { eq } from 'drizzle-orm'
import { type Account, type AccountRow, findAccountByEmail, lockAccount, shownAccount } from './accounts.ts'
import type { Client, Context } from './context.ts'
import { findEmail } from './email.ts'
import { rememberClient } from './known-clients.ts'
import { createOneAtATime } from './one-at-a-time.ts'
import { identityAccounts } from './schema.ts'
import { checkSecondFactor, needsSecondFactor } from './second-factor.ts'
import { startSession, type Tokens, tokensFor } from './sessions.ts'
import { countFailure, describeAttempt, refuseBlocked, refuseBlockedCode, type SignInAttempt } from './sign-in-guard.ts'

export interface LoginRequest {
  email: string
  password: string
  client: Client
  /** A code of the authenticator, or a recovery code, for an account that has enrolled. */
  code?: string | undefined
}

export interface SignedIn extends Tokens {
  account: Account
  sessionId: string
  /** For the client to keep, as in a cookie of its own, and to show at its next sign-in: see `attempt-rules.ts`. */
  deviceToken: string
}

const mostWaiting = 50

export function createLogin(context: Context): (request: LoginRequest) => Promise<SignedIn> {
  const oneAtATime = createOneAtATime(mostWaiting)
  return async ({ email, password, client, code }) => {
    // A text that is no address has no account, and answers as late as one that has none.
    const emailKey = findEmail(email)?.key ?? email.slice(0, 300)
    const account = await findAccountByEmail(context.database.db, emailKey)
    const attempt = await describeAttempt(context, emailKey, account?.id ?? null, client)
    await oneAtATime(attempt.line, async () => {
      await refuseBlocked(context, attempt)
      await verify(context, { account, attempt, password, code })
    })
    if (!account) throw wrongCredentials()
    return signIn(context, { account, attempt, password, client })
  }
}

interface Verification {
  account: AccountRow | null
  attempt: SignInAttempt
  password: string
  code: string | undefined
}

/** @throws AppError unless all is right; what is said beyond "wrong" is said to who knows the password. */
async function verify(context: Context, { account, attempt, password, code }: Verification): Promise<void> {
  const isRight = await context.hasher.isPassword(password, account?.passwordHash ?? null)
  // Whoever registers somebody else's address knows the password it chose: to say that it is not verified yet would tell that
  // the address had no account before.
  if (!isRight || !account || account.emailVerifiedAt === null) {
    await countFailure(context, attempt, 'password')
    throw wrongCredentials()
  }
  if (account.disabledAt !== null)
    throw new AppError('forbidden', 'This account is disabled.', { reason: 'account_disabled' })
  if (!(await needsSecondFactor(context, account.id))) return
  if (code === undefined || code === '') {
    const message = 'This account takes a code of its authenticator, too: send it with the password.'
    throw new AppError('unauthorized', message, { reason: 'second_factor_required' })
  }
  await refuseBlockedCode(context, attempt)
  if (await checkSecondFactor(context, account.id, code)) return
  if (await countFailure(context, attempt, 'code')) {
    const { id: accountId, email: to } = account
    await context.database.transaction(async (tx) => {
      await context.tell(tx, { kind: 'second-factor-attacked', accountId, to })
    })
  }
  throw new AppError('unauthorized', 'The code is wrong or was used before.', { reason: 'second_factor_wrong' })
}

interface Verified {
  account: AccountRow
  attempt: SignInAttempt
  password: string
  client: Client
}

async function signIn(context: Context, { account, attempt, password, client }: Verified): Promise<SignedIn> {
  const { database, hasher, clock, attempts } = context
  // Parameters change with the years: whoever signs in takes the new ones along.
  const renewed = hasher.isOutdated(account.passwordHash) ? await hasher.hash(password) : null
  const done = await database.transaction(async (tx) => {
    const now = await lockAccount(tx, account.id)
    // What was verified is no longer so.
    if (now.passwordHash !== account.passwordHash || now.disabledAt !== null) throw wrongCredentials()
    const change = { lastLoginAt: new Date(clock.now()), ...(renewed === null ? {} : { passwordHash: renewed }) }
    await tx.update(identityAccounts).set(change).where(eq(identityAccounts.id, account.id))
    const session = await startSession(tx, context, account.id)
    const deviceToken = await rememberClient(tx, context, { accountId: account.id, attempt, client })
    return { session, deviceToken, account: { ...now, ...change } }
  })
  await attempts.clear([attempt.keys.client, attempt.keys.wide])
  return {
    ...(await tokensFor(context, done.account, done.session)),
    account: shownAccount(done.account),
    sessionId: done.session.sessionId,
    deviceToken: done.deviceToken,
  }
}

export function wrongCredentials(): AppError {
  const message =
    'The e-mail address or the password is wrong, or the address is not verified yet: then open the link that was sent to it.'
  return new AppError('unauthorized', message, { reason: 'wrong_credentials' })
}
