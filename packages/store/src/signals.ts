import type { BrokenRow, Signal } from '@ikoma/domain'
import { AppError } from '@ikoma/kernel'

type Listener = (signal: Signal) => void

/** Who listens to a store. A listener that throws is warned of: the commit that it hears of stands. */
export class Signals {
  readonly #listeners = new Set<Listener>()

  subscribe(listener: Listener): () => void {
    this.#listeners.add(listener)
    return () => this.#listeners.delete(listener)
  }

  emit(signals: Signal[]): void {
    for (const signal of signals) for (const listener of this.#listeners) notify(listener, signal)
  }
}

/** A write that was refused because of a broken row leaves no signal of its own. */
export function tellingBroken<T>(signals: Signals, work: Promise<T>): Promise<T> {
  return work.catch((error: unknown) => {
    if (error instanceof AppError && error.reason === 'seal_broken' && error.details) {
      signals.emit([{ kind: 'broken', rows: [error.details as unknown as BrokenRow] }])
    }
    throw error
  })
}

function notify(listener: Listener, signal: Signal): void {
  try {
    listener(signal)
  } catch (error) {
    process.emitWarning(error instanceof Error ? error : String(error))
  }
}

/** The same news in few signals: what a batch did is told once. */
export function mergeSignals(signals: readonly Signal[]): Signal[] {
  const targets = new Set<string>()
  const ids = new Set<string>()
  const rows = new Map<string, BrokenRow>()
  const kinds = new Set<Signal['kind']>()
  for (const signal of signals) {
    kinds.add(signal.kind)
    if (signal.kind === 'claimable') for (const target of signal.targets) targets.add(target)
    if (signal.kind === 'orders') for (const id of signal.ids) ids.add(id)
    if (signal.kind === 'broken') for (const row of signal.rows) rows.set(`${row.table} ${row.id}`, row)
  }
  return [...kinds].map((kind) => {
    if (kind === 'claimable') return { kind, targets: [...targets] }
    if (kind === 'broken') return { kind, rows: [...rows.values()] }
    return kind === 'orders' ? { kind, ids: [...ids] } : { kind }
  })
}
