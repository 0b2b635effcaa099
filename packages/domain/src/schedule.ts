import type { RowFault } from './seal.ts'

/** What to do with the runs that passed while nothing could fire them. */
export type MissedRunPolicy = 'skip' | 'run_once'

/** Who answers for what a schedule places. */
export function authorsOf({ answerable, createdBy }: Pick<Schedule, 'answerable' | 'createdBy'>): string[] {
  return answerable ?? [createdBy]
}

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
  /** Everybody who wrote its order, who therefore may not approve what it places; null before a version that kept this. */
  answerable: string[] | null
  /** Over what the schedule places and who answers for it, so that an edited row places nothing. */
  seal: string
  /** Set by the store when the row is not as it was last written. */
  fault?: RowFault | undefined
}
