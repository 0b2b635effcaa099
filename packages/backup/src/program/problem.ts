/** The order type that makes roles. */
export const roleType = 'db.postgres.role.apply'

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
  const refused = refusalOf(code, message)
  return refused ?? new Problem('database_failed', message)
}

/** What PostgreSQL refuses whoever asks again; null for another error. */
function refusalOf(code: string | undefined, message: string): Problem | null {
  // Class 28: no such role, a wrong password, or no rule of pg_hba.conf that lets it in.
  if (code?.startsWith('28') || /client password must be a/.test(message)) {
    const peer = 'With peer authentication the role is the account of "runAs"; otherwise "authFile" has the password'
    const cure = `${peer}. A role that is not there is made by an order ${roleType}`
    return new Problem('access_refused', `PostgreSQL lets nobody in this way: ${message}. ${cure}.`)
  }
  if (code === '3D000') {
    return new Problem('no_such_database', `${message}. An order db.postgres.database.apply makes it.`)
  }
  if (code === '25006') {
    return new Problem(
      'read_only',
      `This PostgreSQL takes no writes: ${message}. Give the order to its primary's server.`,
    )
  }
  return code === '42501' ? new Problem('access_refused', `PostgreSQL refused it: ${message}.`) : null
}
