import type { AuditEntry } from './audit.ts'
import type { AuditStore } from './audit-store.ts'
import type { OrderStore } from './order-store.ts'
import type { RegistryStore } from './registry-store.ts'
import type { ScheduleStore } from './schedule-store.ts'
import type { SecretStore } from './secret-store.ts'

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

export interface PageRequest {
  limit: number
  /** The `next` of the page before; null for the first page. */
  cursor: string | null
}

export interface Page<T> {
  items: T[]
  next: string | null
}
