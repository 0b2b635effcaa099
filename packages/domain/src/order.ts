import type { OrderStatus } from './order-state.ts'
import type { RowFault } from './seal.ts'

export type Risk = 'read' | 'change' | 'destructive'

/** `once`: an unknown outcome becomes NEEDS_ATTENTION and is never blindly rerun. */
export type RetryClass = 'idempotent' | 'once'

/** Why a queued order cannot be claimed yet: `time` until runAt, `resource` until its turn on its resource key. */
export type Wait = 'time' | 'resource'

/** What the rules of an order read and write. Times are epoch milliseconds. */
export interface OrderState {
  id: string
  type: string
  status: OrderStatus
  /** Why the order is where it is, as a stable snake_case token; null in the ordinary course. */
  statusReason: string | null
  target: string
  serverId: string | null
  /** The runner it is bound to or, while and after a claim, the runner that took it. */
  runnerId: string | null
  retryClass: RetryClass
  /** Rises with every claim and never falls: with `lease` it is the fence. */
  attempt: number
  /** Claims that expired before they started; they do not count against maxAttempts. */
  lostClaims: number
  maxAttempts: number
  timeoutSec: number
  lease: string | null
  leaseExpiresAt: number | null
  runAt: number
  expiresAt: number | null
  wait: Wait | null
  resourceKey: string | null
  cancelRequestedAt: number | null
  claimedAt: number | null
  startedAt: number | null
  heartbeatAt: number | null
  completedAt: number | null
  /** Lease and report digest of the last accepted completion: a repeated one gets the same answer. */
  finishedLease: string | null
  finishedDigest: string | null
  /** Who approved it, under the control plane's seal; null until somebody did. */
  approval: string | null
  /** When the reconciler must look at this order next; null for never. */
  dueAt: number | null
}

/** What was asked, fixed at placement and sealed. */
export interface OrderContent {
  payload: Record<string, unknown>
  labels: Record<string, string>
  risk: Risk
  priority: number
  dryRun: boolean
  dedupeKey: string | null
  retryOf: string | null
  createdAt: number
  createdBy: string
  /**
   * Everybody whose order it is, who therefore may not approve it: the placer, or whoever wrote the schedule, and for a
   * retry also who answered for the first one. Null where that is unknown: then nobody may.
   */
  answerable: string[] | null
  /** What was asked, in the form that the former version reads too: its processes may serve beside ours. */
  seal: string
  /** All that was asked, in the present form; empty where only a former version has sealed it. */
  placementSeal: string
}

export interface Order extends OrderState, OrderContent {
  report: Record<string, unknown> | null
  /** Set by the store when the row is not as it was last written. */
  fault?: RowFault | undefined
}

/** An order as a list needs it: what may be large is not read for it. */
export interface ListedOrder extends OrderState, Omit<OrderContent, 'payload'> {
  /** What its report says of its end; null until there is one. */
  outcome: string | null
  summary: string | null
}
