import { Problem } from '../problem.ts'
import { connected, type Session } from './session.ts'

/** What an order writes beside what it makes, so that another knows it. */
export const madeByOrder = 'IKOMA'

/** The first with DROP DATABASE ... WITH (FORCE) and trusted extensions; SCRAM is older. */
const oldestMajor = 13

/** What a database's owner may have set for every session in it must change nothing of what we ask and do. */
const settled = [
  'SET ROLE NONE',
  'SET search_path = pg_catalog, pg_temp',
  'SET standard_conforming_strings = on',
  'SET default_transaction_read_only = off',
  'SET idle_in_transaction_session_timeout = 0',
  `SET lock_timeout = '10s'`,
  `SET statement_timeout = '120s'`,
]

/** A connection to make roles and databases with: as a superuser, to a server that takes writes. */
export async function administering<T>(database: string, work: (session: Session) => Promise<T>): Promise<T> {
  try {
    return await connected(database, async (session) => {
      for (const statement of settled) await session.query(statement)
      const { rows } = await session.query(
        `SELECT current_setting('server_version_num')::int AS version, pg_is_in_recovery() AS standby,
          session_user::text AS role, (SELECT rolsuper FROM pg_roles WHERE rolname = session_user) AS able`,
      )
      refuseServer(rows[0])
      return await work(session)
    })
  } catch (error) {
    throw refused(error)
  }
}

/** All of it, or nothing. */
export async function inTransaction<T>(session: Session, work: () => Promise<T>): Promise<T> {
  await session.query('BEGIN')
  try {
    const done = await work()
    await session.query('COMMIT')
    return done
  } catch (error) {
    await session.query('ROLLBACK').catch(() => undefined)
    throw error
  }
}

interface Server {
  /** As PostgreSQL numbers it: 150018, or 90624. */
  version: number
  standby: boolean
  role: string
  able: boolean
}

export function refuseServer({ version, standby, role, able }: Server): void {
  if (version < oldestMajor * 10_000) {
    const why = version < 100_000 ? ', which keeps no password as SCRAM-SHA-256' : ''
    throw new Problem(
      'postgres_too_old',
      `This is PostgreSQL ${versionName(version)}${why}. Orders make roles and databases on ${oldestMajor} and newer.`,
    )
  }
  if (standby) {
    const message = "This PostgreSQL is a standby, which takes no writes. Give the order to its primary's server."
    throw new Problem('standby', message)
  }
  if (able) return
  const cure = 'Leave out "runAs" and "role", so that it is postgres by peer authentication'
  throw new Problem('role_too_weak', `${role} is no superuser, and only one makes roles and databases. ${cure}.`)
}

function versionName(version: number): string {
  const major = Math.floor(version / 10_000)
  return version < 100_000 ? `${major}.${Math.floor(version / 100) % 100}` : String(major)
}

/** What PostgreSQL refuses by its rules, it refuses again: classes of wrong values, wrong objects and wrong states. */
function refused(error: unknown): unknown {
  const { code = '', message } = error as { code?: string; message: string }
  if (error instanceof Problem || !/^(0A|0L|22|23|2B|42|55006|58P01)/.test(code) || code === '42501') return error
  return new Problem('postgres_refused', `PostgreSQL refused it: ${message} (${code}).`)
}
