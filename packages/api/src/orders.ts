import { orderStatuses, terminalStatuses } from '@ikoma/domain'
import * as z from 'zod'
import {
  idField,
  jsonObjectField,
  keyField,
  labelsField,
  pageQuery,
  payloadBounds,
  payloadField,
  scopesField,
  timeField,
} from './fields.ts'
import { outcomes } from './report.ts'

/** Body of POST /v1/orders. Exactly one of serverId, runnerId and scope says who may execute it. */
export const orderBody = z
  .strictObject({
    type: z.string().min(1).max(100),
    serverId: idField.optional(),
    runnerId: idField.optional(),
    scope: scopesField.element.optional(),
    payload: payloadField.optional().meta({
      description: `What the type takes: see the schema \`payload.<type>\`. At most ${payloadBounds.bytes} bytes as JSON.`,
      // For the description of the API, which lists the payload of each type; which one is the type's to say.
      allOf: [{ $ref: '#/components/schemas/payload' }],
    }),
    priority: z.number().int().min(-1000).max(1000).optional(),
    runAt: timeField.optional(),
    expiresAt: timeField.optional(),
    timeoutSec: z.number().int().min(1).max(86_400).optional(),
    maxAttempts: z.number().int().min(1).max(25).optional(),
    dedupeKey: keyField.optional(),
    resourceKey: keyField.optional(),
    labels: labelsField.optional(),
    dryRun: z.boolean().optional(),
  })
  .refine((body) => [body.serverId, body.runnerId, body.scope].filter((target) => target !== undefined).length === 1, {
    path: ['runnerId'],
    message: 'name exactly one of serverId, runnerId and scope',
  })

export type OrderBody = z.infer<typeof orderBody>

export const idempotencyHeaders = z.object({ 'idempotency-key': z.string().min(1).max(200).optional() })

export const orderSchema = z
  .object({
    id: idField,
    type: z.string(),
    status: z.enum(orderStatuses as [(typeof orderStatuses)[number]]),
    statusReason: z.string().nullable(),
    serverId: idField.nullable(),
    runnerId: idField.nullable(),
    scope: z.string().nullable(),
    risk: z.enum(['read', 'change', 'destructive']),
    retryClass: z.enum(['idempotent', 'once']),
    payload: jsonObjectField,
    priority: z.number().int(),
    attempt: z.number().int(),
    lostClaims: z.number().int(),
    maxAttempts: z.number().int(),
    timeoutSec: z.number().int(),
    dedupeKey: z.string().nullable(),
    resourceKey: z.string().nullable(),
    labels: z.record(z.string(), z.string()),
    dryRun: z.boolean(),
    retryOf: idField.nullable(),
    createdBy: z.string(),
    createdAt: timeField,
    runAt: timeField,
    expiresAt: timeField.nullable(),
    claimedAt: timeField.nullable(),
    startedAt: timeField.nullable(),
    heartbeatAt: timeField.nullable(),
    cancelRequestedAt: timeField.nullable(),
    completedAt: timeField.nullable(),
    /** Its runner is silent, and it may still run: until then at the latest it keeps its resource key. Null otherwise. */
    heldUntil: timeField.nullable(),
    report: jsonObjectField.nullable(),
  })
  .meta({ id: 'Order' })

export type OrderResource = z.infer<typeof orderSchema>

/** An order as lists show it: without what may be large, its payload and its report, which GET /v1/orders/:id has. */
export const orderSummarySchema = orderSchema
  .omit({ payload: true, report: true })
  .extend({
    /** How its runner says it ended; null until it did, and where nobody said. */
    outcome: z.enum(outcomes).nullable(),
    /** The report's own sentence. */
    summary: z.string().nullable(),
  })
  .meta({ id: 'OrderSummary' })

export type OrderSummary = z.infer<typeof orderSummarySchema>

export const orderQuery = pageQuery.extend({
  /** One status or several, separated by commas. */
  status: z
    .string()
    .max(300)
    .transform((text) => text.split(','))
    .pipe(z.array(z.enum(orderStatuses as [(typeof orderStatuses)[number]])))
    .optional(),
  type: z.string().max(100).optional(),
  serverId: idField.optional(),
  runnerId: idField.optional(),
  /** `key=value` or `key:value`. */
  label: z
    .string()
    .max(300)
    .regex(/^[^=:]+[=:]/, 'write it as key=value')
    .optional(),
  since: timeField.optional(),
})

/** The filters of a list, over orders that have ended. */
export const orderExportQuery = orderQuery.omit({ limit: true, cursor: true }).extend({
  status: z
    .string()
    .max(300)
    .transform((text) => text.split(','))
    .pipe(z.array(z.enum(terminalStatuses as [(typeof terminalStatuses)[number]], 'only ended orders are exported')))
    .optional(),
})

export const reasonBody = z.strictObject({ reason: z.string().min(1).max(500).optional() })

/** A person's verdict on an order that needs attention, with what it rests on. */
export const settleBody = z.strictObject({ as: z.enum(['succeeded', 'failed']), reason: z.string().min(1).max(500) })

export const orderEventSchema = z
  .object({
    seq: z.number().int(),
    at: timeField,
    actor: z.string(),
    action: z.string(),
    from: z.string().nullable(),
    to: z.string().nullable(),
    reason: z.string().nullable(),
    attempt: z.number().int().nullable(),
    runnerId: idField.nullable(),
  })
  .meta({ id: 'OrderEvent' })

export type OrderEventResource = z.infer<typeof orderEventSchema>

export const logLineSchema = z.object({
  at: timeField,
  attempt: z.number().int(),
  stream: z.enum(['stdout', 'stderr', 'runner']),
  text: z.string(),
})

export type LogLineResource = z.infer<typeof logLineSchema>

/** One line of an export and of an archive: an order with all that is known of it. */
export const orderRecordSchema = orderSchema
  .extend({ events: z.array(orderEventSchema), log: z.array(logLineSchema) })
  .meta({ id: 'OrderRecord' })

export type OrderRecord = z.infer<typeof orderRecordSchema>

/** `attempt.seq` of a log chunk. */
export const logCursorField = z
  .string()
  .max(19)
  .regex(/^\d{1,9}\.\d{1,9}$/)

export const logQuery = z.object({
  /** Stream lines as server-sent events until the order ends. */
  follow: z.enum(['0', '1', 'true', 'false']).optional(),
  cursor: logCursorField.optional(),
  limit: z.coerce.number().int().min(1).max(500).default(200),
})

export const logPage = z.object({ items: z.array(logLineSchema), next: z.string().nullable() })
