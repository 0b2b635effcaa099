import { AppError } from './errors.ts'

export interface PlaceLimits {
  /** What is counted, in the plural, for whoever is refused one. */
  what: string
  /** In this process. */
  all: number
  /** Of them, for one caller: who asks for many must not leave others without. */
  each: number
}

/** Counts what stays open. */
export class Places {
  readonly #limits: PlaceLimits
  readonly #taken = new Map<string, number>()
  #all = 0

  constructor(limits: PlaceLimits) {
    this.#limits = limits
  }

  /** Takes a place for a caller until the function that is answered gives it back. Throws when there is none. */
  take(caller: string): () => void {
    const { what, all, each } = this.#limits
    const own = this.#taken.get(caller) ?? 0
    if (own >= each) {
      throw full(`This credential has ${each} ${what} open, which is all it may have. Close one.`)
    }
    if (this.#all >= all) {
      throw full(`Too many ${what} are open. Try again later.`)
    }
    this.#all += 1
    this.#taken.set(caller, own + 1)
    let given = false
    return () => {
      if (given) return
      given = true
      this.#giveBack(caller)
    }
  }

  #giveBack(caller: string): void {
    this.#all -= 1
    const left = (this.#taken.get(caller) ?? 1) - 1
    if (left > 0) this.#taken.set(caller, left)
    else this.#taken.delete(caller)
  }
}

function full(message: string): AppError {
  return new AppError('unavailable', message, { reason: 'too_many_open', retryAfterSec: 10 })
}
