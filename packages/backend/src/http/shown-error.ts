const maxDepth = 5

/** What may be told of an error in a log: not the values that a statement was given, nor those that a database repeats. */
export function shownError(error: unknown, depth = 0): unknown {
  if (!(error instanceof Error) || depth > maxDepth) return error instanceof Error ? new Error('[more causes]') : error
  if (!fromDatabase(error) && (error.cause === undefined || !hasDatabaseCause(error))) return error
  const said = withoutValues(error.message)
  const shown = new Error(said, error.cause === undefined ? {} : { cause: shownError(error.cause, depth + 1) })
  shown.name = error.name
  shown.stack = `${error.name}: ${said}\n${(error.stack ?? '')
    .split('\n')
    .filter((line) => /^\s+at /.test(line))
    .join('\n')}`
  const { code, constraint, table } = error as { code?: unknown; constraint?: unknown; table?: unknown }
  return Object.assign(
    shown,
    ...[{ code }, { constraint }, { table }].filter((each) => Object.values(each)[0] !== undefined),
  )
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
