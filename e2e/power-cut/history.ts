import type { OrderResource } from '@ikoma/api'

/** How far an order comes when all goes well; an acknowledged step is named after the status it led to. */
const path = ['QUEUED', 'CLAIMED', 'RUNNING', 'SUCCEEDED'] as const
export type Step = (typeof path)[number]

export interface Loss {
  id: string
  acknowledged: Step
  found: string | null
  steps: number
}

/** What the control plane has acknowledged, kept where no power is cut. */
export class History {
  /** Acknowledged steps of all orders. */
  steps = 0
  /** When the last one came, by `performance.now()`. */
  lastAt = 0
  /** Orders that were given under a second lease, although none is silent here for long enough. */
  readonly givenTwice: string[] = []
  readonly #reached = new Map<string, Step>()
  readonly #leases = new Map<string, string>()

  /** In any order: a runner may hear of an order before its creator does. */
  acknowledge(id: string, step: Step): void {
    this.steps += 1
    this.lastAt = performance.now()
    const before = this.#reached.get(id)
    if (before === undefined || path.indexOf(before) < path.indexOf(step)) this.#reached.set(id, step)
  }

  acknowledgeClaim(id: string, lease: string): void {
    const before = this.#leases.get(id) ?? lease
    if (before !== lease) this.givenTwice.push(id)
    this.#leases.set(id, lease)
    this.acknowledge(id, 'CLAIMED')
  }

  /** Orders that are behind what was acknowledged. Being ahead is right: the answer may have been lost, not the step. */
  lossesAmong(orders: readonly Pick<OrderResource, 'id' | 'status'>[]): Loss[] {
    const found = new Map(orders.map(({ id, status }) => [id, status]))
    return [...this.#reached].flatMap(([id, acknowledged]) => {
      const status = found.get(id) ?? null
      // A status that is not on the path shows none of the steps.
      const steps = path.indexOf(acknowledged) - path.indexOf(status as Step)
      return steps > 0 ? [{ id, acknowledged, found: status, steps }] : []
    })
  }
}
