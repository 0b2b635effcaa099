import { pause } from './pause.ts'

/** The moment at which the control plane answers again after an outage: who waits to try again tries at once then. */
export class Comeback {
  #moment = new AbortController()

  cameBack(): void {
    this.#moment.abort()
    this.#moment = new AbortController()
  }

  /**
   * Resolves after `ms`, or before, when the control plane comes back, yet not within `leastMs`: it may have asked to be left
   * alone for so long. At once when `signal` aborts; never rejects.
   */
  async pause(ms: number, signal: AbortSignal, leastMs = 0): Promise<void> {
    const isBack = this.#moment.signal
    if (leastMs > 0) await pause(Math.min(ms, leastMs), signal)
    await pause(Math.max(0, ms - leastMs), AbortSignal.any([signal, isBack]))
  }
}
