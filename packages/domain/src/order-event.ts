import type { OrderState } from './order.ts'
import type { OrderStatus } from './order-state.ts'
import type { OrderTiming } from './order-timing.ts'

export type Outcome = 'succeeded' | 'failed' | 'timed_out' | 'canceled' | 'interrupted'

/** Who speaks for a claim. Without a lease (a plain curl) holding the claim is enough. */
export interface LeaseHolder {
  runnerId: string
  lease: string | null
}

export type Verdict = 'succeeded' | 'failed'

export interface Completion {
  outcome: Outcome
  /** SHA-256 of the report's bytes. */
  digest: string
  /** False when running it again cannot help. */
  retryable: boolean
  reason: string | null
}

export type OrderEvent =
  | { kind: 'claim'; runnerId: string; lease: string }
  | { kind: 'start'; by: LeaseHolder }
  | { kind: 'heartbeat'; by: LeaseHolder }
  | { kind: 'complete'; by: LeaseHolder; completion: Completion }
  | { kind: 'cancel'; reason: string | null }
  | { kind: 'approve'; approval: string }
  | { kind: 'reject'; reason: string | null }
  /** `wentBack`: the clock was set back since the last one. */
  | { kind: 'sweep'; wentBack?: boolean | undefined }
  /** A person has looked at the server, and says how it ended. */
  | { kind: 'settle'; verdict: Verdict; reason: string }
  /** A report came under a lease that was taken back since: what it said, as evidence. */
  | { kind: 'note'; reason: string }
  /** It is not what was placed, or not as we left it: somebody edited the database. */
  | { kind: 'withdraw' }

/** Everything outside the order that a rule may depend on. `random` is in [0, 1). */
export interface Circumstance {
  now: number
  random: number
  timing: OrderTiming
}

export interface Step {
  /** `order.<past participle>`, the action of the audit event. */
  action: string
  from: OrderStatus
  to: OrderStatus
  reason: string | null
  /** The claim that ended here without a report: what still comes under its lease is evidence. */
  tookBack?: { lease: string; runnerId: string }
}

export type RefusalReason =
  | 'wrong_runner'
  | 'lease_lost'
  | 'invalid_status'
  | 'already_ended'
  | 'already_completed'
  | 'not_yet'
  | 'not_in_doubt'
  | 'seal_broken'
  | 'newer_version'

export type Decision =
  | { kind: 'changed'; order: OrderState; steps: Step[] }
  /** Nothing to record. `order` may still carry a renewed lease to be stored. */
  | { kind: 'kept'; order: OrderState }
  | { kind: 'refused'; order: OrderState; refusal: RefusalReason }
