import { ApiError, UnreachableError } from '@ikoma/api'

/** What a proxy says when it has waited for as long as it does; also 524 of Cloudflare. */
const gaveUp: readonly number[] = [408, 502, 504, 522, 524]
/** Sooner than this nothing was waited for. */
const leastMs = 1_500
/** A connection that ends is a proxy's limit only when the next one ends as old. */
const sameWithin = 0.15
const forgetAfterMs = 3_600_000

/**
 * How long the path to the control plane lets a request wait. A proxy that cuts it is no outage: the next request waits for
 * less. After an hour what was learned is tried again, since paths change.
 */
export class PathLimit {
  readonly #nowMs: () => number
  #limitSec: number | null = null
  #learnedAtMs = 0
  #lastEndMs: number | null = null

  constructor(nowMs: () => number = () => performance.now()) {
    this.#nowMs = nowMs
  }

  /** In seconds; null while the path is not known to have one. */
  get limitSec(): number | null {
    if (this.#nowMs() - this.#learnedAtMs > forgetAfterMs) this.#limitSec = null
    return this.#limitSec
  }

  waitSec(wanted: number): number {
    return Math.min(wanted, this.limitSec ?? wanted)
  }

  answered(): void {
    this.#lastEndMs = null
  }

  /** Whether the path ended a request that was to wait for `waitSec`, and not the control plane's absence. */
  isCut(error: unknown, { waitSec, tookMs }: { waitSec: number; tookMs: number }): boolean {
    // Beyond what it was asked to wait for, it is the control plane that did not answer.
    if (tookMs < leastMs || tookMs >= waitSec * 1000) return false
    if (!this.#saysSo(error, tookMs)) return false
    this.#limitSec = Math.max(1, Math.floor(tookMs / 1250))
    this.#learnedAtMs = this.#nowMs()
    this.#lastEndMs = null
    return true
  }

  #saysSo(error: unknown, tookMs: number): boolean {
    // The control plane's own refusals have a reason.
    if (error instanceof ApiError) return error.problem.reason === 'unknown' && gaveUp.includes(error.status)
    if (!(error instanceof UnreachableError)) return false
    const before = this.#lastEndMs
    this.#lastEndMs = tookMs
    return before !== null && Math.abs(before - tookMs) < sameWithin * before
  }
}
