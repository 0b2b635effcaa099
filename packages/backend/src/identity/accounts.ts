import { AppError, notFound } from '@ikoma/kernel'
import { eq, sql } from 'drizzle-orm'
import type { Transaction } from '../postgres/index.ts'
import type { Context } from './context.ts'
import type { Email } from './email.ts'
import { identityAccounts } from './schema.ts'
import { endSessions } from './sessions.ts'

export type AccountRow = typeof identityAccounts.$inferSelect

/** What an app may see of an account. */
export interface Account {
  id: string
  email: string
  role: string
  emailVerified: boolean
  disabled: boolean
  createdAt: Date
  lastLoginAt: Date | null
}

export function shownAccount(row: AccountRow): Account {
  const { id, email, role, createdAt, lastLoginAt } = row
  return {
    id,
    email,
    role,
    emailVerified: row.emailVerifiedAt !== null,
    disabled: row.disabledAt !== null,
    createdAt,
    lastLoginAt,
  }
}

type Reader = Pick<Transaction, 'select'>

export async function findAccountByEmail(reader: Reader, emailKey: string): Promise<AccountRow | null> {
  const [row] = await reader.select().from(identityAccounts).where(eq(identityAccounts.emailKey, emailKey))
  return row ?? null
}

export async function findAccount(reader: Reader, id: string): Promise<AccountRow | null> {
  if (!/^[0-9a-f-]{36}$/i.test(id)) return null
  const [row] = await reader.select().from(identityAccounts).where(eq(identityAccounts.id, id))
  return row ?? null
}

export async function getAccount(reader: Reader, id: string): Promise<AccountRow> {
  const row = await findAccount(reader, id)
  if (!row) throw notFound('account', id)
  return row
}

/** Whoever changes an account or its sessions begins here, so that no two wait for each other. */
export async function lockAccount(tx: Transaction, id: string): Promise<AccountRow> {
  const { id: found } = await getAccount(tx, id)
  const [row] = await tx.select().from(identityAccounts).where(eq(identityAccounts.id, found)).for('update')
  if (!row) throw notFound('account', id)
  return row
}

/** Null when the address is taken, also by one who registers at the same moment. */
export async function insertAccount(
  tx: Transaction,
  email: Email,
  fields: Pick<AccountRow, 'id' | 'passwordHash' | 'role' | 'emailVerifiedAt' | 'createdAt'>,
): Promise<AccountRow | null> {
  const [row] = await tx
    .insert(identityAccounts)
    .values({ ...fields, email: email.address, emailKey: email.key, passwordChangedAt: fields.createdAt })
    .onConflictDoNothing({ target: identityAccounts.emailKey })
    .returning()
  return row ?? null
}

/** Writes a change after which older access tokens are refused. */
export async function changeAccount(
  tx: Transaction,
  id: string,
  change: Partial<Omit<AccountRow, 'id' | 'tokenVersion' | 'createdAt'>>,
): Promise<AccountRow> {
  const [row] = await tx
    .update(identityAccounts)
    .set({ ...change, tokenVersion: sql`${identityAccounts.tokenVersion} + 1` })
    .where(eq(identityAccounts.id, id))
    .returning()
  if (!row) throw notFound('account', id)
  return row
}

export interface AccountVerbs {
  findAccount(accountId: string): Promise<Account | null>
  /** Whether one may give the other this role is the app's rule, as is the last one of the highest; `also` is in its transaction. */
  setRole(change: { accountId: string; role: string }, also?: (tx: Transaction) => Promise<void>): Promise<Account>
  /** Ends its sessions; it cannot sign in until it is enabled again. `also` is in its transaction, after it. */
  disable(accountId: string, also?: (tx: Transaction) => Promise<void>): Promise<Account>
  enable(accountId: string): Promise<Account>
}

export function accountVerbs({ database, clock, roles, sessionCache }: Context): AccountVerbs {
  const change = async (accountId: string, work: (tx: Transaction) => Promise<AccountRow>) => {
    const row = await database.transaction(async (tx) => {
      await lockAccount(tx, accountId)
      return work(tx)
    })
    sessionCache.forgetAccount(accountId)
    return shownAccount(row)
  }
  return {
    async findAccount(accountId) {
      const row = await findAccount(database.db, accountId)
      return row && shownAccount(row)
    },
    async setRole({ accountId, role }, also) {
      if (!roles.is(role)) {
        const fields = [{ field: 'role', message: `is none of ${roles.names.join(', ')}` }]
        throw new AppError('invalid', `The role is none of ${roles.names.join(', ')}.`, {
          reason: 'role_invalid',
          fields,
        })
      }
      return change(accountId, async (tx) => {
        const row = await changeAccount(tx, accountId, { role })
        await also?.(tx)
        return row
      })
    },
    disable: (accountId, also) =>
      change(accountId, async (tx) => {
        await endSessions(tx, accountId, { reason: 'disabled', now: clock.now() })
        const row = await changeAccount(tx, accountId, { disabledAt: new Date(clock.now()) })
        await also?.(tx)
        return row
      }),
    enable: (accountId) => change(accountId, (tx) => changeAccount(tx, accountId, { disabledAt: null })),
  }
}
