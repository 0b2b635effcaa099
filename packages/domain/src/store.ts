import type { ApiToken } from './access.ts'
import type { AuditEntry, AuditEvent, AuditHead } from './audit.ts'
import type { ListedOrder, Order, OrderState } from './order.ts'
import type { Decision, OrderEvent } from './order-event.ts'
import type { LogChunk } from './order-log.ts'
import type { OrderStatus } from './order-state.ts'
import type { OrderTiming } from './order-timing.ts'
import type { AttachedRunner, Enrolment, Runner } from './runner.ts'
import type { Schedule } from './schedule.ts'
import type { RowFault } from './seal.ts'
import type { SecretStore } from './secret-store.ts'
import type { Server } from './server.ts'

/**
 * The port to durable storage. Each method is atomic; a resolved write is on disk. Each write appends its audit events
 * in the same transaction. Methods reject with AppError: `unavailable` when storage does not answer in time,
 * `rate_limited` when too many calls wait. Times are epoch milliseconds and given by the caller; stores read no clock.
 */
export interface Store extends OrderStore, RegistryStore, ScheduleStore, SecretStore, AuditStore {
  readonly dialect: 'sqlite' | 'postgres' | 'memory'
  /** Resolves when storage answers a read and accepts a write; rejects with `unavailable` otherwise. */
  ping(): Promise<void>
  /** Calls back after a commit, on PostgreSQL also for commits of other processes. A hint: nothing may depend on it arriving. */
  subscribe(listener: (signal: Signal) => void): () => void
  /** True while `holder` leads `name`: granted when free, expired or already its own, for `ttlMs` from `now`. */
  holdLeadership(name: string, holder: string, ttlMs: number, now: number): Promise<Leadership>
  /** When `name` was last led or renewed; null when it never was. Changes nothing. */
  findRenewal(name: string): Promise<number | null>
  /** Adds an entry to the audit that goes with no other change. */
  recordAudit(audit: AuditEntry): Promise<void>
  /** Waits for accepted writes, then lets go of everything. */
  close(): Promise<void>
}

export interface Leadership {
  held: boolean
  /** When any holder last renewed before this call; null when nobody ever did. */
  lastRenewedAt: number | null
}

export type Signal =
  /** Orders that runners answering to these targets may claim. */
  | { kind: 'claimable'; targets: string[] }
  /** Orders whose state or log moved. */
  | { kind: 'orders'; ids: string[] }
  /** Runners, tokens or servers changed: forget what was cached of them. */
  | { kind: 'access' }
  /** The audit grew. */
  | { kind: 'audit' }
  /** Rows that are not as they were last written: told by the process that met them. */
  | { kind: 'broken'; rows: BrokenRow[] }

export interface BrokenRow {
  table: string
  id: string
}

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

export interface RegistryStore {
  insertServer(server: Server, audit: AuditEntry): Promise<void>
  findServer(id: string): Promise<Server | null>
  listServers(page: PageRequest): Promise<Page<Server>>
  /** Rejects with `not_found`; `conflict` (`runner_already_attached`) when the runner serves another server. */
  updateServer(id: string, patch: ServerPatch, audit: AuditEntry): Promise<Server>
  /** Rejects with `not_found`; `conflict` (`server_has_live_orders`, `server_has_schedules`). */
  deleteServer(id: string, audit: AuditEntry): Promise<void>

  insertRunner(runner: Runner, audit: AuditEntry): Promise<void>
  findRunner(id: string): Promise<AttachedRunner | null>
  listRunners(page: PageRequest): Promise<Page<AttachedRunner>>
  updateRunner(id: string, patch: RunnerPatch, audit: AuditEntry): Promise<AttachedRunner>
  /** Rejects with `not_found`; `conflict` (`runner_has_live_orders`, `runner_has_schedules`). Detaches it from its server. */
  deleteRunner(id: string, audit: AuditEntry): Promise<void>
  /** Records many runners' signs of life at once, without audit. */
  touchRunners(touches: RunnerTouch[]): Promise<void>

