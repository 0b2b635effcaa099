import { ApiError, UnreachableError } from '@ikoma/api'

/** What a proxy says when it has waited for as long as it does; also 524 of Cloudflare. */
const gaveUp: readonly number[] = [408, 502, 504, 522, 524]
/** Sooner than this nothing was waited for. */
const leastMs = 1_500
/** A connection that ends is a proxy's limit only when the next one ends as old. */
const sameWithin = 0.15
/** Of what a request waited for in vain, when the path forgets connections on which nothing is said. */
const leastWaitSec = 5
const forgetAfterMs = 3_600_000

/**
 * How long the path to the control plane lets a request wait. A proxy that cuts it is no outage: the next request waits for
 * less. After an hour what was learned is tried again, since paths change.
 */
export class PathLimit {
  readonly #nowMs: () => number
  #limitSec: number | null = null
  #learnedAtMs = 0
  #lastEnd: { tookMs: number; atMs: number } | null = null
  #silentAtMs: number | null = null
  #heardAtMs = Number.NEGATIVE_INFINITY

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
    this.#lastEnd = null
    this.#silentAtMs = null
  }

  /** Some other request was answered: the control plane is there, and the path to it open. */
  heard(): void {
    this.#heardAtMs = this.#nowMs()
  }

  /**
   * Whether only the connection of a request that got no answer in its time is gone, as when something in between forgot it.
   * A second time in a row what waits is what is forgotten: the next one waits for less.
   */
  isForgotten(error: unknown, { waitSec, tookMs }: { waitSec: number; tookMs: number }): boolean {
    const isSilent = error instanceof UnreachableError && tookMs >= waitSec * 1000
    const sentAtMs = this.#nowMs() - tookMs
    if (!isSilent || this.#heardAtMs < sentAtMs) return false
    // One that was under way at the same time went the same way.
    const isAgain = this.#silentAtMs !== null && sentAtMs >= this.#silentAtMs
    if (isAgain) this.#learn(Math.max(leastWaitSec, Math.floor(waitSec / 2)))
    this.#silentAtMs = this.#nowMs()
    return true
  }

  /** Whether the path ended a request that was to wait for `waitSec`, and not the control plane's absence. */
  isCut(error: unknown, { waitSec, tookMs }: { waitSec: number; tookMs: number }): boolean {
    // Beyond what it was asked to wait for, it is the control plane that did not answer.
    if (tookMs < leastMs || tookMs >= waitSec * 1000) return false
    if (!this.#saysSo(error, tookMs)) return false
    this.#learn(Math.max(1, Math.floor(tookMs / 1250)))
    this.#lastEnd = null
    return true
  }

  #learn(limitSec: number): void {
    this.#limitSec = limitSec
    this.#learnedAtMs = this.#nowMs()
  }

  #saysSo(error: unknown, tookMs: number): boolean {
    // The control plane's own refusals have a reason.
    if (error instanceof ApiError) return error.problem.reason === 'unknown' && gaveUp.includes(error.status)
    if (!(error instanceof UnreachableError)) return false
    const before = this.#lastEnd
    this.#lastEnd = { tookMs, atMs: this.#nowMs() }
    if (before === null || this.#nowMs() - tookMs < before.atMs) return false
    return Math.abs(before.tookMs - tookMs) < sameWithin * before.tookMs
  }
}
