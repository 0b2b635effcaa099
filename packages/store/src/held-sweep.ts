import type { OrderStatus, Sweep } from '@ikoma/domain'

export const leased: OrderStatus[] = ['CLAIMED', 'RUNNING']
export const waiting: OrderStatus[] = ['PENDING_APPROVAL', 'QUEUED']

/** The statuses that a sweep leaves alone. */
export function heldIn({ holdLeases, holdExpiry = false }: Pick<Sweep, 'holdLeases' | 'holdExpiry'>): OrderStatus[] {
  return [...(holdLeases ? leased : []), ...(holdExpiry ? waiting : [])]
}
