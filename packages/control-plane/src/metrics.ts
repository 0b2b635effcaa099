import { liveStatuses, type OrderStatus, type Store } from '@ikoma/domain'
import { withDeadline } from '@ikoma/kernel'
import { Counter, collectDefaultMetrics, Gauge, Histogram, Registry } from 'prom-client'

export type Metrics = ReturnType<typeof createMetrics>

/** Counting orders of the other statuses at every scrape would read the whole history. */
const counted: OrderStatus[] = [...liveStatuses, 'NEEDS_ATTENTION']

/** Prometheus gives up a scrape after ten seconds. */
const countWithinMs = 4_000

/** Prometheus metrics of one control plane; watch/alarms.ts adds its own. */
export function createMetrics(store: Store, isStoreUp: () => Promise<boolean>) {
  const registry = new Registry()
  // Looking at the event loop every 10 ms, as it would by itself, is most of what an idle server does.
  collectDefaultMetrics({ register: registry, eventLoopMonitoringPrecision: 100 })
  const requests = new Histogram({
    name: 'ikoma_http_request_seconds',
    help: 'Time to answer an HTTP request, by route and status',
    labelNames: ['method', 'route', 'status'],
    buckets: [0.005, 0.025, 0.1, 0.25, 1, 5, 30],
    registers: [registry],
  })
  const sweeps = new Counter({
    name: 'ikoma_reconciler_actions_total',
    help: 'What the reconciler did to orders',
    labelNames: ['action'],
    registers: [registry],
  })
  const pruned = new Counter({
    name: 'ikoma_orders_pruned_total',
    help: 'Ended orders that were deleted when their time was over',
    registers: [registry],
  })
  const openClaims = new Gauge({
    name: 'ikoma_open_claims',
    help: 'Requests of runners that ask for an order, most of them waiting for one',
    registers: [registry],
  })
  const leads = new Gauge({
    name: 'ikoma_reconciler_leads',
    help: '1 in the process that reconciles; of all that share a store one',
    registers: [registry],
  })
  new Gauge({
    name: 'ikoma_store_up',
    help: '1 while the store answers and takes writes',
    registers: [registry],
    async collect() {
      this.set((await isStoreUp()) ? 1 : 0)
    },
  })
  new Gauge({
    name: 'ikoma_orders',
    help: 'Orders that are not over, or that a person must look at, by status',
    labelNames: ['status'],
    registers: [registry],
    async collect() {
      // A scrape must not fail with the store: that is when the rest of it is needed.
      const counts = await withDeadline(store.countOrders(counted), countWithinMs, tooLate).catch(() => null)
      if (counts === null) return this.reset()
      for (const status of counted) this.set({ status }, counts[status] ?? 0)
    },
  })
  return { registry, requests, sweeps, pruned, openClaims, leads }
}

const tooLate = () => new Error('the orders were not counted in time')
