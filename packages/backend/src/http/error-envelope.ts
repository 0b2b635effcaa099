import type { AppError, Clock } from '@ikoma/kernel'
import { errorSender, type SendError } from '@ikoma/kernel/http'
import type { FastifyRequest } from 'fastify'

export interface EnvelopeOptions {
  clock: Clock
  /** Members beside `error`, such as `{ success: false }`. */
  around?: Record<string, unknown>
  /** Whether `error` tells the request's id. */
  requestId?: boolean
}

/** Answers errors as `{error: {code, message, timestamp, details?}}`; the code is the error's reason in capitals. */
export function envelopeErrors({ clock, around = {}, requestId = false }: EnvelopeOptions): SendError {
  return errorSender('application/json', (error: AppError, request: FastifyRequest) => {
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
}
