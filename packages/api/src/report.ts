import * as z from 'zod'

export const outcomes = ['succeeded', 'failed', 'timed_out', 'canceled', 'interrupted'] as const

const stepSchema = z.object({
  name: z.string().max(200),
  status: z.enum(['SUCCESS', 'FAILED', 'SKIPPED']),
  durationMs: z.number().int().min(0).optional(),
  error: z.string().max(4000).optional(),
})

const reportErrorSchema = z.object({
  code: z.string().max(100),
  message: z.string().max(4000),
  step: z.string().max(200).optional(),
  fatal: z.boolean().optional(),
})

/** How an order ended, as its runner tells it. Versions v1 and v2 of the source document are both accepted. */
export const reportSchema = z
  .object({
    version: z.enum(['v1', 'v2']).default('v2'),
    ok: z.boolean(),
    summary: z.string().max(2000),
    /** Absent from a plain client's report: then `ok` decides. */
    outcome: z.enum(outcomes).optional(),
    /** False when running the order again cannot help. */
    retryable: z.boolean().optional(),
    startedAt: z.iso.datetime({ offset: true }).optional(),
    finishedAt: z.iso.datetime({ offset: true }).optional(),
    durationMs: z.number().int().min(0).optional(),
    steps: z.array(stepSchema).max(200).optional(),
    artifacts: z.record(z.string().max(200), z.unknown()).optional(),
    errors: z.array(reportErrorSchema).max(50).optional(),
    /** What the order type promises to find out. */
    output: z.record(z.string().max(200), z.unknown()).optional(),
  })
  .refine((report) => report.outcome === undefined || report.ok === (report.outcome === 'succeeded'), {
    path: ['outcome'],
    message: 'contradicts "ok"',
  })

export type Report = z.infer<typeof reportSchema>
export type ReportStep = z.infer<typeof stepSchema>