  insertEnrolment(enrolment: Enrolment, audit: AuditEntry): Promise<void>
  /** Those that can still be redeemed at `now`, in order of creation. */
  listEnrolments(now: number, page: PageRequest): Promise<Page<Enrolment>>
  /** From then on nobody can redeem it. Rejects with `not_found` when nobody could at `now`. */
  revokeEnrolment(id: string, now: number, audit: AuditEntry): Promise<void>
  /**
   * Turns an enrolment into a runner, once: of concurrent calls one succeeds. Attaches it to the enrolment's server.
   * Rejects with `unauthorized` (`enrolment_invalid`) when the token is unknown, expired at `now` or used.
   */
  redeemEnrolment(tokenHash: string, runner: RunnerIdentity, now: number): Promise<AttachedRunner>

  /**
   * Rejects with `conflict` (`token_name_taken`) when a token has this name or one that could be taken for it; of two at
   * the same time one is stored. Those that share a name from before stay.
   */
  insertToken(token: ApiToken, audit: AuditEntry): Promise<void>
  findTokenByHash(tokenHash: string): Promise<ApiToken | null>
  listTokens(page: PageRequest): Promise<Page<ApiToken>>
  deleteToken(id: string, audit: AuditEntry): Promise<void>
}

export interface ScheduleStore {
  insertSchedule(schedule: Schedule, audit: AuditEntry): Promise<void>
  findSchedule(id: string): Promise<Schedule | null>
  listSchedules(page: PageRequest): Promise<Page<Schedule>>
  updateSchedule(id: string, patch: SchedulePatch, audit: AuditEntry): Promise<Schedule>
  deleteSchedule(id: string, audit: AuditEntry): Promise<void>
  /** Schedules whose nextRunAt has come, oldest first. */
  listDueSchedules(now: number, limit: number): Promise<Schedule[]>
  /** Moves a schedule on from the run at `dueAt`; false when another process already did. */
  advanceSchedule(id: string, dueAt: number, run: ScheduleRun): Promise<boolean>
}

export interface RowProblem extends BrokenRow {
  /** `outdated`: the audit knows of something that happened to the order later. */
  problem: RowFault | 'outdated'
}

export interface AuditStore {
  /**
   * Looks at up to `limit` rows a call, of all tables that are sealed, and answers those that are not as they were last
   * written: a page may be empty and still have a `next`.
   */
  checkRows(page: PageRequest): Promise<Page<RowProblem>>
  /** Events that match the filter, oldest first, strictly after the number `after`. */
  listAudit(filter: AuditFilter, after: number, limit: number): Promise<AuditEvent[]>
  auditHead(): Promise<AuditHead>
  /** The number of the first event that carries a mark of the key; null while there is none. */
  findFirstKeyed(): Promise<number | null>
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

export interface PageRequest {
  limit: number
  /** The `next` of the page before; null for the first page. */
  cursor: string | null
}

export interface Page<T> {
  items: T[]
  next: string | null
}

export interface LogCursor {
  attempt: number
  seq: number
}

export type ServerPatch = Partial<Pick<Server, 'name' | 'baseUrl' | 'tags' | 'metadata' | 'runnerId'>>

export type RunnerPatch = Partial<
  Pick<
    Runner,
    | 'name'
    | 'scopes'
    | 'labels'
    | 'capabilities'
    | 'concurrency'
    | 'disabled'
    | 'tokenHash'
    | 'previousTokenHash'
    | 'previousTokenExpiresAt'
    | 'sealKey'
    | 'runnerSealKey'
  >
>

export interface RunnerTouch {
  id: string
  lastSeenAt: number
  reported?: 'ONLINE' | 'OFFLINE' | undefined
  capabilities?: Record<string, unknown> | undefined
  version?: string | undefined
  instance?: string | undefined
}

/** What the machine brings to its enrolment; the rest comes from the enrolment. */
export type RunnerIdentity = Pick<
  Runner,
  'id' | 'tokenHash' | 'publicKey' | 'sealKey' | 'runnerSealKey' | 'version' | 'capabilities'
> & {
  /** Replaces the enrolment's name when given. */
  name: string | null
}

export type SchedulePatch = Partial<
  Pick<
    Schedule,
    | 'name'
    | 'cron'
    | 'timeZone'
    | 'order'
    | 'missedRuns'
    | 'alertAfterSec'
    | 'paused'
    | 'nextRunAt'
    | 'createdBy'
    | 'answerable'
    | 'seal'
  >
>

export type ScheduleRun = Pick<Schedule, 'nextRunAt' | 'lastRunAt' | 'lastOrderId' | 'lastProblem'>

export interface AuditFilter {
  subject?: string | undefined
  action?: string | undefined
}

export type { OrderState }
