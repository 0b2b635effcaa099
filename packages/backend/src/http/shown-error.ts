import { AppError } from '@ikoma/kernel'

const maxDepth = 5

/** What may be told of an error in a log: not the values that a statement was given, nor those that a database repeats. */
export function shownError(error: unknown, depth = 0): unknown {
  if (!(error instanceof Error)) return error
  if (depth > maxDepth) return new Error('[more causes]')
  if (!fromDatabase(error) && !hasDatabaseCause(error)) return error
  const shown = copyOf(error, error.cause === undefined ? {} : { cause: shownError(error.cause, depth + 1) })
  const calls = (error.stack ?? '').split('\n').filter((line) => /^\s+at /.test(line))
  shown.stack = [`${error.name}: ${shown.message}`, ...calls].join('\n')
  return shown
}

function copyOf(error: Error, { cause }: { cause?: unknown }): Error {
  if (error instanceof AppError) {
    const { code, message, reason, retryAfterSec } = error
    return new AppError(code, message, { reason, cause, ...(retryAfterSec !== undefined && { retryAfterSec }) })
  }
  const { code, constraint } = error as { code?: unknown; constraint?: unknown }
  // In the message, since a log prints no more of a cause.
  const named = [code, constraint].filter((each) => typeof each === 'string').join(' ')
  const message = withoutValues(error.message) + (named === '' ? '' : ` (${named})`)
  const shown = new Error(message, cause === undefined ? {} : { cause })
  shown.name = error.name
  return shown
}

/** As Drizzle and pg make them. */
function fromDatabase(error: Error): boolean {
  return 'params' in error || 'detail' in error || 'where' in error || 'internalQuery' in error
}

function hasDatabaseCause(error: Error): boolean {
  let cause: unknown = error.cause
  for (let depth = 0; cause instanceof Error && depth <= maxDepth; depth += 1) {
    if (fromDatabase(cause)) return true
    cause = cause.cause
  }
  return false
}

function withoutValues(message: string): string {
  return message.replace(/\nparams: .*$/s, '').replace(/(invalid input [^:]{0,80}): ".*"/s, '$1')
}
