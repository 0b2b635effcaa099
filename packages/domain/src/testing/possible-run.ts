import type { OrderState } from '../order.ts'
import type { Decision, OrderEvent } from '../order-event.ts'
import type { OrderTiming } from '../order-timing.ts'

/**
 * Until when somebody may still be at an order, by what its runner was told and not by what became of the order here. A
 * runner counts its time from the answer to its start, which it asks for no longer than its claim lasts; what may be done
 * twice it stops before its lease ends; it stops when it is told that its claim is over; and it ends before it reports.
 */
export class PossibleRun {
  readonly #timing: OrderTiming
  #until = Number.NEGATIVE_INFINITY
  #longest = Number.NEGATIVE_INFINITY

  constructor(timing: OrderTiming) {
    this.#timing = timing
  }

  mayRunAt(now: number): boolean {
    return now < this.#until
  }

  /** After `event` was answered with `decision` at `now`. */
  meet(before: OrderState, event: OrderEvent, decision: Decision, now: number): void {
    const accepted = decision.kind !== 'refused'
    if (event.kind === 'settle' && accepted) this.#until = Number.NEGATIVE_INFINITY
    if (!('by' in event) || event.by.runnerId !== before.runnerId) return
    if (event.by.lease !== null && event.by.lease !== before.lease) return
    if (event.kind === 'complete' || !accepted) this.#until = Number.NEGATIVE_INFINITY
    else if (event.kind === 'start' && now <= (before.claimedAt ?? 0) + this.#timing.claimLeaseMs) {
      const { timeoutGraceMs, stopGraceMs } = this.#timing
      this.#longest = now + before.timeoutSec * 1000 + timeoutGraceMs + stopGraceMs
      this.#confirm(before, now)
    } else if (event.kind === 'heartbeat' && this.mayRunAt(now)) this.#confirm(before, now)
  }

  #confirm({ retryClass }: OrderState, now: number): void {
    const leaseEnd = now + this.#timing.runLeaseMs
    this.#until = retryClass === 'once' ? this.#longest : Math.min(this.#longest, leaseEnd)
  }
}
