import type { Store } from '@ikoma/domain'
import { AppError, type Clock, withDeadline } from '@ikoma/kernel'
import type { Log } from '@ikoma/kernel/node'

const lookEveryMs = 1_000
/** Of the store's own answers; a look has a limit of its own as well. */
const readyWithinMs = 3_000
/** After so long without a call nobody knows whether it still fails: then a look tells. */
const tellsForMs = 10_000
/** On a full disk some changes still fit: that one was made says nothing of another. */
const ofOneVerb = ['store_disk_full']
/** These are refusals of one call, which say nothing of the next. */
const ofOneCall = ['store_failed', 'store_locked', 'store_slow', 'store_no_right']

type Kind = 'reads' | 'writes' | 'looks'

interface Failing {
  since: number
  last: number
  error: AppError
  /** What was refused, and was not done since. */
  verbs: Set<string>
}

/**
 * Whether the store serves: by what becomes of the calls that it gets, and by a look where there are none. What a look finds
 * well may still fail, as on a full disk: that is known from the calls. It is said once when it goes and once when it is back.
 */
export class StoreHealth {
  readonly #clock: Clock
  readonly #log: Log
  readonly #look: () => Promise<void>
  readonly #failing: Record<Kind, Failing | null> = { reads: null, writes: null, looks: null }
  #lastLook: { at: number; outcome: Promise<void> } | null = null
  /** The same store, of which every call is heard. */
  readonly store: Store

  constructor({ store, clock, log }: { store: Store; clock: Clock; log: Log }) {
    this.#clock = clock
    this.#log = log
    this.store = this.#heard(store)
    this.#look = () => withDeadline(this.store.ping(), readyWithinMs, silent)
  }

  /** Rejects with `unavailable` and the cause while it does not serve. Strangers may ask: one look a second is shared. */
  async assertReady(): Promise<void> {
    const now = this.#clock.now()
    if (this.#lastLook === null || Math.abs(now - this.#lastLook.at) >= lookEveryMs)
      this.#lastLook = { at: now, outcome: this.#look() }
    try {
      await this.#lastLook.outcome
      for (const kind of ['writes', 'reads'] as const) this.#assertServed(kind)
    } catch (cause) {
      throw new AppError('unavailable', cause instanceof AppError ? cause.message : 'The store does not answer.', {
        reason: 'store_not_ready',
        retryAfterSec: 5,
        cause,
        details: { cause: cause instanceof AppError ? cause.reason : 'store_failed' },
      })
    }
  }

  async isUp(): Promise<boolean> {
    return this.assertReady().then(
      () => true,
      () => false,
    )
  }

  #assertServed(kind: Kind): void {
    const failing = this.#failing[kind]
    if (failing === null) return
    if (Math.abs(this.#clock.now() - failing.last) < tellsForMs) throw failing.error
    this.#serves(kind)
  }

  #heard(store: Store): Store {
    const verbs = store as unknown as Record<string, (...args: unknown[]) => Promise<unknown>>
    const methods = Object.entries(store).map(([name, value]) => {
      if (typeof value !== 'function' || name === 'subscribe' || name === 'close') return [name, value]
      const kind = name === 'ping' ? 'looks' : /^(find|list|count|audit)/.test(name) ? 'reads' : 'writes'
      return [name, (...args: unknown[]) => this.#hear({ kind, verb: name }, (verbs[name] as typeof value)(...args))]
    })
    return Object.fromEntries(methods) as Store
  }

  async #hear<T>({ kind, verb }: { kind: Kind; verb: string }, work: Promise<T>): Promise<T> {
    try {
      const answer = await work
      this.#did(kind, verb)
      return answer
    } catch (error) {
      if (isOfStore(error)) this.#fails(kind, verb, error)
      throw error
    }
  }

  #did(kind: Kind, verb: string): void {
    const failing = this.#failing[kind]
    if (!failing) return
    failing.verbs.delete(verb)
    if (failing.verbs.size === 0 || !ofOneVerb.includes(failing.error.reason)) this.#serves(kind)
  }

  #fails(kind: Kind, verb: string, error: AppError): void {
    const now = this.#clock.now()
    const before = this.#failing[kind]
    const isKnown = Object.values(this.#failing).some((failing) => failing?.error.reason === error.reason)
    if (!isKnown) this.#log.error({ err: error }, 'the store does not serve')
    const verbs = (before?.verbs ?? new Set()).add(verb)
    this.#failing[kind] = { since: before?.since ?? now, last: now, error, verbs }
  }

  #serves(kind: Kind): void {
    const before = this.#failing[kind]
    if (!before) return
    this.#failing[kind] = null
    if (Object.values(this.#failing).some((failing) => failing !== null)) return
    this.#log.info({ reason: before.error.reason, ms: this.#clock.now() - before.since }, 'the store serves again')
  }
}

function isOfStore(error: unknown): error is AppError {
  return (
    error instanceof AppError &&
    error.code === 'unavailable' &&
    error.reason.startsWith('store_') &&
    !ofOneCall.includes(error.reason)
  )
}

const silent = () => new AppError('unavailable', 'The store does not answer.', { reason: 'store_silent' })

/** How loud a failure is said: that the store is away was said once, for all who cannot work meanwhile. */
export function levelOf(error: unknown): 'debug' | 'warn' {
  return isOfStore(error) ? 'debug' : 'warn'
}
