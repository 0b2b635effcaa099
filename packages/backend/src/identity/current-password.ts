import { AppError } from '@ikoma/kernel'
import { type AccountRow, getAccount } from './accounts.ts'
import type { Client, Context } from './context.ts'
import { createOneAtATime } from './one-at-a-time.ts'
import { countFailure, describeAttempt, refuseBlocked } from './sign-in-guard.ts'

export interface PasswordConfirmation {
  accountId: string
  currentPassword: string
  client: Client
}

/** Answers the account whose password this is; one that is wrong is counted as at a sign-in. */
export type ConfirmPassword = (request: PasswordConfirmation) => Promise<AccountRow>

export function createConfirmPassword(context: Context): ConfirmPassword {
  const oneAtATime = createOneAtATime(10)
  return async ({ accountId, currentPassword, client }) => {
    const account = await getAccount(context.database.db, accountId)
    await oneAtATime(accountId, async () => {
      const attempt = await describeAttempt(context, account.emailKey, accountId, client)
      await refuseBlocked(context, attempt)
      if (await context.hasher.isPassword(currentPassword, account.passwordHash)) return
      await countFailure(context, attempt, 'password')
      const fields = [{ field: 'current_password', message: 'is wrong' }]
      throw new AppError('invalid', 'The current password is wrong.', { reason: 'wrong_password', fields })
    })
    return account
  }
}
