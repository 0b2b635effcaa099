import type { Signal } from '@ikoma/domain'
import { mergeSignals } from '../signals.ts'

/** PostgreSQL refuses a payload of 8000 bytes. */
const maxPayloadBytes = 7_900
/** What one notification round may say. The rest is left to the other processes' polls. */
const maxPayloads = 32

/** Signals as texts of bounded size, each of them whole. */
export function encodeSignals(origin: string, signals: Signal[]): string[] {
  return mergeSignals(signals.filter(({ kind }) => kind !== 'broken'))
    .flatMap((signal) => split(origin, signal))
    .slice(0, maxPayloads)
}

function split(origin: string, signal: Signal): string[] {
  const text = JSON.stringify({ origin, signal })
  if (Buffer.byteLength(text) <= maxPayloadBytes) return [text]
  const names = signal.kind === 'claimable' ? signal.targets : signal.kind === 'orders' ? signal.ids : []
  // One name longer than a payload cannot be said.
  if (names.length < 2) return []
  const half = Math.ceil(names.length / 2)
  return [names.slice(0, half), names.slice(half)].flatMap((part) =>
    split(origin, signal.kind === 'claimable' ? { ...signal, targets: part } : { kind: 'orders', ids: part }),
  )
}

/** Null for what this process said itself, and for what none of ours says. */
export function decodeSignal(origin: string, payload: string): Signal | null {
  try {
    const said = JSON.parse(payload) as { origin: string; signal: Signal }
    return said.origin !== origin && isSignal(said.signal) ? said.signal : null
  } catch {
    return null
  }
}

function isSignal(signal: Signal): boolean {
  if (signal.kind === 'claimable') return Array.isArray(signal.targets)
  if (signal.kind === 'orders') return Array.isArray(signal.ids)
  return signal.kind === 'access' || signal.kind === 'audit'
}
