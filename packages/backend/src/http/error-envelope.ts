import type { AppError, Clock } from '@ikoma/kernel'
import type { ErrorShape } from '@ikoma/kernel/http'
import { errorSender } from '@ikoma/kernel/http'
import type { FastifyRequest } from 'fastify'
import * as z from 'zod'

export interface EnvelopeOptions {
  clock: Clock
  /** Members beside `error`, such as `{ success: false }`. */
  around?: Record<string, string | number | boolean>
  /** Whether `error` tells the request's id. */
  requestId?: boolean
}

/** Answers errors as `{error: {code, message, timestamp, details?}}`; the code is the error's reason in capitals. */
export function envelopeErrors({ clock, around = {}, requestId = false }: EnvelopeOptions): ErrorShape {
  const contentType = 'application/json'
  const send = errorSender(contentType, (error: AppError, request: FastifyRequest) => {
    const { reason, message, fields, details } = error
    const more = fields || details ? { details: { ...(fields && { fields }), ...details } } : {}
    return {
      ...around,
      error: {
        code: reason.toUpperCase(),
        message,
        timestamp: new Date(clock.now()).toISOString(),
        ...(requestId && { requestId: request.id }),
        ...more,
      },
    }
  })
  return { send, contentType, schema: schemaOf(around, requestId) }
}

/** One for all apps of a process that answer alike: the document knows a schema by its name. */
const schemas = new Map<string, z.ZodType>()

function schemaOf(around: Record<string, string | number | boolean>, requestId: boolean): z.ZodType {
  const key = JSON.stringify([around, requestId])
  const known = schemas.get(key)
  if (known) return known
  const schema = z
    .strictObject({
      ...Object.fromEntries(Object.entries(around).map(([name, value]) => [name, z.literal(value)])),
      error: z.strictObject({
        code: z.string().regex(/^[A-Z0-9_]+$/),
        message: z.string().min(1),
        timestamp: z.iso.datetime(),
        ...(requestId && { requestId: z.string().min(1) }),
        details: z
          .looseObject({ fields: z.array(z.strictObject({ field: z.string(), message: z.string() })).optional() })
          .optional(),
      }),
    })
    .meta({ id: schemas.size === 0 ? 'Error' : `Error${schemas.size + 1}` })
  schemas.set(key, schema)
  return schema
}
