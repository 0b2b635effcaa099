import type { ListedOrder, Order } from './order.ts'
import type { Decision, OrderEvent } from './order-event.ts'
import type { LogChunk } from './order-log.ts'
import type { OrderStatus } from './order-state.ts'
import type { OrderTiming } from './order-timing.ts'
import type { Page, PageRequest } from './store.ts'

export interface OrderStore {
  /**
   * Inserts each order, or answers what stands in its way; one item never fails its neighbours.
   * With an idempotency key of the same actor and digest the first answer is given again.
   */
  insertOrders(insertions: OrderInsertion[]): Promise<Placement[]>
  /** What was first answered to the actor's key; null when it has none. Rejects when somebody changed that. */
  findAnswer(actor: string, key: string): Promise<{ digest: string; answer: Order } | null>
  /** Takes up to `max` claimable orders for a runner, highest priority first, then oldest. No order is ever given twice. */
  claimOrders(claim: ClaimRequest): Promise<Order[]>
  /** Applies one event by the rules of `advance`, under a lock on the order; null when there is no such order. */
  advanceOrder(advance: Advance): Promise<Decision | null>
  /** Applies `sweep` to up to `limit` orders that are due, oldest first. */
  sweepOrders(sweep: Sweep): Promise<SweepResult>
  /** Runners with an expired lease on a RUNNING order, and all runners with one, at `now`. */
  countSilentRunners(now: number): Promise<{ silent: number; running: number }>
  /** Makes up to `limit` waiting orders claimable whose time or turn has come; answers how many. */
  releaseOrders(now: number, limit: number): Promise<number>
  /** Up to `limit` targets that have an order to claim, ascending, strictly after `after`; reads one order for each. */
  listClaimableTargets(after: string | null, limit: number): Promise<string[]>
  findOrder(id: string): Promise<Order | null>
  /** Orders that match the filter, newest first; payloads and reports, which may be large, stay where they are. */
  listOrders(filter: OrderFilter, page: PageRequest): Promise<Page<ListedOrder>>
  /** How many orders are in each of these statuses; of all unless said, which takes as long as there is history. */
  countOrders(statuses?: readonly OrderStatus[]): Promise<Partial<Record<OrderStatus, number>>>
  /**
   * Orders that ended before `endedBefore`, in order of placement. Looks at `limit` orders a call whatever their state, so
   * that its cost is bounded: a page may be short or empty and still have a `next`. That is null when none is left, or when
   * all that it looked at were placed at `endedBefore` or later.
   */
  listEndedOrders(endedBefore: number, page: PageRequest): Promise<Page<EndedOrder>>
  /** Stores a chunk once; `truncated` when the order's log is full and it was dropped. */
  appendLog(orderId: string, chunk: LogChunk, now: number): Promise<{ truncated: boolean }>
  /** Chunks of an order's log in order of attempt and seq, strictly after the cursor. */
  listLog(orderId: string, after: LogCursor | null, limit: number): Promise<LogChunk[]>
  /** Forgets idempotency keys older than `before`. */
  pruneIdempotency(before: number): Promise<number>
  /**
   * Deletes those of `ids` that ended before `endedBefore`, with their logs, and answers how many; never a live order.
   * Leaves one `orders.pruned` for all of them in the audit, which keeps what happened to them.
   */
  pruneOrders(pruning: Pruning): Promise<number>
}

export interface OrderInsertion {
  order: Order
  actor: string
  idempotency: { key: string; digest: string } | null
}

export type Placement =
  | { kind: 'inserted'; order: Order }
  | { kind: 'repeated'; order: Order }
  | { kind: 'key_reused' }
  | { kind: 'duplicate'; orderId: string }

export interface ClaimRequest {
  runnerId: string
  targets: string[]
  /** Order types that the runner's scopes allow. */
  types: string[]
  max: number
  /** Live orders the runner may hold in all, this claim included. */
  concurrency: number
  /** One unguessable lease for each order it may take. */
  leases: string[]
  now: number
  timing: OrderTiming
}

export interface Advance {
  orderId: string
  event: OrderEvent
  actor: string
  now: number
  /** In [0, 1), for the jitter of a retry. */
  random: number
  timing: OrderTiming
  /** Stored when the event is accepted. */
  report?: Record<string, unknown> | undefined
}

export interface Sweep {
  now: number
  limit: number
  random: number
  timing: OrderTiming
  /** Leave RUNNING and CLAIMED orders alone: the silence is ours, not the runners'. */
  holdLeases: boolean
  /** Let nothing that waits expire: the time may be wrong, and what expired does not come back. */
  holdExpiry?: boolean
  /** The clock was set back: look also at what is due later than anything can be, and at retries so far off. */
  wentBack?: boolean
}

export interface SweepResult {
  /** Orders that were due and looked at; fewer than the limit means that none is left. */
  seen: number
  /** How often each audit action happened. */
  actions: Record<string, number>
}

export interface EndedOrder {
  id: string
  /** What the order's log takes. */
  logBytes: number
}

export interface Pruning {
  ids: string[]
  endedBefore: number
  /** Where the orders were written before; null when nobody wanted them. */
  archive: ArchivedBatch | null
  now: number
}

/** Bytes of an archive file, from `offset` on. */
export interface ArchivedBatch {
  file: string
  offset: number
  bytes: number
  /** The digest of these bytes, in hexadecimal: what sha256sum prints. */
  sha256: string
}

export interface OrderFilter {
  status?: OrderStatus[] | undefined
  type?: string | undefined
  serverId?: string | undefined
  runnerId?: string | undefined
  label?: { key: string; value: string } | undefined
  /** Only orders created then or later. */
  since?: number | undefined
}

export interface LogCursor {
  attempt: number
  seq: number
}
