import type { GrantAuditHead, SealedSecrets } from '@ikoma/api'
import type { AttachedRunner, Order, OrderTiming, Store } from '@ikoma/domain'
import type { Clock } from '@ikoma/kernel'
import type { Log } from '@ikoma/kernel/node'
import type { AccessControl } from './access.ts'
import type { RunnerInstances } from './instances.ts'
import type { Keyring } from './keyring.ts'
import type { Metrics } from './metrics.ts'
import type { OrderDesk } from './orders/placement.ts'
import type { Presence } from './presence.ts'
import type { SignalDesk } from './signal-desk.ts'
import type { Alarms } from './watch/alarms.ts'

/** What the routes work with; wired once in control-plane.ts. */
export interface Context {
  store: Store
  clock: Clock
  log: Log
  timing: OrderTiming
  keyring: Keyring
  access: AccessControl
  orders: OrderDesk
  signals: SignalDesk
  presence: Presence
  instances: RunnerInstances
  metrics: Metrics
  alarms: Alarms
  /** Where the audit stands, for the next grants; null when that is not known yet. */
  auditHead?(): GrantAuditHead | null
  /** A head that a runner kept from the last grant it executed: does the audit still lead to it? */
  compareHead?(head: GrantAuditHead, runner: AttachedRunner): void
  /** The secrets that an order refers to, sealed to whoever executes it; null when it refers to none. */
  sealedSecretsFor?(order: Order, runner: AttachedRunner): Promise<SealedSecrets | null>
  /** Aborted when the process stops: whatever waits gives up. */
  stopping: AbortSignal
}
