import type { Grant } from '@ikoma/api'

/**
 * Until when it must be remembered that a grant was executed: as long as it is good itself, and as long as the order can be
 * given under another one. Null for ever.
 */
export function keepUntil({ notAfter, expiresAt }: Pick<Grant, 'notAfter' | 'expiresAt'>): number | null {
  return expiresAt === null ? null : Math.max(notAfter, expiresAt)
}
