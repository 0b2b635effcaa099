import type { AuditEntry, OrderState } from '@ikoma/domain'

/** What the audit says of where an order stands. */
type Standing = string | Pick<AuditEntry, 'data'>['data'] | null

/** The last entry of each subject. */
export function latestOf(entries: readonly AuditEntry[]): Map<string, AuditEntry['data']> {
  return new Map(entries.map(({ subject, data }) => [subject, data]))
}

/**
 * Whether the order stands where its last event left it. A whole older copy of a row has a good seal, while the audit went
 * on; to take events away from that is noticed in the chain.
 */
export function isLatest({ status, attempt }: Pick<OrderState, 'status' | 'attempt'>, last: Standing): boolean {
  if (last === null) return false
  const { to, attempt: at = 0 } = (typeof last === 'string' ? JSON.parse(last) : last) as {
    to?: unknown
    attempt?: unknown
  }
  return to === status && at === attempt
}
