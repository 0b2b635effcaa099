import { authorsOf, type Schedule, type ScheduleRun, type Store, scheduleBytes } from '@ikoma/domain'
import { AppError, type Clock } from '@ikoma/kernel'
import type { Log } from '@ikoma/kernel/node'
import type { Keyring } from '../keyring.ts'
import { bodyFrom, type OrderDesk } from '../orders/placement.ts'
import { isOverdue } from '../present.ts'
import type { Alarms } from './alarms.ts'
import { nextCronRun } from './cron.ts'
import { levelOf } from './store-health.ts'

/** A run this late was missed: the control plane was away. */
const missedAfterMs = 60_000
const batch = 100

export interface SchedulerOptions {
  store: Store
  clock: Clock
  log: Log
  alarms: Alarms
  orders: OrderDesk
  keyring: Keyring
}

/** Places the orders of schedules whose time has come, and makes waiting orders claimable. Any number of processes may run it. */
export class Scheduler {
  readonly #options: SchedulerOptions

  constructor(options: SchedulerOptions) {
    this.#options = options
  }

  async tick(): Promise<void> {
    const { store, clock, log } = this.#options
    try {
      const now = clock.now()
      while ((await store.releaseOrders(now, batch)) === batch);
      for (const schedule of await store.listDueSchedules(now, batch)) await this.#fire(schedule, now)
    } catch (error) {
      log[levelOf(error)]({ err: error }, 'the scheduler could not work')
    }
  }

  /** Raises an alarm for each schedule whose runs have stopped coming. */
  async watch(): Promise<void> {
    const { store, clock, alarms } = this.#options
    const now = clock.now()
    const overdue: Schedule[] = []
    let cursor: string | null = null
    do {
      const page = await store.listSchedules({ limit: 200, cursor })
      overdue.push(...page.items.filter((item) => isOverdue(item, now)))
      cursor = page.next
    } while (cursor !== null)
    const cases = overdue.map(({ id: scheduleId, name, lastRunAt }) => ({ scheduleId, name, lastRunAt }))
    alarms.raise('schedule_overdue', ...cases)
  }

  async #fire(schedule: Schedule, now: number): Promise<void> {
    const dueAt = schedule.nextRunAt
    if (dueAt === null) return
    const nextRunAt = nextRunOf(schedule, now)
    const missed = now - dueAt > missedAfterMs
    const run = missed && schedule.missedRuns === 'skip' ? skipped(schedule) : await this.#place(schedule, dueAt, now)
    await this.#options.store.advanceSchedule(schedule.id, dueAt, { ...run, nextRunAt })
  }

  /** Whoever else fires the same run places the same order: the run's time is its idempotency key. */
  async #place(schedule: Schedule, dueAt: number, now: number): Promise<Omit<ScheduleRun, 'nextRunAt'>> {
    const actor = `schedule:${schedule.id}`
    try {
      this.#refuseEdited(schedule)
      const body = bodyFrom(schedule.order)
      const placer = { actor, idempotencyKey: String(dueAt), alsoAnswerable: authorsOf(schedule), asItWas: true }
      const { order } = await this.#options.orders.place(body, placer)
      return { lastRunAt: now, lastOrderId: order.id, lastProblem: null }
    } catch (error) {
      // The store being away is no problem of the schedule: the next tick tries again. Anything else is, and must not
      // keep the schedules behind it from running.
      if (error instanceof AppError && (error.code === 'unavailable' || error.code === 'rate_limited')) throw error
      const lastProblem = error instanceof Error ? error.message : String(error)
      const { id: scheduleId, name } = schedule
      this.#options.log.error({ scheduleId, name, problem: lastProblem }, 'a schedule could not place its order')
      return { ...skipped(schedule), lastProblem }
    }
  }

  #refuseEdited(schedule: Schedule): void {
    if (schedule.fault === 'newer') {
      const message = 'It was written by a newer IKOMA, which alone may run it.'
      throw new AppError('conflict', message, { reason: 'newer_version' })
    }
    if (schedule.fault === undefined && this.#options.keyring.isSeal(scheduleBytes(schedule), schedule.seal)) return
    const message = 'It was changed in the database. Write its order again.'
    throw new AppError('conflict', message, { reason: 'seal_broken' })
  }
}

/** The run after `now`; null, and so never again, for an expression or a time zone that this version cannot read. */
function nextRunOf({ cron, timeZone }: Schedule, now: number): number | null {
  try {
    return nextCronRun(cron, timeZone, now)
  } catch {
    return null
  }
}

function skipped({ lastRunAt, lastOrderId, lastProblem }: Schedule): Omit<ScheduleRun, 'nextRunAt'> {
  return { lastRunAt, lastOrderId, lastProblem }
}
