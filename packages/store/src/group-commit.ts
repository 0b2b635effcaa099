import { AppError } from '@ikoma/kernel'

export type Settled<R> = { ok: true; value: R } | { ok: false; error: unknown }

interface GroupCommitOptions<C, R> {
  /** Commits the calls together and answers one result a call, in order. Rejecting fails them all. */
  commit: (calls: C[]) => Promise<Settled<R>[]>
  maxBatch: number
  /** Calls that may wait before new ones are refused: back-pressure before memory grows. */
  maxWaiting: number
  /** How long a caller waits for its commit. */
  timeoutMs: number
}

interface Waiting<C, R> {
  call: C
  resolve: (value: R) => void
  reject: (error: unknown) => void
  timer: NodeJS.Timeout
}

/** Calls that arrive while a commit is under way share the next one. */
export class GroupCommit<C, R> {
  readonly #options: GroupCommitOptions<C, R>
  #waiting: Waiting<C, R>[] = []
  #idle: Promise<void> | null = null

  constructor(options: GroupCommitOptions<C, R>) {
    this.#options = options
  }

  submit(call: C): Promise<R> {
    if (this.#waiting.length >= this.#options.maxWaiting) {
      return Promise.reject(
        new AppError('rate_limited', 'The control plane is busy. Try again in a moment.', {
          reason: 'store_busy',
          retryAfterSec: 1,
        }),
      )
    }
    return new Promise<R>((resolve, reject) => {
      const entry: Waiting<C, R> = {
        call,
        resolve,
        reject,
        timer: setTimeout(() => this.#giveUp(entry), this.#options.timeoutMs),
      }
      this.#waiting.push(entry)
      this.#idle ??= this.#drain()
    })
  }

  /** A call that was not sent yet is never sent; of one under way nobody can tell. */
  #giveUp(entry: Waiting<C, R>): void {
    const at = this.#waiting.indexOf(entry)
    if (at >= 0) this.#waiting.splice(at, 1)
    entry.reject(at >= 0 ? notSent() : tooSlow())
  }

  /** Resolves when nothing waits and no commit is under way. */
  async settled(): Promise<void> {
    while (this.#idle) await this.#idle
  }

  async #drain(): Promise<void> {
    // Requests that were read in the same turn of the event loop are neighbours: let them arrive.
    await new Promise(setImmediate)
    while (this.#waiting.length > 0) await this.#commit(this.#waiting.splice(0, this.#options.maxBatch))
    this.#idle = null
  }

  async #commit(batch: Waiting<C, R>[]): Promise<void> {
    let results: Settled<R>[]
    try {
      results = await this.#options.commit(batch.map(({ call }) => call))
    } catch (error) {
      results = batch.map(() => ({ ok: false, error }))
    }
    batch.forEach(({ resolve, reject, timer }, index) => {
      clearTimeout(timer)
      const result = results[index]
      if (result?.ok) resolve(result.value)
      else reject(result?.error ?? tooSlow())
    })
  }
}

function notSent(): AppError {
  return new AppError('unavailable', 'Storage did not get to it in time; nothing was changed.', {
    reason: 'store_timeout',
    retryAfterSec: 5,
  })
}

function tooSlow(): AppError {
  return new AppError('unavailable', 'Storage did not confirm in time; the change may or may not have been made.', {
    reason: 'store_timeout',
    retryAfterSec: 5,
  })
}
