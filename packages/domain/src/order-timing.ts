import type { Backoff } from '@ikoma/kernel'

/** Every time constant of an order's life, in one value so that a test can run it in seconds. */
export interface OrderTiming {
  /** How long a claimed order may take to start. */
  claimLeaseMs: number
  /** How long a running order may go without a heartbeat; the runner renews at a third of it. */
  runLeaseMs: number
  /** How long the control plane waits for a runner to report its own timeout before it decides. */
  timeoutGraceMs: number
  /** How long a STALE order waits for a late report. */
  staleGraceMs: number
  /** How long it may take until a run that nobody hears of has ended after its time: to stop it and take back what it did. */
  stopGraceMs: number
  retry: Backoff
  /** Claims lost before start after which the order is given up: something kills every runner that takes it. */
  maxLostClaims: number
}

export const defaultTiming: OrderTiming = {
  claimLeaseMs: 60_000,
  runLeaseMs: 120_000,
  timeoutGraceMs: 30_000,
  staleGraceMs: 60_000,
  // The executor takes back for up to five minutes.
  stopGraceMs: 320_000,
  retry: { baseMs: 5_000, capMs: 600_000 },
  maxLostClaims: 10,
}

/** An order nobody claimed within a day is refused rather than run late, unless its placer said otherwise. */
export const defaultExpiryMs = 24 * 3_600_000
