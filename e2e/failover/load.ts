import { randomUUID } from 'node:crypto'
import { setTimeout as sleep } from 'node:timers/promises'
import type { ClaimedOrder, Client, OrderSummary } from '@ikoma/api'
import { isTerminal } from '@ikoma/domain'
import { allOrders } from '../kit/all-orders.ts'
import { type Answer, newRawRunner, type RawRunner } from '../kit/protocol.ts'
import { until } from '../kit/until.ts'
import type { ControlPlane } from '../kit/world.ts'

const creatorCount = 4
const runnerCount = 4
const pauseMs = 60

/** Where the control plane is reached. */
type Door = Pick<ControlPlane, 'url' | 'client'>

/** Creators and runners that keep asking until they are answered, and write down each answer. */
export class Load {
  /** Orders whose creation was acknowledged. */
  readonly acknowledged = new Set<string>()
  /** How often an order was done: a runner does it once its start was acknowledged. */
  readonly done = new Map<string, number>()
  /** Orders whose end was acknowledged. */
  readonly ended = new Set<string>()
  /** The longest time without an acknowledged creation since it was last forgotten. */
  longestSilence = { from: 0, to: 0 }
  refused = 0
  readonly #doors: Door[]
  #lastAt = performance.now()
  #creating = true
  #executing = true
  #working: Promise<unknown> = Promise.resolve()

  constructor(doors: Door[]) {
    this.#doors = doors
  }

  async start(): Promise<void> {
    const door = this.#door(0)
    const fleet = await Promise.all(Array.from({ length: runnerCount }, () => newRawRunner(door, { scopes: ['pool'] })))
    this.#lastAt = performance.now()
    const creators = Array.from({ length: creatorCount }, (_, index) => this.#create(this.#door(index).client))
    this.#working = Promise.all([...creators, ...fleet.map((runner, index) => this.#execute(runner, index))])
  }

  /** Resolves when so many more creations were acknowledged. */
  async progress(count: number, withinMs = 60_000): Promise<void> {
    const wanted = this.acknowledged.size + count
    await until(`${count} more acknowledged orders`, () => this.acknowledged.size >= wanted, withinMs)
  }

  /** No more orders; resolves when those that were acknowledged are over. */
  async finish(withinMs = 90_000): Promise<OrderSummary[]> {
    this.#creating = false
    const { client } = this.#door(0)
    try {
      return await until(
        'every order to be over',
        async () => {
          const orders = await allOrders(client)
          return orders.every(({ status }) => isTerminal(status)) ? orders : null
        },
        withinMs,
      )
    } finally {
      this.#executing = false
      await this.#working
    }
  }

  #door(index: number): Door {
    const door = this.#doors[index % this.#doors.length]
    if (!door) throw new Error('no control plane to ask')
    return door
  }

  async #create(client: Client): Promise<void> {
    while (this.#creating) {
      const key = randomUUID()
      // The same order until somebody says that it is there.
      const order = await this.#persist(() => client.placeOrder({ type: 'runner.selftest', scope: 'pool' }, key))
      if (order) this.#acknowledge(order.id)
      await sleep(pauseMs)
    }
  }

  #acknowledge(id: string): void {
    this.acknowledged.add(id)
    const now = performance.now()
    const { from, to } = this.longestSilence
    if (now - this.#lastAt > to - from) this.longestSilence = { from: this.#lastAt, to: now }
    this.#lastAt = now
  }

  async #execute(runner: RawRunner, index: number): Promise<void> {
    for (let turn = index; this.#executing; turn += 1) {
      const here = runner.at(this.#door(turn).url)
      const order = await here.claim(1).catch(() => null)
      if (!order) {
        await sleep(pauseMs)
        continue
      }
      await this.#end(here, order)
    }
  }

  async #end(runner: RawRunner, order: ClaimedOrder): Promise<void> {
    const started = await this.#persist(() => settled(runner.start(order)))
    if (started !== 200) return
    this.done.set(order.id, (this.done.get(order.id) ?? 0) + 1)
    const ended = await this.#persist(() => settled(runner.complete(order)))
    if (ended === 200) this.ended.add(order.id)
  }

  async #persist<T>(ask: () => Promise<T>): Promise<T | null> {
    while (this.#executing) {
      try {
        return await ask()
      } catch {
        this.refused += 1
        await sleep(200)
      }
    }
    return null
  }
}

/** What a runner would ask again rejects. */
async function settled(answer: Promise<Answer<unknown>>): Promise<number> {
  const { status } = await answer
  if (status >= 500 || status === 429) throw new Error(`answered ${status}`)
  return status
}

/** How often the audit tells the action of each order. */
export async function timesOf(client: Client, action: string): Promise<Map<string, number>> {
  const times = new Map<string, number>()
  let cursor: string | null = null
  do {
    const page: Awaited<ReturnType<Client['listAudit']>> = await client.listAudit({
      action,
      limit: 200,
      ...(cursor === null ? {} : { cursor }),
    })
    for (const { subject } of page.items as { subject: string }[]) times.set(subject, (times.get(subject) ?? 0) + 1)
    cursor = page.next
  } while (cursor !== null)
  return times
}
