import * as z from 'zod'
import { timeField } from './fields.ts'
import { boundedObject, type JsonBounds, withinBounds } from './json-bounds.ts'

export const outcomes = ['succeeded', 'failed', 'timed_out', 'canceled', 'interrupted'] as const

/**
 * The most that a report may hold, whole and in its parts. A runner cuts its own to this (`cut` names what), so that an end
 * is never lost; what a client sends beyond it is refused.
 */
export const reportBounds = {
  whole: { bytes: 256 * 1024 },
  summary: 2000,
  steps: { items: 200, name: 200, error: 4000, bytes: 64 * 1024 },
  errors: { items: 50, code: 100, message: 4000, bytes: 64 * 1024 },
  output: { bytes: 128 * 1024, depth: 16, values: 10_000 },
  artifacts: { bytes: 32 * 1024, depth: 16, values: 2_000 },
} as const

const { steps, errors } = reportBounds
const durationField = z.number().int().min(0)

const stepSchema = z.object({
  name: z.string().max(steps.name),
  status: z.enum(['SUCCESS', 'FAILED', 'SKIPPED']),
  durationMs: durationField.optional(),
  error: z.string().max(steps.error).optional(),
})

const reportErrorSchema = z.object({
  code: z.string().max(errors.code),
  message: z.string().max(errors.message),
  step: z.string().max(steps.name).optional(),
  fatal: z.boolean().optional(),
})

/** How an order ended, as its runner tells it. Versions v1 and v2 of the source document are both accepted. */
export const reportSchema = z
  .object({
    version: z.enum(['v1', 'v2']).default('v2'),
    ok: z.boolean(),
    summary: z.string().max(reportBounds.summary),
    /** Absent from a plain client's report: then `ok` decides. */
    outcome: z.enum(outcomes).optional(),
    /** False when running the order again cannot help. */
    retryable: z.boolean().optional(),
    startedAt: timeField.optional(),
    finishedAt: timeField.optional(),
    durationMs: durationField.optional(),
    steps: z.array(stepSchema).max(steps.items).check(sized(steps)).optional(),
    artifacts: boundedObject(reportBounds.artifacts).optional(),
    errors: z.array(reportErrorSchema).max(errors.items).check(sized(errors)).optional(),
    /** What the order type promises to find out. */
    output: boundedObject(reportBounds.output).optional(),
    /** The parts that were too large and were cut, by name. */
    cut: z.array(z.string().max(50)).max(10).optional(),
  })
  .refine((report) => report.outcome === undefined || report.ok === (report.outcome === 'succeeded'), {
    path: ['outcome'],
    message: 'contradicts "ok"',
  })
  .check(withinBounds(reportBounds.whole))

function sized({ bytes }: Pick<JsonBounds, 'bytes'>) {
  return withinBounds({ bytes })
}

export type Report = z.infer<typeof reportSchema>
export type ReportStep = z.infer<typeof stepSchema>
