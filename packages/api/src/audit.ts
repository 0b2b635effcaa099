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

/** Where the audit ended at a moment, signed by the control plane: in its log, beside its archive, in a person's notes. */
export const signedHeadPattern = /iko_head\.2\.[\w-]{1,400}\.[\w-]{86}/
const maxHeads = 2_000

export const auditVerifyBody = z.object({
  /** Signed heads that were kept elsewhere. */
  heads: z
    .array(z.string().regex(new RegExp(`^${signedHeadPattern.source}$`), 'is no signed head of an audit'))
    .max(maxHeads)
    .default([]),
  /** `next` of the step before. */
  after: z.string().max(500).nullish(),
})

export const auditFaults = [
  'altered',
  'missing',
  'unkeyed',
  'truncated',
  'forked',
  'head_differs',
  'head_forged',
] as const

const auditFault = z.object({
  seq: z.number().int(),
  fault: z.enum(auditFaults),
  /** What it contradicts: from where it was known, and since when. */
  head: z
    .object({
      seq: z.number().int(),
      at: timeField.nullable(),
      from: z.enum(['given', 'archive', 'memory', 'database', 'keys']),
    })
    .nullable(),
})
export type AuditFaultResource = z.infer<typeof auditFault>

export const auditVerification = z.object({
  /** False with any fault, and while more is to be looked at. */
  ok: z.boolean(),
  /** Events checked from the first one. */
  events: z.number().int(),
  head: z.object({ seq: z.number().int(), hash: z.string() }),
  fault: auditFault.nullable(),
  /** Up to a hundred a step. */
  faults: z.array(auditFault),
  heads: z.object({
    /** How many the audit was compared with. */
    compared: z.number().int(),
    /** Those given that another control plane signed. */
    foreign: z.number().int(),
    /** Files of the archive that could not be read. */
    unreadable: z.array(z.string()),
  }),
  /** For the next step; null when there is none. */
  next: z.string().nullable(),
  /** Rows of the database that are not as they were last written. `outdated`: the audit knows what happened later. */
  rows: z
    .array(z.object({ table: z.string(), id: z.string(), problem: z.enum(['broken', 'newer', 'outdated']) }))
    .optional(),
})
export type AuditVerification = z.infer<typeof auditVerification>
