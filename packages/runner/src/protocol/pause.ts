/** Resolves after `ms`, or at once when `signal` aborts; never rejects. */
export function pause(ms: number, signal?: AbortSignal): Promise<void> {
  return new Promise((resolve) => {
    if (signal?.aborted) return resolve()
    const done = () => {
      clearTimeout(timer)
      signal?.removeEventListener('abort', done)
      resolve()
    }
    const timer = setTimeout(done, ms)
    signal?.addEventListener('abort', done, { once: true })
  })
}

/** Lets one waiter sleep until somebody rings or time is up. */
export class Bell {
  #wake = new AbortController()

  ring(): void {
    this.#wake.abort()
  }

  /** A ring that came before the call is heard too. */
  async heard(ms: number): Promise<void> {
    await pause(ms, this.#wake.signal)
    this.#wake = new AbortController()
  }
}
