import pg from 'pg'
import { Problem } from '../problem.ts'
import type { EngineVerbs } from '../verbs.ts'
import { drop, dropAbandoned, inName, refuseSuperuser, restoreInto } from './postgres.ts'
import { connected, type Session } from './session.ts'

const maxNameCharacters = 63
/** Settings whose value is a list of names, quoted already. */
const lists = `('search_path', 'temp_tablespaces', 'local_preload_libraries', 'session_preload_libraries')`

/** Puts a backup that it is given in the place of the live database. The former one is kept under a name of its own. */
export function restorePostgres({ source: database, id, expected }: EngineVerbs['restore']['ask']) {
  return connected('postgres', async (session) => {
    await refuseSuperuser(session, database)
    await refuseInUse(session, database)
    await dropAbandoned(session)
    const draft = `ikoma_restore_${inName(id)}`
    await session.query(await creationLike(session, database, draft))
    try {
      await restoreInto(draft, expected, [])
      for (const statement of await grantsAndSettings(session, database, draft)) await session.query(statement)
      return { former: await swap(session, database, draft, keptAs(database, id)) }
    } catch (error) {
      await drop(session, draft)
      throw error
    }
  })
}

/** Puts a former database back; the one that was in its place is kept in turn. */
export function undoPostgres({ source: database, former, id }: EngineVerbs['undo']['ask']) {
  return connected('postgres', async (session) => {
    const kept = keptAs(database, former)
    if (!(await exists(session, kept))) {
      throw new Problem('no_such_former', `There is no former database ${kept}.`)
    }
    await refuseInUse(session, database)
    return { former: await swap(session, database, kept, keptAs(database, id)) }
  })
}

/** Renames in one transaction: a crash leaves the one or the other. PostgreSQL refuses while somebody is connected. */
async function swap(session: Session, live: string, next: string, keepAs: string): Promise<string | null> {
  const there = await exists(session, live)
  await session.query('BEGIN')
  try {
    if (there) await rename(session, live, keepAs)
    await rename(session, next, live)
    await session.query('COMMIT')
  } catch (error) {
    await session.query('ROLLBACK')
    // PostgreSQL's object_in_use.
    throw (error as { code?: string }).code === '55006' ? inUse(live, 'somebody') : error
  }
  return there ? keepAs : null
}

async function rename(session: Session, from: string, to: string): Promise<void> {
  await session.query(`ALTER DATABASE ${pg.escapeIdentifier(from)} RENAME TO ${pg.escapeIdentifier(to)}`)
}

async function exists(session: Session, database: string): Promise<boolean> {
  const { rows } = await session.query('SELECT FROM pg_catalog.pg_database WHERE datname = $1', [database])
  return rows.length > 0
}

async function refuseInUse(session: Session, database: string): Promise<void> {
  const { rows } = await session.query(
    `SELECT DISTINCT pg_catalog.concat_ws(' ', usename, application_name) AS who FROM pg_catalog.pg_stat_activity
      WHERE datname = $1 AND pid <> pg_catalog.pg_backend_pid() LIMIT 5`,
    [database],
  )
  if (rows.length > 0) throw inUse(database, rows.map(({ who }) => who).join(', '))
}

function inUse(database: string, who: string): Problem {
  return new Problem('database_in_use', `${database} is in use by ${who}. Stop the service that uses it first.`)
}

function keptAs(database: string, id: string): string {
  const tail = `_before_${inName(id)}`
  return `${database.slice(0, maxNameCharacters - tail.length)}${tail}`
}

/** The statement that makes a database with the owner, encoding and sort order of the live one, where there is one. */
async function creationLike(session: Session, database: string, draft: string): Promise<string> {
  const { rows } = await session.query(
    `SELECT pg_catalog.format('OWNER %I ENCODING %L LC_COLLATE %L LC_CTYPE %L CONNECTION LIMIT %s',
        pg_catalog.pg_get_userbyid(datdba), pg_catalog.pg_encoding_to_char(encoding), datcollate, datctype, datconnlimit
      ) AS options
      FROM pg_catalog.pg_database WHERE datname = $1`,
    [database],
  )
  return `CREATE DATABASE ${pg.escapeIdentifier(draft)} TEMPLATE template0 ${rows[0]?.options ?? ''}`
}

/** Statements for the rights and settings of the database itself, which are in no dump of its contents. */
async function grantsAndSettings(session: Session, database: string, draft: string): Promise<string[]> {
  const { rows } = await session.query(
    `SELECT pg_catalog.format('ALTER DATABASE %I SET %I TO %s', $2::text, name,
        CASE WHEN name IN ${lists} THEN value ELSE pg_catalog.quote_literal(value) END) AS statement
      FROM pg_catalog.pg_db_role_setting s JOIN pg_catalog.pg_database d ON d.oid = s.setdatabase,
        pg_catalog.unnest(s.setconfig) AS item,
        LATERAL (SELECT pg_catalog.split_part(item, '=', 1) AS name,
          pg_catalog.substr(item, pg_catalog.strpos(item, '=') + 1) AS value) AS setting
      WHERE d.datname = $1 AND s.setrole = 0
    UNION ALL
    SELECT pg_catalog.format('COMMENT ON DATABASE %I IS %L', $2::text, d.comment)
      FROM (SELECT pg_catalog.shobj_description(oid, 'pg_database') AS comment FROM pg_catalog.pg_database
        WHERE datname = $1) AS d WHERE d.comment IS NOT NULL
    UNION ALL
    SELECT pg_catalog.format('REVOKE ALL ON DATABASE %I FROM PUBLIC', $2::text)
      FROM pg_catalog.pg_database WHERE datname = $1 AND datacl IS NOT NULL
    UNION ALL
    SELECT pg_catalog.format('GRANT %s ON DATABASE %I TO %s%s', g.privilege_type, $2::text,
        CASE g.grantee WHEN 0 THEN 'PUBLIC' ELSE pg_catalog.quote_ident(pg_catalog.pg_get_userbyid(g.grantee)) END,
        CASE WHEN g.is_grantable THEN ' WITH GRANT OPTION' ELSE '' END)
      FROM pg_catalog.pg_database d, pg_catalog.aclexplode(d.datacl) AS g WHERE d.datname = $1`,
    [database, draft],
  )
  return rows.map(({ statement }) => statement as string)
}
