/** Lets orders that change the same thing on this machine do so one after the other, as they came. */
export class Turns {
  readonly #last = new Map<string, Promise<void>>()

  taken(name: string): boolean {
    return this.#last.has(name)
  }

  /** Runs it once those before it have ended. When the signal aborts while it waits, it rejects and never runs. */
  async take<T>(name: string, signal: AbortSignal, work: () => Promise<T>): Promise<T> {
    const before = this.#last.get(name) ?? Promise.resolve()
    const { promise: end, resolve: leave } = Promise.withResolvers<void>()
    const mine = before.then(() => end)
    this.#last.set(name, mine)
    try {
      await Promise.race([before, aborted(signal)])
      signal.throwIfAborted()
      return await work()
    } finally {
      leave()
      void mine.then(() => this.#last.get(name) === mine && this.#last.delete(name))
    }
  }
}

function aborted(signal: AbortSignal): Promise<void> {
  return new Promise((resolve) => {
    if (signal.aborted) return resolve()
    signal.addEventListener('abort', () => resolve(), { once: true })
  })
}
