import type { OrderStatus, Sweep } from '@ikoma/domain'

export const leased: OrderStatus[] = ['CLAIMED', 'RUNNING']
export const waiting: OrderStatus[] = ['PENDING_APPROVAL', 'QUEUED']

/** The statuses that a sweep leaves alone. */
export function heldIn({ holdLeases, holdExpiry = false }: Pick<Sweep, 'holdLeases' | 'holdExpiry'>): OrderStatus[] {
  return [...(holdLeases ? leased : []), ...(holdExpiry ? waiting : [])]
}

/**
 * In SQL, whether an order that is done once is silent and due no later than its own time says, which may be a day ahead:
 * by the rules of `overAt`, at the time `now` with `grace`, each a number or a parameter.
 */
export function isSilentByRight(now: string, grace: string): string {
  const over = `started_at + cast(timeout_sec as bigint) * 1000 + ${grace}`
  return `status = 'STALE' and retry_class = 'once' and started_at <= ${now} and due_at <= ${over}`
}
