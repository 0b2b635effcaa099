import { identityAccounts } from '@ikoma/backend/identity/schema'
import type { Transaction } from '@ikoma/backend/postgres'
import { AppError } from '@ikoma/kernel'
import { and, asc, count, eq, isNotNull, isNull, type SQL, sql } from 'drizzle-orm'
import { profiles } from './schema.ts'

export const userStatuses = ['active', 'inactive', 'unverified'] as const
type UserStatus = (typeof userStatuses)[number]

/** An account as those see it who run the place: without its password's hash. */
const columns = {
  id: identityAccounts.id,
  email: identityAccounts.email,
  role: identityAccounts.role,
  emailVerifiedAt: identityAccounts.emailVerifiedAt,
  disabledAt: identityAccounts.disabledAt,
  firstName: profiles.firstName,
  lastName: profiles.lastName,
}

type Reader = Pick<Transaction, 'select'>

const selectUsers = (reader: Reader) =>
  reader.select(columns).from(identityAccounts).leftJoin(profiles, eq(profiles.accountId, identityAccounts.id))

export type User = Awaited<ReturnType<typeof findUser>>

export async function findUser(reader: Reader, id: string) {
  const [found] = await selectUsers(reader).where(eq(identityAccounts.id, id))
  if (!found) throw new AppError('not_found', 'There is no such user.', { reason: 'user_not_found' })
  return found
}

interface UserFilter {
  role?: string | undefined
  status?: UserStatus | undefined
}

export async function listUsers(
  reader: Reader,
  { role, status }: UserFilter,
  { offset, limit }: { offset: number; limit: number },
) {
  const wanted = and(
    role === undefined ? undefined : eq(identityAccounts.role, role),
    status === undefined ? undefined : ofStatus[status],
  )
  const users = await selectUsers(reader).where(wanted).orderBy(asc(identityAccounts.id)).offset(offset).limit(limit)
  const [total] = await reader.select({ n: count() }).from(identityAccounts).where(wanted)
  return { users, total: total?.n ?? 0 }
}

const { disabledAt, emailVerifiedAt } = identityAccounts
const ofStatus: Record<UserStatus, SQL | undefined> = {
  active: and(isNull(disabledAt), isNotNull(emailVerifiedAt)),
  inactive: isNotNull(disabledAt),
  unverified: and(isNull(disabledAt), isNull(emailVerifiedAt)),
}

/** Refuses a change after which nobody would be admin, also when two admins take it from each other at once. */
export async function keepAnAdmin(tx: Transaction): Promise<void> {
  // One after the other, each of which sees what the one before has done.
  await tx.execute(sql`select pg_advisory_xact_lock(hashtext('the last admin'))`)
  const admins = await tx
    .select({ id: identityAccounts.id })
    .from(identityAccounts)
    .where(and(eq(identityAccounts.role, 'admin'), isNull(disabledAt), isNotNull(emailVerifiedAt)))
    .limit(1)
  if (admins.length === 0) throw new AppError('conflict', 'The last admin stays.', { reason: 'last_admin' })
}

interface ProfileChange {
  firstName?: string | undefined
  lastName?: string | undefined
  phoneNumber?: string | null | undefined
}

/** What is not named stays; an account that came without a profile has one afterwards. */
export async function writeProfile(writer: Pick<Transaction, 'insert'>, accountId: string, change: ProfileChange) {
  const named = Object.fromEntries(Object.entries(change).filter(([, value]) => value !== undefined))
  const [written] = await writer
    .insert(profiles)
    .values({ accountId, firstName: '', lastName: '', ...named })
    .onConflictDoUpdate({ target: profiles.accountId, set: { accountId, ...named } })
    .returning()
  if (!written) throw new Error('the profile was not returned')
  return written
}
