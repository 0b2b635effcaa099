import type { Progress } from '@ikoma/api'
import type { Logger } from '../logger.ts'
import type { Stop } from '../order/stop.ts'
import { type Monotonic, monotonic } from './monotonic.ts'
import { messageOf, retryDelayMs, troubleOf } from './trouble.ts'

export interface LeaseKeeperDeps {
  /** Renews when it arrives, and stays open for `waitSec` unless a cancel comes. */
  renew(options: { waitSec: number; signal: AbortSignal; timeoutMs: number }): Promise<Progress>
  runLeaseSec: number
  /** Whether another runner may be told to do the same work once the lease has ended. */
  rerun: boolean
  /** When the request that began the lease was sent, on the monotonic clock. */
  confirmedAtMs: number
  /** Called once for a lost lease and once for a cancel. */
  onStop(stop: Stop): void
  logger: Logger
  /** The monotonic clock and what waits by it; a test's own let minutes pass at once. */
  time?: Monotonic
}

/** What is in between may have forgotten the connection; a cancel is to be heard all the same. */
const maxParkSec = 25
/**
 * Of the lease: for how long a renewal waits, and how long beyond that for its answer. One that was confirmed, one whose
 * connection says nothing more, and the next over another connection: together 0.65, and the fence is at 0.75.
 */
const parkShare = 1 / 5
const answerShare = 1 / 8

/**
 * Renews a started order's lease until it is closed. The lease is counted from when a renewal was sent, not answered,
 * and given up before it can end: by then another runner may have been told to do the same work. Work that is never
 * done twice goes on while the control plane is away: stopping it halfway would help nobody.
 */
export class LeaseKeeper {
  readonly #deps: LeaseKeeperDeps
  readonly #closed = new AbortController()
  readonly #leaseMs: number
  #confirmedAtMs: number
  #canceled = false
  readonly #time: Monotonic
  #lowerFence: () => void = () => {}
  readonly #renewing: Promise<void>

  constructor(deps: LeaseKeeperDeps) {
    this.#deps = deps
    this.#time = deps.time ?? monotonic
    this.#leaseMs = deps.runLeaseSec * 1000
    this.#confirmedAtMs = deps.confirmedAtMs
    this.#armFence()
    this.#renewing = this.#renewAll()
  }

  async close(): Promise<void> {
    this.#lowerFence()
    this.#closed.abort()
    await this.#renewing
  }

  async #renewAll(): Promise<void> {
    const { signal } = this.#closed
    let failures = 0
    while (!signal.aborted) {
      const sentAtMs = this.#time.nowMs()
      try {
        // After a failure the answer must come at once: it is what keeps the lease.
        await this.#renewOnce(sentAtMs, failures === 0 && !this.#canceled)
        failures = 0
      } catch (error) {
        if (signal.aborted) return
        if (troubleOf(error) === 'lost') return this.#lose(messageOf(error))
        failures += 1
        this.#deps.logger.warn({ error: messageOf(error), failures }, 'The lease could not be renewed; trying again.')
        // However long it asks us to wait, the lease does not.
        const delayMs = retryDelayMs(error, { baseMs: 250, capMs: this.#leaseMs / 20 }, failures)
        await this.#pause(Math.min(delayMs, this.#leaseMs / 6))
      }
    }
  }

  async #renewOnce(sentAtMs: number, park: boolean): Promise<void> {
    const { signal } = this.#closed
    const parkMs = Math.min(this.#leaseMs * parkShare, maxParkSec * 1000)
    const waitSec = park ? parkMs / 1000 : 0
    const timeoutMs = waitSec * 1000 + Math.min(10_000, this.#leaseMs * answerShare)
    const { cancelRequested } = await this.#deps.renew({ waitSec, signal, timeoutMs })
    this.#confirmedAtMs = sentAtMs
    this.#armFence()
    if (cancelRequested && !this.#canceled) {
      this.#canceled = true
      this.#deps.onStop({ kind: 'canceled', message: 'Somebody asked to cancel it.' })
    }
    // An answer may come early for other reasons than a cancel: the lease is fresh, but a cancel must still be heard.
    const restMs = sentAtMs + parkMs - this.#time.nowMs()
    await this.#pause(Math.max(0, park ? Math.min(restMs, 1_000) : restMs))
  }

  /** At once when it is closed. */
  #pause(ms: number): Promise<void> {
    const { signal } = this.#closed
    return new Promise((resolve) => {
      if (signal.aborted) return resolve()
      const done = () => {
        stop()
        signal.removeEventListener('abort', done)
        resolve()
      }
      const stop = this.#time.after(ms, done)
      signal.addEventListener('abort', done, { once: true })
    })
  }

  #armFence(): void {
    this.#lowerFence()
    if (this.#closed.signal.aborted || !this.#deps.rerun) return
    const marginMs = Math.min(15_000, this.#leaseMs / 4)
    const leftMs = this.#confirmedAtMs + this.#leaseMs - marginMs - this.#time.nowMs()
    const lose = () => this.#lose('The control plane was out of reach for too long.')
    this.#lowerFence = this.#time.after(Math.max(0, leftMs), lose)
  }

  #lose(message: string): void {
    if (this.#closed.signal.aborted) return
    this.#lowerFence()
    this.#closed.abort()
    this.#deps.onStop({ kind: 'lost', message })
  }
}
