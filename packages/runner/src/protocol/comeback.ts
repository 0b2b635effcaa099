import { pause } from './pause.ts'

/** The moment at which the control plane answers again after an outage: who waits to try again tries at once then. */
export class Comeback {
  #moment = new AbortController()

  cameBack(): void {
    this.#moment.abort()
    this.#moment = new AbortController()
  }

  /** Resolves after `ms`, when the control plane comes back, or at once when `signal` aborts; never rejects. */
  pause(ms: number, signal: AbortSignal): Promise<void> {
    return pause(ms, AbortSignal.any([signal, this.#moment.signal]))
  }
}
