export type ErrorCode =
  | 'invalid'
  | 'unauthorized'
  | 'forbidden'
  | 'not_found'
  | 'conflict'
  | 'too_large'
  | 'unsupported'
  | 'unprocessable'
  | 'upgrade_required'
  | 'rate_limited'
  | 'unavailable'
  | 'internal'

/** One field that was refused, as `body/payload/url`, with what is wrong about it. */
export interface FieldProblem {
  field: string
  message: string
}

interface ErrorOptions {
  /** Stable snake_case token a program may switch on. */
  reason?: string
  cause?: unknown
  fields?: FieldProblem[]
  retryAfterSec?: number
  /** Further members of the problem+json body; never a secret. */
  details?: Record<string, unknown>
}

/** The only error that may show its message to a caller: it says what is wrong and what to do. */
export class AppError extends Error {
  readonly code: ErrorCode
  readonly reason: string
  readonly fields: FieldProblem[] | undefined
  readonly retryAfterSec: number | undefined
  readonly details: Record<string, unknown> | undefined

  constructor(code: ErrorCode, message: string, options: ErrorOptions = {}) {
    super(message, { cause: options.cause })
    this.name = 'AppError'
    this.code = code
    this.reason = options.reason ?? code
    this.fields = options.fields
    this.retryAfterSec = options.retryAfterSec
    this.details = options.details
  }
}

export function notFound(noun: string, id: string): AppError {
  return new AppError('not_found', `There is no ${noun} "${id}".`, { reason: `${noun.replace(/ /g, '_')}_not_found` })
}
