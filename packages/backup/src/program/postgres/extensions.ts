import { Problem } from '../problem.ts'
import type { Session } from './session.ts'

/** Rejects when PostgreSQL has not got an extension, or would make it for a superuser alone. */
export async function refuseUntrusted(session: Session, extensions: readonly string[]): Promise<void> {
  const { rows } = await session.query(
    `SELECT name, EXISTS (SELECT FROM pg_available_extensions e WHERE e.name = asked.name) AS there,
        EXISTS (SELECT FROM pg_available_extension_versions v
          WHERE v.name = asked.name AND (v.trusted OR NOT v.superuser)) AS trusted
      FROM unnest($1::text[]) AS asked (name)`,
    [extensions],
  )
  for (const { name, there, trusted } of rows) {
    if (!there) {
      const message = `This PostgreSQL has no extension ${name}. Install the package that brings it along first.`
      throw new Problem('no_such_extension', message)
    }
    if (trusted) continue
    const why = `PostgreSQL trusts no owner of a database with the extension ${name}, which can reach the server itself`
    throw new Problem('extension_untrusted', `${why}. As a superuser, if it must be: CREATE EXTENSION.`)
  }
}
