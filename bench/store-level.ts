import { catalogue, typesAllowedBy } from '@ikoma/api'
import { defaultTiming, type Order, placeOrder, type Store } from '@ikoma/domain'
import { newId } from '@ikoma/kernel'
import { openPostgresStore, openSqliteStore } from '@ikoma/store'

type StoreOptions = { kind: 'sqlite'; file: string } | { kind: 'postgres'; url: string }

const loops = 8
const perClaim = 100

/** Claims, starts and completes a preloaded backlog without HTTP; answers orders a second, each three writes and three audit events. */
export async function measureStore(options: StoreOptions, seconds: number): Promise<number> {
  const sealed = { ...options, sealKey: Buffer.alloc(32, 7) }
  const store = await (sealed.kind === 'sqlite' ? openSqliteStore(sealed) : openPostgresStore(sealed))
  try {
    await preload(store, 6_000 * seconds)
    let ended = 0
    const since = performance.now()
    const until = since + seconds * 1000
    const drain = async (index: number) => {
      while (performance.now() < until) {
        const count = await runBatch(store, `runner-${index}`)
        if (count === 0) return
        ended += count
      }
    }
    await Promise.all(Array.from({ length: loops }, (_, index) => drain(index)))
    return ended / ((performance.now() - since) / 1000)
  } finally {
    await store.close()
  }
}

async function preload(store: Store, count: number): Promise<void> {
  const type = catalogue['runner.selftest']
  const request = {
    serverId: null,
    runnerId: null,
    scope: 'bench',
    payload: {},
    priority: 0,
    runAt: null,
    expiresAt: null,
    timeoutSec: null,
    maxAttempts: null,
    dedupeKey: null,
    resourceKey: null,
    labels: {},
    dryRun: false,
    retryOf: null,
  }
  for (let placed = 0; placed < count; placed += 500) {
    const insertions = Array.from({ length: 500 }, () => {
      const order: Order = placeOrder(request, type, { id: newId(), now: Date.now(), actor: 'bench', runner: null })
      return { order: { ...order, seal: 'x'.repeat(43) }, actor: 'bench', idempotency: null }
    })
    await store.insertOrders(insertions)
  }
}

async function runBatch(store: Store, runnerId: string): Promise<number> {
  const now = Date.now()
  const timing = defaultTiming
  const claimed = await store.claimOrders({
    runnerId,
    targets: ['scope:bench'],
    types: typesAllowedBy(['runner']),
    max: perClaim,
    concurrency: perClaim,
    leases: Array.from({ length: perClaim }, () => newId()),
    now,
    timing,
  })
  const advance = (order: Order, event: 'start' | 'complete') => {
    const by = { runnerId, lease: order.lease }
    const completion = { outcome: 'succeeded', digest: 'x'.repeat(43), retryable: true, reason: null } as const
    const request = { orderId: order.id, actor: `runner:${runnerId}`, now, random: 0, timing }
    return event === 'start'
      ? store.advanceOrder({ ...request, event: { kind: 'start', by } })
      : store.advanceOrder({ ...request, event: { kind: 'complete', by, completion }, report: { ok: true } })
  }
  await Promise.all(claimed.map((order) => advance(order, 'start')))
  const ends = await Promise.all(claimed.map((order) => advance(order, 'complete')))
  if (ends.some((decision) => decision?.order.status !== 'SUCCEEDED')) throw new Error('an order did not end')
  return claimed.length
}
