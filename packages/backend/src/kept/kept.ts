import type { Clock } from '@ikoma/kernel'

/** Answers that are kept for a while, and may be gone at any time. Whether one still holds is for who asks to know. */
export interface Kept {
  get(key: string): Promise<string | null>
  set(key: string, value: string): Promise<void>
}

export const keptForMs = 300_000
/** What is longer is not kept. */
export const maxKeptLength = 512 * 1024
const maxLengthInAll = 32 * 1024 * 1024

/** In this process alone, and no more than 32 million characters. */
export class LocalKept implements Kept {
  readonly #clock: Clock
  readonly #answers = new Map<string, { value: string; until: number }>()
  #length = 0

  constructor(clock: Clock) {
    this.#clock = clock
  }

  async get(key: string): Promise<string | null> {
    const answer = this.#answers.get(key)
    if (!answer) return null
    if (answer.until > this.#clock.now()) return answer.value
    this.#forget(key)
    return null
  }

  async set(key: string, value: string): Promise<void> {
    this.#forget(key)
    if (value.length > maxKeptLength) return
    this.#answers.set(key, { value, until: this.#clock.now() + keptForMs })
    this.#length += key.length + value.length
    for (const oldest of this.#answers.keys()) {
      if (this.#length <= maxLengthInAll) return
      this.#forget(oldest)
    }
  }

  #forget(key: string): void {
    const answer = this.#answers.get(key)
    if (answer && this.#answers.delete(key)) this.#length -= key.length + answer.value.length
  }
}
