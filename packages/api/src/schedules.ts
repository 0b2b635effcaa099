import * as z from 'zod'
import { idField, nameField, timeField } from './fields.ts'
import { orderBody } from './orders.ts'

const cronField = z.string().trim().min(1).max(120)

export const scheduleBody = z.strictObject({
  name: nameField,
  cron: cronField,
  timeZone: z.string().max(60).default('UTC'),
  order: orderBody,
  missedRuns: z.enum(['skip', 'run_once']).default('run_once'),
  alertAfterSec: z.number().int().min(60).max(31_536_000).optional(),
  paused: z.boolean().default(false),
})

export const schedulePatch = z
  .strictObject({
    name: nameField,
    cron: cronField,
    timeZone: z.string().max(60),
    order: orderBody,
    missedRuns: z.enum(['skip', 'run_once']),
    alertAfterSec: z.number().int().min(60).max(31_536_000).nullable(),
    paused: z.boolean(),
  })
  .partial()

export const scheduleSchema = z
  .object({
    id: idField,
    name: z.string(),
    cron: z.string(),
    timeZone: z.string(),
    order: z.record(z.string(), z.unknown()),
    missedRuns: z.enum(['skip', 'run_once']),
    alertAfterSec: z.number().int().nullable(),
    paused: z.boolean(),
    nextRunAt: timeField.nullable(),
    lastRunAt: timeField.nullable(),
    lastOrderId: idField.nullable(),
    lastProblem: z.string().nullable(),
    /** Whether no run has been placed for longer than alertAfterSec. */
    overdue: z.boolean(),
    createdBy: z.string(),
    createdAt: timeField,
  })
  .meta({ id: 'Schedule' })
export type ScheduleResource = z.infer<typeof scheduleSchema>
