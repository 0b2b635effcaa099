import type { AttachedRunner, RunnerTouch, Store } from '@ikoma/domain'
import type { Log } from '@ikoma/kernel/node'
import { levelOf } from './watch/store-health.ts'

const flushMs = 3_000

/** Signs of life, kept in memory and written together: thousands of heartbeats cost one transaction. */
export class Presence {
  readonly #store: Store
  readonly #log: Log
  #pending = new Map<string, RunnerTouch>()
  #timer: NodeJS.Timeout | null = null

  constructor(store: Store, log: Log) {
    this.#store = store
    this.#log = log
  }

  touch(touch: RunnerTouch): void {
    const said = Object.fromEntries(Object.entries(touch).filter(([, value]) => value !== undefined))
    this.#pending.set(touch.id, { ...touch, ...this.#pending.get(touch.id), ...said })
    this.#timer ??= setTimeout(() => void this.flush(), flushMs).unref()
  }

  /** The runner with what this process heard of it and has not written yet. */
  seen(runner: AttachedRunner): AttachedRunner {
    const { reported, lastSeenAt, capabilities, version, instance } = { ...runner, ...this.#pending.get(runner.id) }
    return {
      ...runner,
      lastSeenAt,
      reported: reported ?? runner.reported,
      capabilities: capabilities ?? runner.capabilities,
      version: version ?? runner.version,
      instance: instance ?? runner.instance,
    }
  }

  async flush(): Promise<void> {
    this.#timer = null
    const touches = [...this.#pending.values()]
    this.#pending = new Map()
    if (touches.length === 0) return
    try {
      await this.#store.touchRunners(touches)
    } catch (error) {
      // The next heartbeat says it again.
      this.#log[levelOf(error)]({ err: error, runners: touches.length }, 'could not record heartbeats')
    }
  }
}
