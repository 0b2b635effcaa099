import { setTimeout as sleep } from 'node:timers/promises'
import type { ClaimedOrder } from '@ikoma/api'
import { type Answer, newRawRunner, type RawRunner } from '../kit/protocol.ts'
import type { ControlPlane } from '../kit/world.ts'
import type { History } from './history.ts'

// So many at once that a commit carries the calls of many.
const creatorCount = 16
const runnerCount = 32
/** Orders that may wait: claims keep up with creations, and the load is one of all four steps. */
const waitingOrders = 64

interface Held {
  order: ClaimedOrder
  started: boolean
}

export interface Load {
  /** From now on requests may fail. */
  expectCut(): void
  /** Resolves when every request was answered or has failed; rejects when one failed too early. */
  ended(): Promise<void>
  /** Every runner ends what it holds, under the lease it holds. */
  finish(): Promise<void>
}

/** Creators and runners that go on until their control plane fails them, and write down each answer that they get. */
export async function startLoad(server: ControlPlane, history: History): Promise<Load> {
  const fleet = await Promise.all(Array.from({ length: runnerCount }, () => newRawRunner(server, { scopes: ['pool'] })))
  const held = new Map<RawRunner, Held>()
  let waiting = 0
  let cutExpected = false

  async function create(): Promise<never> {
    for (;;) {
      while (waiting >= waitingOrders && !cutExpected) await sleep(2)
      waiting += 1
      const { id } = await server.client.placeOrder({ type: 'runner.selftest', scope: 'pool' })
      history.acknowledge(id, 'QUEUED')
    }
  }

  async function execute(runner: RawRunner): Promise<never> {
    for (;;) {
      const order = await runner.claim(1)
      if (!order) continue
      waiting -= 1
      history.acknowledgeClaim(order.id, order.lease)
      const holding = { order, started: false }
      held.set(runner, holding)
      await end(runner, holding)
    }
  }

  async function end(runner: RawRunner, holding: Held): Promise<void> {
    const { order } = holding
    if (!holding.started) {
      accepted(await runner.start(order))
      history.acknowledge(order.id, 'RUNNING')
      holding.started = true
    }
    accepted(await runner.complete(order))
    history.acknowledge(order.id, 'SUCCEEDED')
    held.delete(runner)
  }

  const early: unknown[] = []
  const failed = (error: unknown) => void (cutExpected || early.push(error))
  const callers = [...Array.from({ length: creatorCount }, create), ...fleet.map(execute)]
  const all = Promise.all(callers.map((caller) => caller.catch(failed)))
  return {
    expectCut: () => {
      cutExpected = true
    },
    async ended() {
      await all
      if (early.length > 0) throw new AggregateError(early, `requests failed before the cut: ${early[0]}`)
    },
    finish: async () => void (await Promise.all([...held].map(([runner, holding]) => end(runner, holding)))),
  }
}

function accepted({ status, body }: Answer<unknown>): void {
  if (status !== 200) throw new Error(`answered ${status}: ${JSON.stringify(body)}`)
}
