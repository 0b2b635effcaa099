import { authorsOf, type Page, type Schedule, type ScheduleRun, type Store, scheduleBytes } from '@ikoma/domain'
import { AppError, type Clock } from '@ikoma/kernel'
import type { Log } from '@ikoma/kernel/node'
import type { Keyring } from '../keyring.ts'
import { bodyFrom, type OrderDesk } from '../orders/placement.ts'
import { isOverdue } from '../present.ts'
import type { Alarms } from './alarms.ts'
import type { ClockWatch } from './clock-watch.ts'
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
  clockWatch: Pick<ClockWatch, 'isUnsettled' | 'onMoved'>
  orders: OrderDesk
  keyring: Keyring
}

/** Places the orders of schedules whose time has come, and makes waiting orders claimable. Any number of processes may run it. */
export class Scheduler {
  readonly #options: SchedulerOptions
  /** How far the clock was moved since the last tick, back when it was moved both ways; at the start nobody knows. */
  #movedByMs: number | null = 0

  constructor(options: SchedulerOptions) {
    this.#options = options
    options.clockWatch.onMoved((byMs) => {
      this.#movedByMs = Math.min(this.#movedByMs ?? byMs, byMs)
    })
  }

  async tick(): Promise<void> {
    const { store, clock, clockWatch, log } = this.#options
    if (clockWatch.isUnsettled()) return
    try {
      const now = clock.now()
      if (this.#movedByMs !== null) await this.#bringBack(this.#movedByMs, now)
      while ((await store.releaseOrders(now, batch)) === batch);
      for (const schedule of await store.listDueSchedules(now, batch)) await this.#fire(schedule, now)
    } catch (error) {
      log[levelOf(error)]({ err: error }, 'the scheduler could not work')
    }
  }

  /** Raises an alarm for each schedule whose runs have stopped coming. */
  async watch(): Promise<void> {
    const { clock, alarms } = this.#options
    const now = clock.now()
    const overdue: Schedule[] = []
    for await (const schedule of this.#all()) if (isOverdue(schedule, now)) overdue.push(schedule)
    const cases = overdue.map(({ id: scheduleId, name, lastRunAt }) => ({ scheduleId, name, lastRunAt }))
    alarms.raise('schedule_overdue', ...cases)
  }

  async *#all(): AsyncGenerator<Schedule> {
    let cursor: string | null = null
    do {
      const page: Page<Schedule> = await this.#options.store.listSchedules({ limit: 200, cursor })
      yield* page.items
      cursor = page.next
    } while (cursor !== null)
  }

  /** Runs that were computed by a clock that was ahead are computed again. */
  async #bringBack(byMs: number, now: number): Promise<void> {
    const { store, log } = this.#options
    for await (const schedule of this.#all()) {
      const { id, name, nextRunAt: before, lastRunAt } = schedule
      const nextRunAt = broughtBack(schedule, byMs, now)
      if (before === null || nextRunAt === null) continue
      const run = { ...skipped(schedule), lastRunAt: lastRunAt === null ? null : Math.min(lastRunAt, now), nextRunAt }
      if (await store.advanceSchedule(id, before, run))
        log.info({ scheduleId: id, name }, 'its next run is computed again')
    }
    this.#movedByMs = null
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
      const placed = await this.#options.orders.place(body, placer).catch((error: unknown) => {
        if (error instanceof AppError && error.reason === 'idempotency_key_reused') return null
        throw error
      })
      const isNew = placed !== null && !(placed.repeated && (await this.#ranBefore(placed.order.id, schedule)))
      // This time was there before: the clock was ahead then, or was set back since.
      const again = { ...placer, idempotencyKey: `${dueAt} after ${schedule.lastOrderId}` }
      const { order } = isNew ? placed : await this.#options.orders.place(body, again)
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

  /** Whether the order is of an earlier run: the audit knows what came first, whatever the clock said. */
  async #ranBefore(orderId: string, { lastOrderId }: Schedule): Promise<boolean> {
    if (lastOrderId === null) return false
    if (lastOrderId === orderId) return true
    const [of, last] = await Promise.all([this.#placedAs(orderId), this.#placedAs(lastOrderId)])
    return of < last
  }

  async #placedAs(orderId: string): Promise<number> {
    const [placed] = await this.#options.store.listAudit({ subject: `order:${orderId}` }, 0, 1)
    return placed?.seq ?? 0
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

/**
 * When a schedule runs next, if what it has for that was computed by a clock that was ahead; null when it was not. A clock
 * that was set back by less than the time between two runs does not repeat the run that it shows again.
 */
function broughtBack(schedule: Schedule, byMs: number, now: number): number | null {
  if (schedule.paused || schedule.nextRunAt === null) return null
  const next = nextRunOf(schedule, now)
  if (next === null || schedule.nextRunAt <= next) return null
  const second = nextRunOf(schedule, next)
  if (second === null || schedule.nextRunAt > second) return next
  return -byMs > (second - next) / 2 ? next : null
}

function skipped({ lastRunAt, lastOrderId, lastProblem }: Schedule): Omit<ScheduleRun, 'nextRunAt'> {
  return { lastRunAt, lastOrderId, lastProblem }
}
