import type { RowFault } from './seal.ts'

/** What to do with the runs that passed while nothing could fire them. */
export type MissedRunPolicy = 'skip' | 'run_once'

/** Places an order on a cron expression. */
export interface Schedule {
  id: string
  name: string
  cron: string
  timeZone: string
  /** The body of POST /v1/orders that each run places. */
  order: Record<string, unknown>
  missedRuns: MissedRunPolicy
  /** Alert when no run has succeeded for this long; null for no dead-man alert. */
  alertAfterSec: number | null
  paused: boolean
  nextRunAt: number | null
  lastRunAt: number | null
  lastOrderId: string | null
  /** Why the last run could not be placed. */
  lastProblem: string | null
  createdAt: number
  createdBy: string
  /** Over what the schedule places and who answers for it, so that an edited row places nothing. */
  seal: string
  /** Set by the store when the row is not as it was last written. */
  fault?: RowFault | undefined
}
