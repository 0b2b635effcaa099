import type { AuditEntry } from './audit.ts'
import type { Schedule } from './schedule.ts'
import type { Page, PageRequest } from './store.ts'

export interface ScheduleStore {
  insertSchedule(schedule: Schedule, audit: AuditEntry): Promise<void>
  findSchedule(id: string): Promise<Schedule | null>
  listSchedules(page: PageRequest): Promise<Page<Schedule>>
  updateSchedule(id: string, patch: SchedulePatch, audit: AuditEntry): Promise<Schedule>
  deleteSchedule(id: string, audit: AuditEntry): Promise<void>
  /** Schedules whose nextRunAt has come, oldest first. */
  listDueSchedules(now: number, limit: number): Promise<Schedule[]>
  /** Moves a schedule on from the run at `dueAt`; false when another process already did. */
  advanceSchedule(id: string, dueAt: number, run: ScheduleRun): Promise<boolean>
}

export type SchedulePatch = Partial<
  Pick<
    Schedule,
    | 'name'
    | 'cron'
    | 'timeZone'
    | 'order'
    | 'missedRuns'
    | 'alertAfterSec'
    | 'paused'
    | 'nextRunAt'
    | 'createdBy'
    | 'answerable'
    | 'seal'
  >
>

export type ScheduleRun = Pick<Schedule, 'nextRunAt' | 'lastRunAt' | 'lastOrderId' | 'lastProblem'>
