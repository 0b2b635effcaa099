import { randomUUID } from 'node:crypto'
import type { OrderTiming, Store, Sweep } from '@ikoma/domain'
import type { Clock } from '@ikoma/kernel'
import type { Log } from '@ikoma/kernel/node'
import type { Metrics } from '../metrics.ts'
import type { Alarms } from './alarms.ts'
import type { ClockWatch } from './clock-watch.ts'
import { levelOf } from './store-health.ts'

const batch = 500
/** Silence of more than this share of the fleet in one tick is more likely ours than theirs. */
const massSilenceShare = 0.3
/** Shorter than what counts as an absence, with the pause of those who wait for it: then a leader that died is none. */
const leadsForPeriods = 1.5
/** Below this many silent runners a share says nothing. */
const massSilenceFloor = 5
/** For how many leases such a silence is taken for ours. */
const massSilenceLeases = 5
/** No order runs for longer. */
const longestRunMs = 24 * 3_600_000
/** Soon enough for what was due meanwhile. */
const unsettledPauseMs = 5_000
/** Answers to an idempotency key are repeated for a day. */
const idempotencyLifeMs = 24 * 3_600_000

export interface ReconcilerOptions {
  store: Store
  clock: Clock
  clockWatch: Pick<ClockWatch, 'isUnsettled' | 'holdsPruning' | 'onMoved'>
  log: Log
  metrics: Metrics
  alarms: Alarms
  timing: OrderTiming
  periodMs: number
}

/** Every 30 seconds, on one process at a time: does to orders what time alone must do. */
export class Reconciler {
  readonly #options: ReconcilerOptions
  readonly #holder: string
  #holdLeasesUntil = 0
  #massSilentSince: number | null = null
  #failures = 0
  #leadsUntil = 0
  /** How far the clock was moved since the last pass, back when it was moved both ways. */
  #movedByMs: number | null = null
  #stretch = { byMs: 0, until: 0 }
  #ledBefore: boolean | null = null

  constructor(options: ReconcilerOptions) {
    this.#options = options
    options.clockWatch.onMoved((byMs) => {
      this.#movedByMs = Math.min(this.#movedByMs ?? byMs, byMs)
    })
    // The embedded store serves one process: after a crash the next one goes on where it stopped.
    this.#holder = options.store.dialect === 'sqlite' ? 'embedded' : randomUUID()
  }

  /** Whether this is the process that works alone, as far as it knows. */
  leads(): boolean {
    const left = this.#leadsUntil - this.#options.clock.now()
    return left > 0 && left <= this.#ttlMs
  }

