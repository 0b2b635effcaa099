import pg from 'pg'
import type { PostgresDatabase, PostgresDatabaseChange, WantedDatabase } from '../verbs.ts'
import type { Session } from './session.ts'

type Inside = Pick<PostgresDatabase, 'publicCreates' | 'ownerCreates' | 'extensions'>

/** What is known of a database only from within. Without a schema `public` there is nothing to close or open. */
export async function insideOf(
  session: Session,
  { owner, extensions }: Pick<WantedDatabase, 'owner' | 'extensions'>,
): Promise<Inside> {
  const { rows } = await session.query(
    `WITH creators AS (SELECT g.grantee FROM pg_namespace n,
        aclexplode(coalesce(n.nspacl, acldefault('n', n.nspowner))) AS g
        WHERE n.nspname = 'public' AND g.privilege_type = 'CREATE')
      SELECT EXISTS (SELECT FROM creators WHERE grantee = 0) AS "publicCreates",
        NOT EXISTS (SELECT FROM pg_namespace WHERE nspname = 'public') OR EXISTS (
          SELECT FROM creators JOIN pg_roles g ON g.oid = grantee
          WHERE g.rolname = 'pg_database_owner' OR pg_has_role($1::name, g.oid, 'USAGE')) AS "ownerCreates",
        ARRAY(SELECT extname::text FROM pg_extension WHERE extname = ANY ($2)) AS extensions`,
    [owner, extensions],
  )
  return rows[0]
}

/** Who makes tables in the schema `public`, and what extensions there are. */
export async function changeInside(
  session: Session,
  { owner, publicCreates, ownerCreates, extensions, dropExtensions }: PostgresDatabaseChange,
): Promise<void> {
  const before = await insideOf(session, { owner, extensions })
  const role = pg.escapeIdentifier(owner)
  if (publicCreates !== before.publicCreates) {
    const way = publicCreates ? 'GRANT CREATE ON SCHEMA public TO' : 'REVOKE CREATE ON SCHEMA public FROM'
    await session.query(`${way} PUBLIC`)
  }
  if (ownerCreates && !before.ownerCreates) await letOwnerCreate(session, owner)
  if (!ownerCreates && before.ownerCreates) await session.query(`REVOKE CREATE ON SCHEMA public FROM ${role}`)
  for (const extension of dropExtensions) await session.query(`DROP EXTENSION ${pg.escapeIdentifier(extension)}`)
  const missing = extensions.filter((each) => !before.extensions.includes(each))
  if (missing.length === 0) return
  // With the owner's rights, who may change it later: PostgreSQL itself refuses what needs more.
  await session.query(`SET LOCAL ROLE ${role}`)
  for (const extension of missing) await session.query(await creationOf(session, extension))
  await session.query('SET LOCAL ROLE NONE')
}

async function letOwnerCreate(session: Session, owner: string): Promise<void> {
  const { rows } = await session.query(`SELECT has_schema_privilege($1, 'public', 'USAGE') AS uses`, [owner])
  const rights = rows[0].uses ? 'CREATE' : 'USAGE, CREATE'
  await session.query(`GRANT ${rights} ON SCHEMA public TO ${pg.escapeIdentifier(owner)}`)
}

/** Some have a schema of their own, and take no other. */
async function creationOf(session: Session, extension: string): Promise<string> {
  const { rows } = await session.query(
    'SELECT FROM pg_available_extension_versions WHERE name = $1 AND schema IS NOT NULL LIMIT 1',
    [extension],
  )
  return `CREATE EXTENSION ${pg.escapeIdentifier(extension)}${rows.length > 0 ? '' : ' SCHEMA public'}`
}
