import type { Host } from './host.ts'

/** One thing that an order would do to the machine, and how to take it back. */
export interface Change {
  /** What it does, in a line: `write /etc/systemd/system/gateway.service`. */
  title: string
  /** What would be different, for people; null where the title says it all. Never a secret. */
  diff: string | null
  apply(host: Host): Promise<void>
  /** Restores what was before; null where there is no way back. */
  undo: ((host: Host) => Promise<void>) | null
}

/** A part of the machine as it should be. It only reads, and answers what is left to do: nothing when it is so. */
export type Desired = (host: Host) => Promise<Change[]>

/** How the changes that an order makes are told; the steps of its report. */
export interface Course {
  signal: AbortSignal
  /** The host for taking back: it obeys although `signal` was aborted. */
  machineAfterStop: Host
  log(text: string): void
  step<T>(name: string, run: () => Promise<T>): Promise<T>
}

/** What is left to do until everything desired is so, in order. */
export async function planFor(desired: readonly Desired[], host: Host): Promise<Change[]> {
  const changes: Change[] = []
  for (const part of desired) changes.push(...(await part(host)))
  return changes
}

/** Changes that were begun, and how they are taken back: last first, whichever stage made them. */
export class Begun {
  readonly #course: Course
  readonly #changes: Change[] = []

  constructor(course: Course) {
    this.#course = course
  }

  /** Makes the changes in order, each as a step; rejects with the first failure, or when a stop came. */
  async make(changes: readonly Change[], host: Host): Promise<void> {
    const { signal, step } = this.#course
    for (const change of changes) {
      signal.throwIfAborted()
      this.#changes.push(change)
      try {
        await step(change.title, () => change.apply(host))
      } catch (error) {
        // What failed by itself is not there; what a stop cut short may be, or half of it.
        if (!signal.aborted) this.#changes.pop()
        throw error
      }
    }
  }

  /** Never rejects: what cannot be taken back is logged. */
  async takeBack(): Promise<void> {
    const { machineAfterStop, step, log } = this.#course
    for (const { title, undo } of this.#changes.toReversed()) {
      if (undo === null) {
        log(`Left as it is, for there is no way back: ${title}`)
        continue
      }
      try {
        await step(`undo: ${title}`, () => undo(machineAfterStop))
      } catch {
        log(`Could not be taken back: ${title}`)
      }
    }
  }
}
