import type { Signal } from '@ikoma/domain'

type Listener = (signal: Signal) => void

/** Who listens to a store. A listener that throws is warned of: the commit that it hears of stands. */
export class Signals {
  readonly #listeners = new Set<Listener>()

  subscribe(listener: Listener): () => void {
    this.#listeners.add(listener)
    return () => this.#listeners.delete(listener)
  }

  emit(signals: Signal[]): void {
    for (const signal of signals) for (const listener of this.#listeners) notify(listener, signal)
  }
}

function notify(listener: Listener, signal: Signal): void {
  try {
    listener(signal)
  } catch (error) {
    process.emitWarning(error instanceof Error ? error : String(error))
  }
}
