/** An error that a person should hear of, with a stable reason. */
export class Problem extends Error {
  readonly reason: string

  constructor(reason: string, message: string) {
    super(message)
    this.reason = reason
  }
}

/** Any error as a problem, with the reason of those that people know. */
export function problemOf(error: unknown): Problem {
  if (error instanceof Problem) return error
  const { code, message, errcode } = error as NodeJS.ErrnoException & { errcode?: number }
  // 13 is SQLITE_FULL, 53100 PostgreSQL's disk_full.
  if (code === 'ENOSPC' || code === 'EDQUOT' || code === '53100' || errcode === 13) {
    return new Problem('disk_full', 'There is no room left on the disk. Nothing was kept of it.')
  }
  return new Problem('database_failed', message)
}
