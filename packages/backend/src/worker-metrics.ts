import type { Worker } from 'node:cluster'
import { AggregatorRegistry, Counter, Gauge, Registry } from 'prom-client'
import { isMetricsMessage } from './http/worker-metrics.ts'

/** A metric as a registry gives it, which says less in its types than there is. */
interface Metric {
  name: string
  aggregator: string
  values: { labels: Record<string, string | number> }[]
}

const withinMs = 1_500

/** Asks the workers for their metrics when one of them is asked. */
export class WorkerMetrics {
  readonly #workers: () => ReadonlyMap<number, Worker>
  readonly #own = new Registry()
  readonly #restarts: Counter
  readonly #waiting = new Map<string, (values: Metric[]) => void>()
  #count = 0

  /** `workers`: those that are there now, by their seat. */
  constructor(workers: () => ReadonlyMap<number, Worker>) {
    this.#workers = workers
    const registers = [this.#own]
    new Gauge({
      ...{ name: 'workers', help: 'Processes that answer requests', registers },
      collect() {
        this.set(workers().size)
      },
    })
    this.#restarts = new Counter({ name: 'worker_ends_total', help: 'Workers that ended by themselves', registers })
  }

  ended(): void {
    this.#restarts.inc()
  }

  /** What a worker said, if it is about this. */
  heard(worker: Worker, message: unknown): void {
    if (!isMetricsMessage(message)) return
    if (message.metrics === 'mine') this.#waiting.get(`${worker.id} ${message.id}`)?.(message.values as Metric[])
    if (message.metrics !== 'all?') return
    const { id } = message
    void this.#all().then((text) => {
      if (worker.isConnected()) worker.send({ metrics: 'all', id, text })
    })
  }

  async #all(): Promise<string> {
    this.#count += 1
    const id = this.#count
    const each = [...this.#workers()].map(async ([seat, worker]) => seated(await this.#ask(worker, id), seat))
    const own = (await this.#own.getMetricsAsJSON()) as unknown as Metric[]
    return AggregatorRegistry.aggregate([own, ...(await Promise.all(each))]).metrics()
  }

  /** Nothing of one that does not answer in time: the others are still worth knowing. */
  #ask(worker: Worker, id: number): Promise<Metric[]> {
    const key = `${worker.id} ${id}`
    return new Promise<Metric[]>((resolve) => {
      const late = setTimeout(() => resolve([]), withinMs)
      this.#waiting.set(key, (values) => {
        clearTimeout(late)
        resolve(values)
      })
      if (worker.isConnected()) worker.send({ metrics: 'yours?', id })
    }).finally(() => this.#waiting.delete(key))
  }
}

/** With a label of their own no two series are added up, and none is left out. */
function seated(metrics: Metric[], seat: number): Metric[] {
  return metrics.map((metric) => ({
    ...metric,
    aggregator: 'sum',
    values: metric.values.map((value) => ({ ...value, labels: { ...value.labels, worker: String(seat) } })),
  }))
}
