import { and, eq, isNull } from 'drizzle-orm'
import type { Context } from './context.ts'
import { identityAccounts, identitySessions } from './schema.ts'
import type { LiveSession } from './session-cache.ts'

/** Who made a request. Also a `Principal` of the http room. */
export interface IdentityPrincipal {
  id: string
  role: string
  sessionId: string
}

interface RequestHeaders {
  headers: { authorization?: string | undefined }
}

/** Null for a request without a bearer token, or with one that does not hold any more. */
export function createAuthenticate(context: Context): (request: RequestHeaders) => Promise<IdentityPrincipal | null> {
  const { accessTokens, sessionCache, clock } = context
  return async ({ headers }) => {
    const token = /^Bearer +([^\s]+)$/i.exec(headers.authorization ?? '')?.[1]
    const claims = token === undefined ? null : await accessTokens.read(token)
    if (!claims) return null
    const { accountId, sessionId, tokenVersion } = claims
    let session = sessionCache.find(sessionId)
    if (session === undefined) {
      session = await findLiveSession(context, sessionId)
      sessionCache.keep(sessionId, session)
    }
    if (!session || session.accountId !== accountId || session.tokenVersion !== tokenVersion) return null
    if (session.expiresAt.getTime() <= clock.now()) return null
    return { id: accountId, role: session.role, sessionId }
  }
}

async function findLiveSession({ database }: Context, sessionId: string): Promise<LiveSession | null> {
  const { id, accountId, expiresAt, endedAt } = identitySessions
  const { role, tokenVersion, disabledAt } = identityAccounts
  const [row] = await database.db
    .select({ accountId, role, tokenVersion, expiresAt })
    .from(identitySessions)
    .innerJoin(identityAccounts, eq(accountId, identityAccounts.id))
    .where(and(eq(id, sessionId), isNull(endedAt), isNull(disabledAt)))
  return row ?? null
}
