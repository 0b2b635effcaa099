import * as z from 'zod'
import { pageQuery, timeField } from './fields.ts'

export const auditQuery = pageQuery.extend({
  /** `noun:id`, for example `order:0198…`. */
  subject: z.string().max(200).optional(),
  action: z.string().max(100).optional(),
})

export const auditEventSchema = z
  .object({
    seq: z.number().int(),
    at: timeField,
    actor: z.string(),
    action: z.string(),
    subject: z.string(),
    data: z.record(z.string(), z.unknown()),
    hash: z.string(),
  })
  .meta({ id: 'AuditEvent' })
export type AuditEventResource = z.infer<typeof auditEventSchema>

export const auditVerification = z.object({
  ok: z.boolean(),
  /** Events checked from the first one. */
  events: z.number().int(),
  head: z.object({ seq: z.number().int(), hash: z.string() }),
  fault: z.object({ seq: z.number().int(), fault: z.enum(['missing', 'altered']) }).nullable(),
  /** Rows of the database that are not as they were last written. `outdated`: the audit knows what happened later. */
  rows: z
    .array(z.object({ table: z.string(), id: z.string(), problem: z.enum(['broken', 'newer', 'outdated']) }))
    .optional(),
})
export type AuditVerification = z.infer<typeof auditVerification>
