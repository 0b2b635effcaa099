import { pipeline } from 'node:stream/promises'
import pg from 'pg'
import { newMeter, openInput, refuseOthers, send, stopping } from '../bytes.ts'
import { compareContent } from '../content.ts'
import { Problem, roleType } from '../problem.ts'
import type { EngineVerbs, Expected } from '../verbs.ts'
import { contentOf } from './content.ts'
import { connected, runTool, type Session } from './session.ts'

const scratchName = /^ikoma_(?:proof|restore)_(\d{4})(\d\d)(\d\d)t/
const dayMs = 24 * 3600 * 1000

/** Rejects, before anything is copied, with why a backup of the database could not be proven afterwards. */
export function provablePostgres({ source: database }: { source: string }): Promise<null> {
  return connected('postgres', async (session) => {
    const there = await session.query('SELECT FROM pg_catalog.pg_database WHERE datname = $1', [database])
    // That it is not there is told where it is looked for.
    if (there.rows.length > 0) await refuseSuperuser(session, database)
    const { rows } = await session.query(
      'SELECT rolname AS role, rolcreatedb OR rolsuper AS able FROM pg_catalog.pg_roles WHERE rolname = session_user',
    )
    const { role, able } = rows[0]
    if (able) return null
    const why = `${role} may not make databases, and a backup is proven in one that is made for it`
    const byHand = `as a superuser: ALTER ROLE ${pg.escapeIdentifier(role)} CREATEDB`
    throw new Problem(
      'role_too_weak',
      `${why}. Give it the right by an order ${roleType} with "createdb", or ${byHand}`,
    )
  })
}

/** Sends a dump of the database as it is at one moment, while others go on writing. Gives what is in it. */
export function copyPostgres() {
  return connected(null, async (session) => {
    // The dump reads in the same snapshot as the counts do.
    await session.query('BEGIN ISOLATION LEVEL REPEATABLE READ READ ONLY')
    const { rows } = await session.query(
      "SELECT pg_catalog.pg_export_snapshot() AS snapshot, pg_catalog.current_setting('server_version') AS version",
    )
    const { snapshot, version } = rows[0]
    const content = await contentOf(session)
    const args = ['--format=custom', '--compress=6', '--no-password', `--snapshot=${snapshot}`]
    const sent = await runTool('pg_dump', args, ({ stdin, stdout }) => {
      stdin.end()
      return send(stdout)
    })
    return { ...content, ...sent, engineVersion: version as string }
  })
}

/** Restores a backup that it is given into a scratch database, and checks that one. */
export function provePostgres({ source: database, id, expected }: EngineVerbs['prove']['ask']) {
  return connected('postgres', async (session) => {
    await refuseSuperuser(session, database)
    await dropAbandoned(session)
    const scratch = `ikoma_proof_${inName(id)}`
    await session.query(`CREATE DATABASE ${pg.escapeIdentifier(scratch)} TEMPLATE template0`)
    try {
      // Who owns what is not what is proven; on another server the roles may not be there.
      return { checks: await restoreInto(scratch, expected, ['--no-owner', '--no-privileges']) }
    } finally {
      await drop(session, scratch)
    }
  })
}

/**
 * A backup runs what its owner wrote, such as the function of a CHECK, as whoever restores it: a superuser may do so only
 * where that is a superuser's too.
 */
export async function refuseSuperuser(session: Session, database: string): Promise<void> {
  const { rows } = await session.query(
    `SELECT session_user AS role, me.rolsuper AND them.rolsuper IS NOT TRUE AS powerful, them.rolname AS owner
      FROM pg_catalog.pg_roles me
        LEFT JOIN (pg_catalog.pg_database d JOIN pg_catalog.pg_roles them ON them.oid = d.datdba) ON d.datname = $1
      WHERE me.rolname = session_user`,
    [database],
  )
  const { role, powerful, owner } = rows[0]
  if (!powerful) return
  const why = `${role} is a superuser, and would run what the owner of ${database} wrote into it`
  const cure =
    owner === null
      ? `Make ${database} for its owner first, and set "runAs" to the owner's account`
      : `Set "runAs" to the account of its owner, or "role" to "${owner}"`
  throw new Problem('role_too_powerful', `${why}. ${cure}; the role needs CREATEDB ("createdb" of ${roleType}).`)
}

/** Fills an empty database with the backup on our standard input, and compares what is in it. */
export async function restoreInto(database: string, expected: Expected, more: readonly string[]): Promise<string[]> {
  const meter = newMeter()
  const args = ['--exit-on-error', '--no-password', ...more, `--dbname=${database}`]
  try {
    await runTool('pg_restore', args, async ({ stdin, stdout }) => {
      stdout.resume()
      await pipeline(openInput(), meter.stream, stdin, { signal: stopping })
    })
  } catch (error) {
    const refused = error instanceof Problem && error.reason === 'tool_failed'
    throw refused ? new Problem('proof_failed', error.message) : error
  }
  refuseOthers(meter.digest(), expected)
  const restored = await connected(database, contentOf)
  return ['sha256', 'pg_restore', ...compareContent(restored, expected)]
}

export async function drop(session: Session, database: string): Promise<void> {
  await session.query(`DROP DATABASE IF EXISTS ${pg.escapeIdentifier(database)} WITH (FORCE)`)
}

/** An id as a part of a database's name, where PostgreSQL folds no letter of it. */
export function inName(id: string): string {
  return id.toLowerCase().replace('-', '_')
}

/** Scratch databases of orders that were killed; none takes a day. */
export async function dropAbandoned(session: Session): Promise<void> {
  const { rows } = await session.query(
    "SELECT datname AS name FROM pg_catalog.pg_database WHERE datname ~ '^ikoma_(proof|restore)_'",
  )
  for (const { name } of rows) {
    const [, year, month, day] = scratchName.exec(name) ?? []
    if (Date.now() - Date.parse(`${year}-${month}-${day}`) > 2 * dayMs) await drop(session, name)
  }
}
