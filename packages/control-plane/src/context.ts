import type { OrderTiming, Store } from '@ikoma/domain'
import type { Clock } from '@ikoma/kernel'
import type { Log } from '@ikoma/kernel/node'
import type { AccessControl } from './access.ts'
import type { Keyring } from './keyring.ts'
import type { Metrics } from './metrics.ts'
import type { OrderDesk } from './orders/placement.ts'
import type { Presence } from './presence.ts'
import type { SecretDesk } from './secrets/secret-desk.ts'
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
  secrets: SecretDesk
  signals: SignalDesk
  presence: Presence
  metrics: Metrics
  alarms: Alarms
  /** Aborted when the process stops: whatever waits gives up. */
  stopping: AbortSignal
}
