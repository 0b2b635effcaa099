/** More than a clock is slewed by, or a busy machine is late. */
export const toleranceMs = 10_000
/** A clock that went on steadily for this long after a jump is believed, but for what cannot be taken back. */
export const settleMs = 60_000
/** Back where it was: long enough for whoever scrapes the alarm. */
export const returnedForMs = 10 * 60_000
const hourMs = 3_600_000
const dayMs = 24 * hourMs
/** For how long a control plane may have been away before its clock is doubted. */
export const awayMs = dayMs

/** A clock that was set while it was watched, or between two processes. */
export interface Jump {
  /** How far from where it should be, ahead or (negative) behind. */
  byMs: number
  /** Found at the start: how long nobody watched is not known. */
  atStart: boolean
  state: 'unsettled' | 'believed' | 'returned'
  /** Of its last step, on the clock that is never set. */
  since: number
  foundAt: number
  expectedAt: number
  /** How the audit ended before it said so; null while it could not. */
  auditSeq: number | null
}

/** After which time of steady going what ended is deleted again; null for a jump after which only a person can say so. */
export function releaseMs({ byMs, state }: Pick<Jump, 'byMs' | 'state'>): number | null {
  if (state === 'returned') return returnedForMs
  const size = Math.abs(byMs)
  if (size <= dayMs) return hourMs
  // Well below the 90 days that orders are kept unless somebody says otherwise.
  return size <= 31 * dayMs ? dayMs : null
}

/** How far ahead of where it was last believed a clock is home again. */
export function slackMs(atStart: boolean): number {
  return atStart ? awayMs : toleranceMs
}
