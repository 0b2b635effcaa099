import type { ArchivedBatch, EndedOrder, Store } from '@ikoma/domain'
import { AppError, type Clock } from '@ikoma/kernel'
import type { Log } from '@ikoma/kernel/node'
import type { Metrics } from '../metrics.ts'
import type { OrderArchive } from '../orders/order-archive.ts'
import { orderRecord } from '../orders/order-record.ts'
import type { Alarms } from './alarms.ts'
import type { ClockWatch } from './clock-watch.ts'
import { levelOf } from './store-health.ts'

/** Orders looked at in one tick, and what one transaction may delete of them: runners must not wait for it. */
const window = 200
const maxBatchBytes = 8 * 1024 * 1024
/** While orders are left it rests this many times as long as it worked. */
const restFactor = 3
const minRestMs = 100
const idleMs = 60_000

/** How long ended orders are kept, and the folder where they go then. */
export interface RetentionPolicy {
  keepMs: number
  archiveDir: string | null
}

export interface RetentionOptions {
  store: Store
  clock: Clock
  log: Log
  metrics: Metrics
  alarms: Alarms
  keepMs: number
  /** Null when nobody wants what is deleted. */
  archive: OrderArchive | null
  /** How the audit ends now, signed, which the archive keeps beside the orders. */
  head: () => Promise<string | null>
  /** Whether the time can be told: what ended may be younger than it seems. */
  clockWatch: Pick<ClockWatch, 'holdsPruning'>
  /** Whether this process is the one to do it. */
  leads: () => boolean
  stopping: AbortSignal
}

/** Deletes orders that ended longer ago than they are kept, once they are in the archive. */
export class Retention {
  readonly #options: RetentionOptions
  #cursor: string | null = null

  constructor(options: RetentionOptions) {
    this.#options = options
  }

  /** One step along the table. Answers how long to wait for the next. */
  async tick(): Promise<number> {
    const { log, leads, clockWatch } = this.#options
    if (!leads() || clockWatch.holdsPruning()) return idleMs
    const startedAt = performance.now()
    try {
      await this.#step()
    } catch (error) {
      this.#cursor = null
      log[levelOf(error)]({ err: error }, 'old orders could not be pruned')
    }
    return this.#cursor === null ? idleMs : Math.max(minRestMs, restFactor * (performance.now() - startedAt))
  }

  async #step(): Promise<void> {
    const { store, clock, clockWatch, keepMs, leads, stopping } = this.#options
    const endedBefore = clock.now() - keepMs
    const page = await store.listEndedOrders(endedBefore, { limit: window, cursor: this.#cursor })
    for (const batch of batchesOf(page.items)) {
      if (stopping.aborted || !leads() || clockWatch.holdsPruning()) return
      await this.#prune(
        batch.map(({ id }) => id),
        endedBefore,
      )
    }
    this.#cursor = page.next
  }

  /** Archives the orders, on disk, before it deletes them: a crash in between archives twice and loses nothing. */
  async #prune(ids: string[], endedBefore: number): Promise<void> {
    const { store, clock, log, metrics } = this.#options
    const archive = await this.#archive(ids)
    const count = await store.pruneOrders({ ids, endedBefore, archive, now: clock.now() })
    metrics.pruned.inc(count)
    log.info({ count, archive }, 'old orders were pruned')
  }

  async #archive(ids: string[]): Promise<ArchivedBatch | null> {
    const { archive, clock, alarms, head } = this.#options
    if (archive === null) return null
    try {
      const batch = await archive.append(clock.now(), this.#records(ids), await head())
      alarms.clear('archive_failed')
      return batch
    } catch (error) {
      // The store being away is no problem of the archive.
      if (error instanceof AppError) throw error
      alarms.raise('archive_failed', { err: error })
      throw error
    }
  }

  async *#records(ids: string[]): AsyncGenerator<string> {
    const { store } = this.#options
    for (const id of ids) {
      const order = await store.findOrder(id)
      if (order) yield* orderRecord(store, order)
    }
  }
}

function batchesOf(ended: EndedOrder[]): EndedOrder[][] {
  const batches: EndedOrder[][] = []
  let bytes = Number.POSITIVE_INFINITY
  for (const order of ended) {
    if (bytes + order.logBytes > maxBatchBytes) {
      batches.push([])
      bytes = 0
    }
    batches.at(-1)?.push(order)
    bytes += order.logBytes
  }
  return batches
}
