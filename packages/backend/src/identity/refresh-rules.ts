export interface RefreshPolicy {
  /** A token that is not used for this long is over. */
  idleMs: number
  /** So is a session, however often it is refreshed. */
  absoluteMs: number
  /** Tabs that share a token may come this far apart. */
  graceMs: number
  /** So that no session fills the database. */
  maxRotations: number
}

const day = 86_400_000

export const defaultRefreshPolicy: RefreshPolicy = {
  idleMs: 7 * day,
  absoluteMs: 30 * day,
  graceMs: 10_000,
  maxRotations: 10_000,
}

export interface PresentedToken {
  expiresAt: Date
  usedAt: Date | null
  /** Whether what it was exchanged for has been used in turn. */
  successorUsed: boolean
}

export interface SessionState {
  expiresAt: Date
  endedAt: Date | null
  rotations: number
  accountDisabled: boolean
}

/**
 * What happens to a refresh token that is shown (after RFC 9700, 4.14.2: rotation with reuse detection):
 * `rotate` it for a new one; give the `same` one as a moment ago, to a second tab; `raced`: a moment ago too, but that one
 * was used already, so there is nothing to give; `reused`: two parties hold it, and the whole family ends; `over`.
 */
export type RefreshDecision = 'rotate' | 'same' | 'raced' | 'reused' | 'over'

export function decideRefresh(
  token: PresentedToken,
  session: SessionState,
  now: number,
  policy: RefreshPolicy,
): RefreshDecision {
  if (session.endedAt !== null || session.accountDisabled || session.expiresAt.getTime() <= now) return 'over'
  if (token.usedAt !== null) {
    // A clock that was set back must not make a grace period of an hour.
    const ago = Math.abs(now - token.usedAt.getTime())
    if (ago >= policy.graceMs) return 'reused'
    return token.successorUsed ? 'raced' : 'same'
  }
  if (token.expiresAt.getTime() <= now || session.rotations >= policy.maxRotations) return 'over'
  return 'rotate'
}
