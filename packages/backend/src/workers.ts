import cluster, { type Worker } from 'node:cluster'
import { AppError } from '@ikoma/kernel'
import type { Log } from '@ikoma/kernel/node'
import { Restarts } from './restarts.ts'
import { WorkerMetrics } from './worker-metrics.ts'

export interface WorkersOptions {
  count: number
  log: Log
  /** What they find in their environment besides what this process does. */
  env: Record<string, string>
  /** Told once, when they end too often for another start to be of use; they have all ended then. */
  onLost(): void
}

export interface Workers {
  /** SIGTERM to each, and SIGKILL to who has not ended in time. */
  stop(): Promise<void>
}

/** A worker drains for 2 s, answers for 10, and is given up after 40. */
const stopWithinMs = 45_000
const bound = { most: 5, withinMs: 60_000, firstMs: 100, longestMs: 2_000 }

/**
 * Starts this program as several processes that listen together, and again whichever ends by itself. The first is started
 * alone: what is made at an app's first start is there for the others. Rejects when that one ends before it listens.
 */
export async function startWorkers(options: WorkersOptions): Promise<Workers> {
  const seats = new Seats(options)
  await seats.first()
  for (let seat = 2; seat <= options.count; seat += 1) seats.take(seat)
  return { stop: () => seats.stop() }
}

class Seats {
  readonly #options: WorkersOptions
  readonly #workers = new Map<number, Worker>()
  readonly #metrics = new WorkerMetrics(() => this.#workers)
  readonly #restarts = new Map<number, Restarts>()
  #stopping = false

  constructor(options: WorkersOptions) {
    this.#options = options
    // All of them take from one queue: a connection that is handed over would hang where its worker is killed meanwhile.
    cluster.schedulingPolicy = cluster.SCHED_NONE
    process.once('exit', () => this.#signal('SIGKILL'))
  }

  first(): Promise<void> {
    const worker = this.take(1)
    return new Promise((resolve, reject) => {
      const fail = () => {
        this.#stopping = true
        reject(new AppError('unavailable', 'The first worker ended before it listened.', { reason: 'worker_not_up' }))
      }
      worker.once('exit', fail)
      worker.once('listening', () => {
        worker.off('exit', fail)
        resolve()
      })
    })
  }

  take(seat: number): Worker {
    const { env, log } = this.#options
    const worker = cluster.fork(env)
    const { pid } = worker.process
    this.#workers.set(seat, worker)
    worker.on('message', (message: unknown) => this.#metrics.heard(worker, message))
    worker.once('listening', () => log.info({ worker: seat, pid }, 'worker listens'))
    worker.once('exit', (code, signal) => {
      this.#workers.delete(seat)
      if (this.#stopping) return
      log.error({ worker: seat, pid, code, signal }, 'worker ended by itself')
      this.#metrics.ended()
      void this.#again(seat)
    })
    return worker
  }

  async stop(): Promise<void> {
    this.#stopping = true
    const late = setTimeout(() => this.#signal('SIGKILL'), stopWithinMs)
    const ends = [...this.#workers.values()].map(
      (worker) => new Promise<void>((resolve) => worker.once('exit', () => resolve())),
    )
    this.#signal('SIGTERM')
    await Promise.all(ends)
    clearTimeout(late)
  }

  async #again(seat: number): Promise<void> {
    const restarts = this.#restarts.get(seat) ?? new Restarts(bound)
    this.#restarts.set(seat, restarts)
    const waitMs = restarts.next(performance.now())
    if (waitMs !== null) {
      setTimeout(() => {
        if (!this.#stopping) this.take(seat)
      }, waitMs)
      return
    }
    this.#options.log.fatal({ worker: seat }, 'workers end too often: giving up')
    await this.stop()
    this.#options.onLost()
  }

  #signal(signal: NodeJS.Signals): void {
    for (const { process: child } of this.#workers.values()) child.kill(signal)
  }
}
