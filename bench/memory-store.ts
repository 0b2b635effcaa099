import {
  advance,
  auditGenesis,
  type Decision,
  type Order,
  type Placement,
  type Signal,
  type Store,
} from '@ikoma/domain'
import { submitting, type WriteCall } from '@ikoma/store/testing'

/**
 * The ceiling: the same rules and the same HTTP over a store that keeps nothing past the process. Only what the
 * benchmarks call is there; anything else throws.
 */
export function openMemoryStore(): Store {
  const orders = new Map<string, Order>()
  const queues = new Map<string, string[]>()
  const registry = new Map<string, unknown>()
  const listeners = new Set<(signal: Signal) => void>()
  const signal = (event: Signal) => {
    for (const listener of listeners) listener(event)
  }

  const verbs: Record<string, (...args: never[]) => unknown> = {
    insertOrders: (insertions: { order: Order }[]): Placement[] =>
      insertions.map(({ order }) => {
        orders.set(order.id, order)
        const queue = queues.get(order.target)
        if (queue) queue.push(order.id)
        else queues.set(order.target, [order.id])
        signal({ kind: 'claimable', targets: [order.target] })
        return { kind: 'inserted', order }
      }),
    claimOrders: (claim: Parameters<Store['claimOrders']>[0]): Order[] => {
      const taken: Order[] = []
      for (const target of claim.targets) {
        const queue = queues.get(target) ?? []
        while (taken.length < claim.max && queue.length > 0) {
          const order = orders.get(queue.shift() ?? '')
          const lease = claim.leases[taken.length]
          if (!order || lease === undefined) continue
          const decision = advance(order, { kind: 'claim', runnerId: claim.runnerId, lease }, { ...claim, random: 0 })
          if (decision.kind !== 'changed') continue
          const claimed = { ...order, ...decision.order }
          orders.set(order.id, claimed)
          taken.push(claimed)
        }
      }
      return taken
    },
    advanceOrder: (request: Parameters<Store['advanceOrder']>[0]): Decision | null => {
      const order = orders.get(request.orderId)
      if (!order) return null
      const decision = advance(order, request.event, request)
      if (decision.order.completedAt !== null) orders.delete(order.id)
      else orders.set(order.id, { ...order, ...decision.order })
      return decision
    },
    insertRunner: (runner: { id: string }) => registry.set(runner.id, { ...runner, serverId: null }),
    touchRunners: () => {},
    releaseOrders: () => 0,
    sweepOrders: () => ({ seen: 0, actions: {} }),
    pruneIdempotency: () => 0,
    holdLeadership: () => ({ held: true, lastRenewedAt: null }),
  }
  const reads = {
    dialect: 'memory' as const,
    auditHead: async () => auditGenesis,
    ping: async () => {},
    close: async () => {},
    countOrders: async () => ({}),
    listClaimableTargets: async () => [],
    countSilentRunners: async () => ({ silent: 0, running: 0 }),
    listDueSchedules: async () => [],
    listSchedules: async () => ({ items: [], next: null }),
    findRunner: async (id: string) => registry.get(id) ?? null,
    findOrder: async (id: string) => orders.get(id) ?? null,
    subscribe(listener: (event: Signal) => void) {
      listeners.add(listener)
      return () => listeners.delete(listener)
    },
  }
  const writes = submitting(async ({ verb, args }: WriteCall) => {
    const work = verbs[verb]
    if (!work) throw new Error(`the memory store has no ${verb}`)
    return work(...(args as unknown as never[]))
  })
  return { ...writes, ...reads } as unknown as Store
}
