import { hashToken } from '@ikoma/kernel/node'
import type { Randomness } from './context.ts'
import type { RefreshPolicy } from './refresh-rules.ts'

export const refreshPrefix = 'rt'

export function newRefreshToken(random: Randomness, policy: RefreshPolicy, now: number) {
  const token = random.token(refreshPrefix)
  const row = { hash: hashToken(token), createdAt: new Date(now), expiresAt: new Date(now + policy.idleMs) }
  return { token, row }
}
