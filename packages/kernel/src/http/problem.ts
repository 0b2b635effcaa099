import type { FastifyError, FastifyReply, FastifyRequest } from 'fastify'
import { hasZodFastifySchemaValidationErrors } from 'fastify-type-provider-zod'
import * as z from 'zod'
import { AppError, type ErrorCode, type FieldProblem } from '../errors.ts'

/** The one table from error code to HTTP status. */
export const statusOf: Record<ErrorCode, number> = {
  invalid: 400,
  unauthorized: 401,
  forbidden: 403,
  not_found: 404,
  conflict: 409,
  too_large: 413,
  unsupported: 415,
  unprocessable: 422,
  upgrade_required: 426,
  rate_limited: 429,
  internal: 500,
  unavailable: 503,
}

const titles: Record<ErrorCode, string> = {
  invalid: 'Bad request',
  unauthorized: 'Not authenticated',
  forbidden: 'Not allowed',
  not_found: 'Not found',
  conflict: 'Conflict',
  too_large: 'Too large',
  unsupported: 'Unsupported media type',
  unprocessable: 'Not acceptable',
  upgrade_required: 'Upgrade required',
  rate_limited: 'Too many requests',
  internal: 'Internal error',
  unavailable: 'Unavailable',
}

/** In words, for a document; of a status that no error has, the number. */
export function titleOfStatus(status: number): string {
  const [code] = Object.entries(statusOf).find(([, each]) => each === status) ?? []
  return code === undefined ? String(status) : titles[code as ErrorCode]
}

export type SendError = (error: unknown, request: FastifyRequest, reply: FastifyReply) => FastifyReply

/** Answers any error in one shape; what is not an AppError shows nothing of itself. */
export function errorSender(
  contentType: string,
  bodyOf: (error: AppError, request: FastifyRequest) => unknown,
): SendError {
  const outages = new Outages()
  return (error, request, reply) => {
    const known = toAppError(error)
    const status = statusOf[known.code]
    const fields = { requestId: request.id, err: error, method: request.method, url: request.url }
    if (known.code === 'unavailable') outages.say(request.log, known.reason, fields)
    else if (status >= 500) request.log.error(fields, 'request failed')
    if (known.retryAfterSec !== undefined) reply.header('retry-after', String(known.retryAfterSec))
    if (status === 401) reply.header('www-authenticate', 'Bearer')
    return reply.code(status).type(contentType).send(bodyOf(known, request))
  }
}

const outageEveryMs = 10_000

/** During an outage every request fails for the same reason: that is said every ten seconds, with how many there were. */
class Outages {
  readonly #said = new Map<string, { at: number; since: number }>()

  say(log: FastifyRequest['log'], reason: string, fields: object): void {
    const now = performance.now()
    const said = this.#said.get(reason) ?? { at: Number.NEGATIVE_INFINITY, since: 0 }
    this.#said.set(reason, said)
    said.since += 1
    if (now - said.at < outageEveryMs) {
      log.debug(fields, 'request failed')
      return
    }
    log.warn({ ...fields, failed: said.since }, 'request failed: what it needs does not answer')
    said.at = now
    said.since = 0
  }
}

/** As RFC 9457 problem+json. */
export const sendProblem = errorSender('application/problem+json', (error, request) => problemOf(error, request.id))

/** What `problemOf` makes, for documents. Further members are the error's details. */
export const problemSchema = z
  .looseObject({
    type: z.literal('about:blank'),
    title: z.string().min(1),
    status: z.number().int(),
    detail: z.string().min(1),
    reason: z.string().regex(/^[a-z0-9_]+$/),
    requestId: z.string().min(1),
    fields: z.array(z.strictObject({ field: z.string(), message: z.string() })).optional(),
  })
  .meta({ id: 'Problem' })

/** The body of the answer to an error. */
export function problemOf({ code, message, reason, fields, details }: AppError, requestId: string) {
  return {
    type: 'about:blank',
    title: titles[code],
    status: statusOf[code],
    detail: message,
    reason,
    requestId,
    ...(fields ? { fields } : {}),
    ...details,
  }
}

export function toAppError(error: unknown): AppError {
  if (error instanceof AppError) return error
  if (hasZodFastifySchemaValidationErrors(error)) return invalidFields(error)
  const { statusCode, code, message } = error as FastifyError
  if (statusCode === 413)
    return new AppError('too_large', 'The request body is too large.', { reason: 'body_too_large' })
  if (statusCode === 415) {
    return new AppError('unsupported', 'Send JSON, with content-type: application/json.', { reason: 'media_type' })
  }
  if (statusCode === 429) return new AppError('rate_limited', message, { reason: 'too_many_requests' })
  if (typeof statusCode === 'number' && statusCode >= 400 && statusCode < 500) {
    return new AppError('invalid', message, { reason: (code ?? 'bad_request').toLowerCase() })
  }
  return new AppError('internal', 'Something went wrong here. The log has the details under this request id.')
}

/** A body that is wrong in a thousand places is not answered with a thousand sentences: an answer is bounded too. */
const maxFields = 20
const maxFieldLength = 500

interface SchemaIssue {
  instancePath: string
  message?: string
}

function invalidFields(error: { validation: readonly SchemaIssue[]; validationContext?: unknown }): AppError {
  const part = String(error.validationContext ?? 'body')
  const fields: FieldProblem[] = error.validation.slice(0, maxFields).map(({ instancePath, message }) => ({
    field: `${part}${instancePath}`.slice(0, maxFieldLength),
    message: (message ?? 'is not valid').slice(0, maxFieldLength),
  }))
  const named = fields.map(({ field, message }) => `${field}: ${message}`).join('; ')
  return new AppError('invalid', `The request is not valid. ${named}`, { reason: 'validation_failed', fields })
}
