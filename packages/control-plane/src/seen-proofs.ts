import { nonceLifeMs } from '@ikoma/api'

/** Of one runner. It comes to 200 KB, and to eleven requests a second: who sends more signs newer nonces, and notices nothing. */
const maxKept = 1_000

/** No nonce is taken from further ahead, see nonces.ts. */
const aheadMs = 10_000

interface Kept {
  /** From signature to the time of its nonce, in the order they came. */
  seen: Map<string, number>
  /** Nonces up to this time are not taken any more: what was signed with them may have been forgotten. */
  floor: number
}

/**
 * Which proofs were taken already, so that the very same request is not taken again while its nonce is good. A process
 * knows what it took itself: of several on one database each takes a request once.
 */
export class SeenProofs {
  readonly #runners = new Map<string, Kept>()

  /** Whether this one is new, from now on it is not. `signature` was checked. */
  take(runnerId: string, signature: string, nonceAt: number): boolean {
    const kept = this.#runners.get(runnerId) ?? { seen: new Map(), floor: Number.NEGATIVE_INFINITY }
    // Its first half is enough to tell them apart, and has one spelling.
    const name = signature.slice(0, 42)
    if (kept.floor > nonceAt + 2 * nonceLifeMs) kept.floor = Number.NEGATIVE_INFINITY
    if (nonceAt <= kept.floor || kept.seen.has(name)) return false
    kept.seen.set(name, nonceAt)
    this.#runners.set(runnerId, kept)
    forgetOld(kept, nonceAt)
    return true
  }

  /** Forgets runners that have not been heard for so long that nothing of theirs could be taken again. */
  sweep(now: number): void {
    for (const [id, { seen, floor }] of this.#runners) {
      const last = Math.max(floor, ...seen.values())
      if (Math.abs(now - last) > 2 * nonceLifeMs) this.#runners.delete(id)
    }
  }
}

function forgetOld(kept: Kept, newest: number): void {
  for (const [name, at] of kept.seen) {
    // Also what a clock that was ahead issued: as a floor it would keep the runner out until that time comes.
    const expired = newest - at > 2 * nonceLifeMs || at > newest + aheadMs
    if (!expired && kept.seen.size <= maxKept) return
    kept.seen.delete(name)
    if (!expired) kept.floor = Math.max(kept.floor, at)
  }
}
