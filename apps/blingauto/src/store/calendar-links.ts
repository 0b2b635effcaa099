import { identityAccounts } from '@ikoma/backend/identity/schema'
import type { Database } from '@ikoma/backend/postgres'
import { hashToken, isToken, newToken } from '@ikoma/kernel/node'
import { and, eq, isNull } from 'drizzle-orm'
import { calendarLinks } from './schema.ts'

/** Logs hide what begins like this: the token stands in the path that they write down. */
const prefix = 'iko_cal'

/** A new address for the account's calendars, which is shown this once; the one before it is over. */
export async function renewCalendarLink(database: Database, accountId: string, now: number): Promise<string> {
  const token = newToken(prefix)
  const row = { hash: hashToken(token), createdAt: new Date(now) }
  await database.db
    .insert(calendarLinks)
    .values({ accountId, ...row })
    .onConflictDoUpdate({ target: calendarLinks.accountId, set: row })
  return token
}

export async function revokeCalendarLink(database: Database, accountId: string): Promise<void> {
  await database.db.delete(calendarLinks).where(eq(calendarLinks.accountId, accountId))
}

/** Whose calendar it is, as their account is now; null when it is nobody's, or of one who may not sign in. */
export async function ownerOfLink(database: Database, token: string): Promise<{ id: string; role: string } | null> {
  if (!isToken(token, prefix)) return null
  const [owner] = await database.db
    .select({ id: identityAccounts.id, role: identityAccounts.role })
    .from(calendarLinks)
    .innerJoin(identityAccounts, eq(identityAccounts.id, calendarLinks.accountId))
    .where(and(eq(calendarLinks.hash, hashToken(token)), isNull(identityAccounts.disabledAt)))
  return owner ?? null
}
