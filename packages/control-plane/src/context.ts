import type { OrderTiming, Store } from '@ikoma/domain'
import type { AuditRule } from '@ikoma/domain/audit-chain'
import type { Clock, Places } from '@ikoma/kernel'
import type { Log } from '@ikoma/kernel/node'
import type { AccessControl } from './access.ts'
import type { HeadArchive } from './audit/archived-heads.ts'
import type { AuditWitness } from './audit/witness.ts'
import type { Drain } from './drain.ts'
import type { RunnerInstances } from './instances.ts'
import type { Keyring } from './keyring.ts'
import type { Metrics } from './metrics.ts'
import type { OrderDesk } from './orders/placement.ts'
import type { Presence } from './presence.ts'
import type { SecretDesk } from './secrets/secret-desk.ts'
import type { SignalDesk } from './signal-desk.ts'
import type { Alarms } from './watch/alarms.ts'
import type { ClockWatch } from './watch/clock-watch.ts'
import type { StoreHealth } from './watch/store-health.ts'

/** What the routes work with; wired once in control-plane.ts. */
export interface Context {
  store: Store
  health: StoreHealth
  clock: Clock
  /** Whether that clock can be believed now. */
  clockWatch: ClockWatch
  log: Log
  timing: OrderTiming
  keyring: Keyring
  access: AccessControl
  orders: OrderDesk
  secrets: SecretDesk
  signals: SignalDesk
  presence: Presence
  instances: RunnerInstances
  /** Before an upgrade, no orders are given out. */
  drain: Drain
  metrics: Metrics
  alarms: Alarms
  auditRule: AuditRule
  witness: AuditWitness
  headArchive: HeadArchive
  /** What callers hold open, counted for each and in all. */
  places: { streams: Places; exports: Places; parked: Places }
  /** Rows whose seal is broken, as far as this process has met them. */
  brokenRows: Set<string>
  /** Aborted when the process stops: whatever waits gives up. */
  stopping: AbortSignal
}
