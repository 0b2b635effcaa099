/**
 * The one table of order states. Rules, SQL guards, allowed actions and the diagram in ARCHITECTURE.md derive from it.
 * Read a row as: in this state, when this happens, the order goes there.
 */
export const orderTable = {
  PENDING_APPROVAL: { approve: 'QUEUED', reject: 'REJECTED', cancel: 'CANCELED', expire: 'EXPIRED' },
  QUEUED: { claim: 'CLAIMED', cancel: 'CANCELED', expire: 'EXPIRED' },
  CLAIMED: { start: 'RUNNING', lose: 'QUEUED', give_up: 'FAILED', cancel: 'CANCELED' },
  RUNNING: { succeed: 'SUCCEEDED', fail: 'FAILED', time_out: 'TIMED_OUT', cancel: 'CANCELED', lose: 'STALE' },
  STALE: {
    succeed: 'SUCCEEDED',
    fail: 'FAILED',
    time_out: 'TIMED_OUT',
    cancel: 'CANCELED',
    resume: 'RUNNING',
    retry: 'QUEUED',
    give_up: 'FAILED',
    doubt: 'NEEDS_ATTENTION',
  },
  // A retry leaves these two within the transaction that entered them: an order never rests in FAILED and then moves.
  FAILED: { retry: 'QUEUED' },
  TIMED_OUT: { retry: 'QUEUED' },
  SUCCEEDED: {},
  CANCELED: {},
  REJECTED: {},
  EXPIRED: {},
  // Nobody knew its end. The report that comes after all tells it, or a person who has looked; neither runs it again.
  NEEDS_ATTENTION: { succeed: 'SUCCEEDED', fail: 'FAILED', time_out: 'TIMED_OUT', cancel: 'CANCELED' },
} as const satisfies Record<string, Record<string, string>>

export type OrderStatus = keyof typeof orderTable
export type OrderTrigger = { [S in OrderStatus]: keyof (typeof orderTable)[S] }[OrderStatus]

export const orderStatuses = Object.keys(orderTable) as OrderStatus[]

export const terminalStatuses: readonly OrderStatus[] = [
  'SUCCEEDED',
  'FAILED',
  'TIMED_OUT',
  'CANCELED',
  'REJECTED',
  'EXPIRED',
  'NEEDS_ATTENTION',
]

export const liveStatuses: readonly OrderStatus[] = orderStatuses.filter((status) => !isTerminal(status))

export function isTerminal(status: OrderStatus): boolean {
  return terminalStatuses.includes(status)
}

/** Where `trigger` leads from `from`, or null when the table has no such move. */
export function nextStatus(from: OrderStatus, trigger: OrderTrigger): OrderStatus | null {
  return (orderTable[from] as Partial<Record<OrderTrigger, OrderStatus>>)[trigger] ?? null
}