  /** Lets another process lead at once, instead of when the leadership runs out. */
  async resign(): Promise<void> {
    const { store, clock, log } = this.#options
    this.#leadsUntil = 0
    try {
      const now = clock.now()
      const { held } = await store.holdLeadership('reconciler', this.#holder, 0, now)
      log.debug({ held }, 'the reconciler resigned')
    } catch (error) {
      log.debug({ err: error }, 'the leadership runs out by itself')
    }
  }

  /** One pass. Answers how long to wait for the next: the period, or a growing pause while the store is down. */
  async tick(): Promise<number> {
    const { log, periodMs, clockWatch } = this.#options
    if (clockWatch.isUnsettled()) return Math.min(periodMs, unsettledPauseMs)
    try {
      await this.#pass(this.#options.clock.now())
      if (this.#failures > 0) log.info({ failures: this.#failures }, 'the reconciler catches up')
      this.#failures = 0
      // One that does not lead asks often, so that nobody's absence is longer than the leader's own pause.
      return this.leads() ? periodMs : periodMs / 4
    } catch (error) {
      this.#failures += 1
      log[levelOf(error)]({ err: error, failures: this.#failures }, 'the reconciler could not work')
      return Math.min(periodMs, pausesMs[Math.min(this.#failures, pausesMs.length) - 1] ?? periodMs)
    }
  }

  async #pass(now: number): Promise<void> {
    const { store, metrics, clockWatch } = this.#options
    const ttlMs = this.#ttlMs
    const leadership = await store.holdLeadership('reconciler', this.#holder, ttlMs, now)
    this.#tellLeadership(leadership.held)
    this.#leadsUntil = leadership.held ? now + ttlMs : 0
    if (!leadership.held) return
    const movedByMs = this.#movedByMs
    if (movedByMs !== null) this.#graceAfterMove(movedByMs, now)
    else this.#graceAfterAbsence(leadership.lastRenewedAt, now)
    const holdLeases = this.#holdsLeases(now) || (await this.#massSilence(now))
    const wentBack = movedByMs !== null && movedByMs < 0
    const actions = await this.#sweep(now, { holdLeases, wentBack, holdExpiry: clockWatch.holdsPruning() })
    for (const [action, count] of Object.entries(actions)) metrics.sweeps.inc({ action }, count)
    if (Object.keys(actions).length > 0) this.#options.log.info({ actions }, 'reconciled')
    if (!clockWatch.holdsPruning()) await store.pruneIdempotency(now - idempotencyLifeMs)
    if (this.#movedByMs === movedByMs) this.#movedByMs = null
  }

  #tellLeadership(leads: boolean): void {
    const { log, metrics } = this.#options
    metrics.leads.set(leads ? 1 : 0)
    if (leads === this.#ledBefore) return
    this.#ledBefore = leads
    log.info({ leads }, leads ? 'this process reconciles now' : 'another process reconciles')
  }

  /** While nobody served, runners could not renew: their leases get that time back. */
  #graceAfterAbsence(lastRenewedAt: number | null, now: number): void {
    const { periodMs, timing, log } = this.#options
    if (lastRenewedAt === null || now - lastRenewedAt < periodMs * 2) return
    this.#holdLeasesUntil = now + timing.runLeaseMs
    log.warn(
      { absentMs: now - lastRenewedAt },
      'no reconciler ran for a while: leases are held until runners had time to renew',
    )
  }

  /** What runners were told to keep to was told by another time. */
  #graceAfterMove(byMs: number, now: number): void {
    const { timing, log } = this.#options
    this.#holdLeasesUntil = now + timing.runLeaseMs
    this.#massSilentSince = null
    if (byMs > 0) this.#stretch = { byMs, until: now + longestRunMs }
    log.warn({ byMs }, 'the clock was moved: leases are held until runners had time to renew')
  }

  /** What began before the clock was set on has had less time than it seems; its runner counts by a clock of its own. */
  #patientTiming(now: number): OrderTiming {
    const { timing } = this.#options
    const left = this.#stretch.until - now
    if (left <= 0 || left > longestRunMs) return timing
    return { ...timing, timeoutGraceMs: timing.timeoutGraceMs + this.#stretch.byMs }
  }

  #holdsLeases(now: number): boolean {
    const left = this.#holdLeasesUntil - now
    return left > 0 && left <= this.#options.timing.runLeaseMs
  }

  get #ttlMs(): number {
    return this.#options.periodMs * leadsForPeriods
  }

  async #massSilence(now: number): Promise<boolean> {
    const { store, alarms, timing } = this.#options
    const { silent, running } = await store.countSilentRunners(now)
    const mass = silent >= massSilenceFloor && silent > running * massSilenceShare
    if (mass) alarms.raise('mass_silence', { silent, running })
    else alarms.clear('mass_silence')
    if (!mass) this.#massSilentSince = null
    else this.#massSilentSince ??= now
    // Not for ever: what is really dead must end some time, however much of it there is.
    return this.#massSilentSince !== null && now - this.#massSilentSince < timing.runLeaseMs * massSilenceLeases
  }

  async #sweep(now: number, hold: Pick<Sweep, 'holdLeases' | 'holdExpiry' | 'wentBack'>) {
    const { store } = this.#options
    const timing = this.#patientTiming(now)
    const actions: Record<string, number> = {}
    for (;;) {
      const result = await store.sweepOrders({ now, limit: batch, random: Math.random(), timing, ...hold })
      for (const [action, count] of Object.entries(result.actions)) actions[action] = (actions[action] ?? 0) + count
      if (result.seen < batch) return actions
    }
  }
}

/** The source document's pauses while the database is down. */
const pausesMs = [1_000, 2_000, 5_000, 10_000, 30_000]
