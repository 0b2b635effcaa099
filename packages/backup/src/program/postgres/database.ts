import pg from 'pg'
import { Problem } from '../problem.ts'
import type { PostgresDatabase, PostgresDatabaseChange, WantedDatabase } from '../verbs.ts'
import { administering, inTransaction, madeByOrder } from './administered.ts'
import { refuseUntrusted } from './extensions.ts'
import { changeInside, insideOf } from './inside.ts'
import { refuseAbsent, refusePowerful } from './role.ts'
import type { Session } from './session.ts'

export async function findDatabase(wanted: WantedDatabase): Promise<PostgresDatabase | null> {
  const found = await administering('postgres', async (session) => {
    await refuseAbsent(session, [wanted.owner, ...wanted.mayConnect])
    await refusePowerful(session, wanted.owner)
    await refuseUntrusted(session, wanted.extensions)
    return outsideOf(session, wanted)
  })
  if (found === null) return null
  return administering(wanted.name, async (session) => ({ ...found, ...(await insideOf(session, wanted)) }))
}

export function setDatabase(change: PostgresDatabaseChange): Promise<null> {
  // From within, so that all of it is one transaction.
  return administering(change.name, (session) =>
    inTransaction(session, async () => {
      await refusePowerful(session, change.owner)
      await session.query(
        `ALTER DATABASE ${pg.escapeIdentifier(change.name)} OWNER TO ${pg.escapeIdentifier(change.owner)}`,
      )
      await setAccess(session, change.name, change)
      await changeInside(session, change)
      return null
    }),
  )
}

/** How many may connect to the database, and who. */
export async function setAccess(
  session: Session,
  name: string,
  { connectionLimit, publicConnects, publicSchemas, grantConnect, revokeConnect }: PostgresDatabaseChange,
): Promise<void> {
  const database = pg.escapeIdentifier(name)
  await session.query(`ALTER DATABASE ${database} CONNECTION LIMIT ${connectionLimit}`)
  for (const [right, given] of [
    ['CONNECT', publicConnects],
    ['CREATE', publicSchemas],
  ] as const) {
    const way = given ? `GRANT ${right} ON DATABASE ${database} TO` : `REVOKE ${right} ON DATABASE ${database} FROM`
    await session.query(`${way} PUBLIC`)
  }
  for (const role of grantConnect) {
    await session.query(`GRANT CONNECT ON DATABASE ${database} TO ${pg.escapeIdentifier(role)}`)
  }
  for (const role of revokeConnect) {
    await session.query(`REVOKE CONNECT ON DATABASE ${database} FROM ${pg.escapeIdentifier(role)}`)
  }
}

/** Who is let in by name, as a grantee of `datacl`. */
const byName = `SELECT g.grantee FROM aclexplode(d.datacl) AS g WHERE g.privilege_type = 'CONNECT' AND g.grantee <> 0`

function toPublic(right: 'CONNECT' | 'CREATE'): string {
  return `SELECT FROM aclexplode(coalesce(datacl, acldefault('d', datdba))) AS g
    WHERE g.grantee = 0 AND g.privilege_type = '${right}'`
}

type Outside = Omit<PostgresDatabase, 'publicCreates' | 'ownerCreates' | 'extensions'>

/** What is known of a database from without. */
async function outsideOf(session: Session, { name, owner, mayConnect }: WantedDatabase): Promise<Outside | null> {
  const { rows } = await session.query(
    `SELECT pg_get_userbyid(datdba)::text AS owner, pg_encoding_to_char(encoding)::text AS encoding,
        datcollate::text AS locale, datconnlimit AS "connectionLimit", NOT datallowconn OR datistemplate AS closed,
        EXISTS (${toPublic('CONNECT')}) AS "publicConnects", EXISTS (${toPublic('CREATE')}) AS "publicSchemas",
        ARRAY(SELECT r.rolname::text FROM pg_roles r WHERE r.rolname = ANY ($2) AND r.oid IN (${byName})) AS connects,
        ARRAY(SELECT DISTINCT r.rolname::text FROM pg_stat_activity s JOIN pg_roles r ON r.oid = s.usesysid
          WHERE s.datid = d.oid AND NOT r.rolsuper AND NOT EXISTS (
            SELECT FROM pg_roles n WHERE pg_has_role(r.oid, n.oid, 'USAGE')
              AND (n.rolname = $3 OR n.rolname = ANY ($2) OR n.oid IN (${byName})))) AS "shutOut",
        shobj_description(oid, 'pg_database') IS NOT DISTINCT FROM $4 AS ours
      FROM pg_database d WHERE datname = $1`,
    [name, mayConnect, owner, madeByOrder],
  )
  if (rows.length === 0) return null
  const { closed, ...found } = rows[0]
  if (!closed) return found
  throw new Problem('database_closed', `${name} is a template or takes no connections. No order changes it.`)
}
