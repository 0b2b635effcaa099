import { text } from 'node:stream/consumers'
import pg from 'pg'
import { openInput } from '../bytes.ts'
import { Problem } from '../problem.ts'
import type { PostgresRole, PostgresRoleChange } from '../verbs.ts'
import { administering, inTransaction, madeByOrder } from './administered.ts'
import type { Session } from './session.ts'

/** Predefined roles that only read; others run programs, write files, or end what others do. */
const reading = `('pg_monitor', 'pg_read_all_data', 'pg_read_all_settings', 'pg_read_all_stats', 'pg_stat_scan_tables')`

/** `p` is more than an app's role; every owner of a database is in pg_database_owner by itself. */
const powerful = `(p.rolsuper OR p.rolcreaterole OR p.rolreplication OR p.rolbypassrls
  OR p.rolname ~ '^pg_' AND p.rolname NOT IN ${reading} AND p.rolname <> 'pg_database_owner')`

/** What checks a password, as PostgreSQL keeps it; nothing where there is to be none. */
const kept = /^(SCRAM-SHA-256\$\d+:[A-Za-z0-9+/=]+\$[A-Za-z0-9+/=]+:[A-Za-z0-9+/=]+|md5[0-9a-f]{32}|)$/

export function findRole({
  name,
  memberOf,
}: {
  name: string
  memberOf: readonly string[]
}): Promise<PostgresRole | null> {
  return administering('postgres', async (session) => {
    await refuseAbsent(session, memberOf)
    for (const each of [name, ...memberOf]) await refusePowerful(session, each)
    const { rows } = await session.query(
      `SELECT rolcanlogin AS login, rolcreatedb AS createdb, rolconnlimit AS "connectionLimit",
          CASE WHEN rolvaliduntil <> 'infinity' THEN rolvaliduntil::text END AS "validUntil", rolpassword AS verifier,
          ARRAY(SELECT g.rolname::text FROM pg_auth_members m JOIN pg_roles g ON g.oid = m.roleid
            WHERE m.member = a.oid ORDER BY 1) AS "memberOf",
          shobj_description(a.oid, 'pg_authid') IS NOT DISTINCT FROM $2 AS ours
        FROM pg_authid a WHERE rolname = $1`,
      [name, madeByOrder],
    )
    return rows[0] ?? null
  })
}

export async function setRole(change: PostgresRoleChange): Promise<null> {
  const verifier = change.password ? await text(openInput()) : null
  if (verifier !== null && !kept.test(verifier)) {
    throw new Problem('postgres_refused', 'What PostgreSQL keeps of a password was expected, and never the password.')
  }
  return administering('postgres', (session) =>
    inTransaction(session, async () => {
      // It may have become more since it was looked at.
      for (const each of [change.name, ...change.grant]) await refusePowerful(session, each)
      for (const statement of statementsOf(change)) await session.query(statement)
      if (verifier !== null) await setVerifier(session, change.name, verifier)
      return null
    }),
  )
}

export function dropRole({ name }: { name: string }): Promise<null> {
  return administering('postgres', async (session) => {
    await session.query(`DROP ROLE IF EXISTS ${pg.escapeIdentifier(name)}`)
    return null
  })
}

/** Rejects when one of the roles is not there. */
export async function refuseAbsent(session: Session, roles: readonly string[]): Promise<void> {
  const { rows } = await session.query(
    'SELECT name FROM unnest($1::text[]) AS name WHERE NOT EXISTS (SELECT FROM pg_roles WHERE rolname = name)',
    [roles],
  )
  if (rows.length === 0) return
  const names = rows.map(({ name }) => name).join(', ')
  throw new Problem('no_such_role', `There is no role ${names}. An order db.postgres.role.apply makes it.`)
}

/** Rejects when the role is more than an app's may be, by itself or through what it is a member of. */
export async function refusePowerful(session: Session, name: string): Promise<void> {
  const { rows } = await session.query(
    `SELECT p.rolname AS through FROM pg_roles r JOIN pg_roles p ON pg_has_role(r.oid, p.oid, 'MEMBER')
      WHERE r.rolname = $1 AND (r.rolsuper OR ${powerful}) ORDER BY p.oid <> r.oid LIMIT 1`,
    [name],
  )
  if (rows.length === 0) return
  const through = rows[0].through === name ? '' : ` through ${rows[0].through}`
  const why = `${name} may do more than an app's role${through}: it is a superuser's, or makes roles, replicates, passes by`
  throw new Problem(
    'role_too_powerful',
    `${why} the security of rows, or is one that PostgreSQL has for programs and files. No order changes or grants it.`,
  )
}

function statementsOf({ make, grant, revoke, validUntil, ...change }: PostgresRoleChange): string[] {
  const name = pg.escapeIdentifier(change.name)
  const login = change.login ? 'LOGIN' : 'NOLOGIN'
  const createdb = change.createdb ? 'CREATEDB' : 'NOCREATEDB'
  const until = `VALID UNTIL ${pg.escapeLiteral(validUntil ?? 'infinity')}`
  const options = `${login} ${createdb} CONNECTION LIMIT ${change.connectionLimit} ${until}`
  const none = 'NOSUPERUSER NOCREATEROLE NOREPLICATION NOBYPASSRLS INHERIT'
  return [
    make ? `CREATE ROLE ${name} ${none} ${options}` : `ALTER ROLE ${name} ${options}`,
    ...(make ? [`COMMENT ON ROLE ${name} IS ${pg.escapeLiteral(madeByOrder)}`] : []),
    ...grant.map((each) => `GRANT ${pg.escapeIdentifier(each)} TO ${name}`),
    ...revoke.map((each) => `REVOKE ${pg.escapeIdentifier(each)} FROM ${name}`),
  ]
}

/** Not the password, yet it could be guessed against: the server's log does not have it either. */
async function setVerifier(session: Session, name: string, verifier: string): Promise<void> {
  await session.query('SET LOCAL log_statement = none')
  await session.query('SET LOCAL log_min_duration_statement = -1')
  await session.query('SET LOCAL log_min_error_statement = panic')
  const value = verifier === '' ? 'NULL' : pg.escapeLiteral(verifier)
  await session.query(`ALTER ROLE ${pg.escapeIdentifier(name)} PASSWORD ${value}`)
}
