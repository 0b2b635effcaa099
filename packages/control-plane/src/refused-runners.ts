/** What was refused under a runner's name since it was last let in. */
export interface Refusals {
  since: number
  lastAt: number
  address: string
  /** It showed the token that it had before, which has ended: that is no stranger. */
  former: boolean
}

const maxRunners = 1_000
const forgetAfterMs = 15 * 60_000

/** Runners whose credentials were refused lately: in memory alone, since whoever is refused must not cause a write. */
export class RefusedRunners {
  readonly #refusals = new Map<string, Refusals>()

  refuse(runnerId: string, { address, former }: Pick<Refusals, 'address' | 'former'>, now: number): void {
    const before = this.of(runnerId, now) ?? { since: now, former: false, address }
    this.#refusals.delete(runnerId)
    if (this.#refusals.size >= maxRunners) this.#refusals.delete(this.#refusals.keys().next().value ?? '')
    // A stranger does not hide from where the runner itself was refused.
    const shown = before.former && !former ? before.address : address
    this.#refusals.set(runnerId, {
      ...{ since: former && !before.former ? now : before.since, lastAt: now, address: shown },
      former: before.former || former,
    })
  }

  letIn(runnerId: string): void {
    this.#refusals.delete(runnerId)
  }

  of(runnerId: string, now: number): Refusals | null {
    const known = this.#refusals.get(runnerId)
    return known && Math.abs(now - known.lastAt) < forgetAfterMs ? known : null
  }
}
