import { randomUUID } from 'node:crypto'
import { setTimeout as delay } from 'node:timers/promises'
import type { Signal } from '@ikoma/domain'
import type pg from 'pg'
import { mergeSignals, Signals, tellingBroken } from '../signals.ts'
import type { Log } from './connection.ts'
import { openListener } from './listener.ts'
import { decodeSignal, encodeSignals } from './signal-payloads.ts'

export interface SignalExchange {
  subscribe(listener: (signal: Signal) => void): () => void
  /** Tells this process at once and the others soon. */
  deliver(signals: Signal[]): void
  /** Tells this process alone. */
  tell(signals: Signal[]): void
  tellingBroken<T>(work: Promise<T>): Promise<T>
  close(): Promise<void>
}

interface ExchangeOptions {
  pool: pg.Pool
  /** Null: hear of other processes by polling alone. */
  listenUrl: string | null
  log: Log
}

/** A commit that notifies holds a lock of the whole server: many commits share one notification. */
const notifyEveryMs = 10
const pollEveryMs = 5_000
/** What may wait for the next notification while the server does not answer. */
const maxPending = 10_000

export function openSignalExchange({ pool, listenUrl, log }: ExchangeOptions): SignalExchange {
  const origin = randomUUID()
  const signals = new Signals()
  const pending: Signal[] = []
  let round: Promise<void> | null = null

  // Whatever may have been missed, these two make every cache look again. The second also stirs every waiting runner:
  // where notifications are heard, the rare lost one is left to the caches' and the runners' own limits of time.
  const catchUp = () => signals.emit([{ kind: 'audit' }, { kind: 'access' }])
  const look = listenUrl === null ? catchUp : () => signals.emit([{ kind: 'audit' }])
  const notifyRound = async (): Promise<void> => {
    while (pending.length > 0) {
      await delay(notifyEveryMs, undefined, { ref: false })
      const payloads = encodeSignals(origin, pending.splice(0))
      await notify(pool, payloads).catch((error: unknown) => log('other processes could not be notified', error))
    }
    round = null
  }
  const hear = (payload: string) => {
    const signal = decodeSignal(origin, payload)
    if (signal) signals.emit([signal])
  }
  const listener = listenUrl === null ? null : openListener({ url: listenUrl, hear, catchUp, log })
  const poll = setInterval(look, pollEveryMs).unref()

  return {
    subscribe: (listen) => signals.subscribe(listen),
    deliver(committed) {
      const merged = mergeSignals(committed)
      signals.emit(merged)
      if (merged.length > 0 && pending.length < maxPending) pending.push(...merged)
      // Begun with nothing to say, a round would end before it is noted down, and stay noted for ever.
      if (pending.length > 0) round ??= notifyRound()
    },
    tell: (told) => signals.emit(told),
    tellingBroken: (work) => tellingBroken(signals, work),
    async close() {
      clearInterval(poll)
      await round
      await listener?.close()
    },
  }
}

/** A notification may be lost, so its transaction need not wait for the disk. */
async function notify(pool: pg.Pool, payloads: string[]): Promise<void> {
  if (payloads.length === 0) return
  const text = `select set_config('synchronous_commit', 'off', true), pg_notify('ikoma', said) from unnest($1::text[]) as said`
  await pool.query(text, [payloads])
}
