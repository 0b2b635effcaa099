import type { AuditEntry, Store } from '@ikoma/domain'
import type { Clock } from '@ikoma/kernel'
import type { Log } from '@ikoma/kernel/node'
import type { Alarms } from './alarms.ts'
import { evidenceOf, startJump } from './clock-evidence.ts'
import { type Jump, releaseMs, settleMs, slackMs, toleranceMs } from './clock-jump.ts'

const lifeEveryMs = 60_000
const askEveryMs = 10_000

export interface ClockWatchOptions {
  store: Store
  clock: Clock
  /** Never set, and goes on while the machine sleeps; milliseconds from anywhere. */
  monotonicMs: () => number
  log: Log
  alarms: Alarms
}

/** What is known of the clock now, for people. */
export interface ClockStanding {
  now: number
  jump: (Pick<Jump, 'state' | 'byMs' | 'foundAt' | 'expectedAt'> & { releasesInMs: number | null }) | null
}

type Moment = { wall: number; mono: number }

/**
 * Compares the clock of this machine with one that is never set, and at the start with when this control plane was last
 * seen alive. What time alone decides waits while a jump is fresh; nothing is deleted until it is clear which time is right.
 */
export class ClockWatch {
  readonly #options: ClockWatchOptions
  /** Where the clock was when it was last believed. */
  #line: Moment
  #last: Moment
  #jump: Jump | null = null
  readonly #listeners: ((byMs: number) => void)[] = []
  #livedAt = Number.NEGATIVE_INFINITY
  #askedAt = Number.NEGATIVE_INFINITY

  constructor(options: ClockWatchOptions) {
    this.#options = options
    this.#line = this.#moment()
    this.#last = this.#line
  }

  /** Called once the clock was moved and is believed where it is, with how far. */
  onMoved(listener: (byMs: number) => void): void {
    this.#listeners.push(listener)
  }

  /** Compares the clock with what an earlier process left. */
  async start(): Promise<void> {
    const here = this.#moment()
    const evidence = await evidenceOf(this.#options.store)
    const jump = startJump(evidence, here.wall)
    this.#last = here
    if (jump === null) this.#line = here
    else {
      const home = jump.kind === 'returned'
      this.#line = { wall: home ? here.wall : jump.expectedAt, mono: here.mono }
      this.#begin({ byMs: jump.byMs, atStart: true }, home ? 'returned' : 'unsettled')
    }
    await this.tick()
  }

  /** Leaves a sign of life while the clock is believed, and hears what a person told another process. */
  async tick(): Promise<void> {
    this.look()
    const { mono, wall } = this.#last
    if (this.#jump !== null && mono - this.#askedAt >= askEveryMs) {
      this.#askedAt = mono
      const since = this.#jump.auditSeq
      const told = since === null ? [] : await this.#options.store.listAudit({ subject: 'clock' }, since, 20)
      if (told.some(({ action }) => action === 'clock.accepted')) this.#release('a person said so')
    }
    if (this.holdsPruning() || mono - this.#livedAt < lifeEveryMs) return
    this.#livedAt = mono
    await this.#options.store.holdLeadership('clock', 'clock', 0, wall)
  }

  /** Time cannot be told: nothing is done that time alone decides, and nothing is signed. */
  isUnsettled(): boolean {
    return this.look()?.state === 'unsettled'
  }

  /** What ended is not deleted: it may be younger than it seems. */
  holdsPruning(): boolean {
    return this.look() !== null
  }

  standing(): ClockStanding {
    const jump = this.look()
    const { wall, mono } = this.#last
    if (jump === null) return { now: wall, jump: null }
    const { state, byMs, foundAt, expectedAt } = jump
    const after = releaseMs(jump)
    const releasesInMs = after === null ? null : Math.max(0, jump.since + after - mono)
    return { now: wall, jump: { state, byMs, foundAt, expectedAt, releasesInMs } }
  }

  /** A person says that the clock is right now. */
  async accept(actor: string): Promise<void> {
    const jump = this.look()
    if (jump === null) return
    const { wall } = this.#last
    const data = { byMs: Math.round(jump.byMs) }
    await this.#options.store.recordAudit({ at: wall, actor, action: 'clock.accepted', subject: 'clock', data })
    this.#release('a person said so')
    await this.tick()
  }

  /** The jump that is not over yet, as it is at this very moment. */
  look(): Jump | null {
    const here = this.#moment()
    const step = here.wall - this.#last.wall - (here.mono - this.#last.mono)
    const offset = here.wall - this.#line.wall - (here.mono - this.#line.mono)
    this.#last = here
    if (Math.abs(step) > toleranceMs) this.#stepped(offset)
    else if (this.#jump === null) this.#line = here
    this.#grow(here.mono)
    return this.#jump
  }

  #stepped(offset: number): void {
    const { atStart, byMs } = this.#jump ?? { atStart: false, byMs: 0 }
    const home = offset >= -toleranceMs && offset <= slackMs(atStart)
    if (!home) {
      this.#begin({ byMs: offset, atStart }, 'unsettled')
      return
    }
    this.#begin({ byMs, atStart }, 'returned')
    this.#line = this.#last
    this.#tell(-byMs)
  }

  /** What a jump becomes by itself when the clock goes on steadily. */
  #grow(mono: number): void {
    const jump = this.#jump
    if (jump === null) return
    if (jump.state === 'unsettled' && mono - jump.since >= settleMs) {
      this.#jump = { ...jump, state: 'believed' }
      this.#options.log.warn({ byMs: jump.byMs }, 'the clock goes on steadily where it jumped to, and is believed')
      this.#tell(jump.byMs)
    }
    const after = releaseMs(jump)
    if (after !== null && mono - jump.since >= after) this.#release('it went on steadily since')
  }

  #begin({ byMs, atStart }: Pick<Jump, 'byMs' | 'atStart'>, state: Jump['state']): void {
    const { wall, mono } = this.#last
    const expectedAt = wall - byMs
    const auditSeq = this.#jump?.auditSeq ?? null
    this.#jump = { byMs, atStart, state, since: mono, foundAt: wall, expectedAt, auditSeq }
    const iso = (time: number) => new Date(time).toISOString()
    const said = { byMs: Math.round(byMs), found: iso(wall), expected: iso(expectedAt), state }
    this.#options.alarms.raise('clock_jumped', said)
    const action = state === 'returned' ? 'clock.returned' : 'clock.jumped'
    void this.#note({ at: wall, actor: 'control-plane', action, subject: 'clock', data: said })
  }

  #release(why: string): void {
    const { log, alarms } = this.#options
    if (this.#jump === null) return
    if (this.#jump.state === 'unsettled') this.#tell(this.#jump.byMs)
    log.info({ byMs: this.#jump.byMs, why }, 'the clock is believed again: what ended long ago is deleted as before')
    this.#jump = null
    this.#line = this.#last
    this.#livedAt = Number.NEGATIVE_INFINITY
    alarms.clear('clock_jumped')
  }

  async #note(entry: AuditEntry): Promise<void> {
    const { store, log } = this.#options
    try {
      const { seq } = await store.auditHead()
      await store.recordAudit(entry)
      if (this.#jump !== null) this.#jump.auditSeq ??= seq
    } catch (error) {
      log.warn({ err: error }, 'that the clock jumped could not be recorded in the audit')
    }
  }

  #tell(byMs: number): void {
    for (const listener of this.#listeners) listener(byMs)
  }

  #moment(): Moment {
    return { wall: this.#options.clock.now(), mono: this.#options.monotonicMs() }
  }
}
