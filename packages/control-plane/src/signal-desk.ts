import type { Signal } from '@ikoma/domain'

/** Of many runners that share a scope, how many a new order wakes. */
const wakesPerTarget = 8

type Wake = () => void

/**
 * Where requests wait for something to happen: a map from what each waits for to its waiters, so that a new order wakes
 * the runners that may claim it and nobody else. A wake-up is a hint; every waiter also looks again after a while.
 */
export class SignalDesk {
  readonly #waiters = new Map<string, Set<Wake>>()

  dispatch(signal: Signal): void {
    switch (signal.kind) {
      case 'claimable':
        for (const target of signal.targets) this.#wake(target, wakesPerTarget)
        return
      case 'orders':
        for (const id of signal.ids) this.#wake(`order:${id}`)
        return
      case 'audit':
      case 'access':
        this.#wake(signal.kind)
        return
      case 'broken':
    }
  }

  /** Wakes whoever waits for this within this process. */
  nudge(topic: string): void {
    this.#wake(topic)
  }

  /** Registers interest before the caller looks, so that what happens between the look and the wait is not missed. */
  watch(topics: readonly string[]): Watch {
    let happened = false
    let resume: Wake | null = null
    const wake = () => {
      happened = true
      resume?.()
    }
    for (const topic of topics) this.#add(topic, wake)
    return {
      wait: (timeoutMs, signal) =>
        new Promise((resolve) => {
          if (happened || signal.aborted) return resolve()
          const timer = setTimeout(done, timeoutMs)
          resume = done
          signal.addEventListener('abort', done, { once: true })
          function done() {
            clearTimeout(timer)
            signal.removeEventListener('abort', done)
            resolve()
          }
        }),
      reset: () => {
        happened = false
        resume = null
      },
      leave: () => {
        for (const topic of topics) this.#remove(topic, wake)
      },
    }
  }

  #wake(topic: string, limit = Number.POSITIVE_INFINITY): void {
    let woken = 0
    for (const wake of this.#waiters.get(topic) ?? []) {
      if (woken >= limit) return
      wake()
      woken += 1
    }
  }

  #add(topic: string, wake: Wake): void {
    const waiters = this.#waiters.get(topic)
    if (waiters) waiters.add(wake)
    else this.#waiters.set(topic, new Set([wake]))
  }

  #remove(topic: string, wake: Wake): void {
    const waiters = this.#waiters.get(topic)
    if (waiters?.delete(wake) && waiters.size === 0) this.#waiters.delete(topic)
  }
}

export interface Watch {
  /** Resolves when a topic was dispatched since `watch`, the time is over, or the signal aborts. */
  wait(timeoutMs: number, signal: AbortSignal): Promise<void>
  /** Forgets what was dispatched so far: call it before looking again. */
  reset(): void
  leave(): void
}
