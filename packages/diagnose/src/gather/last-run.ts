import type { RawLine } from './logs.ts'

/** What a service manager knows of the last start of something that it runs. */
export interface LastStart {
  /** Epoch milliseconds; null when it does not say. */
  at: number | null
  restarts: number
  /** Null when it is not up. */
  upSec: number | null
}

/** A run that is this young may end as the one before it did, and has not said so yet. */
export const youngSec = 60
/** How long a run before it is taken to have been, where nothing says. */
const formerRunMs = 120_000

/**
 * Since when what was said counts: what ended before the last start may be mended. Of a run that its service manager
 * has just begun by itself, the one before it counts as well.
 */
export function countsSince(start: LastStart, lines: readonly RawLine[], unit: string | null): number {
  if (start.at === null) return 0
  const begun = Math.max(start.at, unit === null ? 0 : (newest(lines, `Starting ${unit}`)?.at ?? 0))
  if (start.upSec === null || start.upSec >= youngSec || start.restarts === 0) return begun
  const [last, former] = lines.filter(({ text, at }) => {
    return at !== null && at <= begun + 1500 && text.startsWith(`${unit}: Scheduled restart job`)
  })
  return former?.at ?? (last?.at ?? begun) - formerRunMs
}

function newest(lines: readonly RawLine[], beginning: string): RawLine | undefined {
  return lines.find(({ text }) => text.startsWith(beginning))
}
