import type { Clock } from '@ikoma/kernel'

export interface LiveSession {
  accountId: string
  role: string
  tokenVersion: number
  expiresAt: Date
}

/** What was found of sessions a moment ago; null for one that is over. */
export interface SessionCache {
  find(sessionId: string): LiveSession | null | undefined
  keep(sessionId: string, session: LiveSession | null): void
  forgetSession(sessionId: string): void
  forgetAccount(accountId: string): void
}

/**
 * The bound: a change of role or password, a disabled account or an ended session is seen at once by the process that made it, and
 * by the others after `forMs`.
 */
export function createSessionCache(clock: Clock, forMs: number, most = 10_000): SessionCache {
  const kept = new Map<string, { at: number; session: LiveSession | null }>()
  return {
    find(sessionId) {
      const entry = kept.get(sessionId)
      if (!entry) return undefined
      if (Math.abs(clock.now() - entry.at) < forMs) return entry.session
      kept.delete(sessionId)
      return undefined
    },
    keep(sessionId, session) {
      if (kept.size >= most) {
        const [oldest] = kept.keys()
        if (oldest !== undefined) kept.delete(oldest)
      }
      kept.set(sessionId, { at: clock.now(), session })
    },
    forgetSession: (sessionId) => void kept.delete(sessionId),
    forgetAccount(accountId) {
      for (const [id, { session }] of kept) if (session?.accountId === accountId) kept.delete(id)
    },
  }
}
