import pg from 'pg'
import { Problem } from '../problem.ts'
import type { PostgresQuery, PostgresRows, PostgresState } from '../verbs.ts'
import { connected, type Session } from './session.ts'

const rowsAtATime = 50
/** Values stay as PostgreSQL writes them: no number loses digits. */
const asText = { getTypeParser: () => (value: string) => value }

/** Answers when the database does; rejects when it does not in time. */
export async function postgresState({ timeoutMs }: { timeoutMs: number }): Promise<PostgresState> {
  const session = new pg.Client({ connectionTimeoutMillis: timeoutMs, query_timeout: timeoutMs })
  session.on('error', () => undefined)
  try {
    await session.connect()
    const { rows } = await session.query(
      `SELECT current_setting('server_version') AS "version", pg_is_in_recovery() AS "inRecovery",
        (SELECT count(*)::int FROM pg_stat_activity WHERE backend_type = 'client backend') AS "connections",
        current_setting('max_connections')::int AS "maxConnections",
        pg_database_size(current_database())::float8 AS "sizeBytes"`,
    )
    return rows[0]
  } catch (error) {
    const { code, message } = error as { code?: string; message: string }
    throw new Problem('not_ready', `PostgreSQL does not answer: ${message || code}`)
  } finally {
    await session.end().catch(() => undefined)
  }
}

/**
 * Reads with one query, in a read-only transaction that is bounded in time. A cursor takes nothing but a query, so COPY and
 * changes are no syntax there; the extended protocol takes one statement, so none can follow.
 */
export function queryPostgres({ sql, maxRows, maxBytes, timeoutMs }: PostgresQuery): Promise<PostgresRows> {
  return connected(null, async (session) => {
    await session.query('BEGIN READ ONLY')
    await refusePowerful(session)
    await session.query(`SET LOCAL statement_timeout = ${timeoutMs}`)
    await session.query(`SET LOCAL lock_timeout = ${timeoutMs}`)
    try {
      const declaration = { text: `DECLARE asked NO SCROLL CURSOR FOR ${sql}`, queryMode: 'extended' } as const
      await session.query(declaration)
      return await fetchAll(session, maxRows, maxBytes)
    } catch (error) {
      throw refusedQuery(error)
    }
  })
}

async function fetchAll(session: Session, maxRows: number, maxBytes: number): Promise<PostgresRows> {
  const rows: (string | null)[][] = []
  let bytes = 0
  for (;;) {
    const text = `FETCH ${rowsAtATime} FROM asked`
    const fetched = await session.query({ text, rowMode: 'array', types: asText })
    const columns = fetched.fields.map(({ name }) => name)
    for (const row of fetched.rows as (string | null)[][]) {
      bytes += Buffer.byteLength(JSON.stringify(row))
      if (rows.length >= maxRows || bytes > maxBytes) return { columns, rows, truncated: true }
      rows.push(row)
    }
    if (fetched.rows.length < rowsAtATime) return { columns, rows, truncated: false }
  }
}

/** Such a role reads and writes the server's files and runs its programs from within a query. */
async function refusePowerful(session: Session): Promise<void> {
  const { rows } = await session.query(
    `SELECT session_user AS role, bool_or(pg_has_role(session_user, rolname, 'MEMBER')) AS powerful FROM pg_roles
      WHERE rolname IN ('pg_execute_server_program', 'pg_read_server_files', 'pg_write_server_files')`,
  )
  if (!rows[0].powerful) return
  const cure = `Use one that only reads: CREATE ROLE reader LOGIN; GRANT pg_read_all_data TO reader;`
  throw new Problem('role_too_powerful', `The role ${rows[0].role} may do more than read. ${cure}`)
}

function refusedQuery(error: unknown): unknown {
  const { code, message } = error as { code?: string; message: string }
  if (code === '57014') return new Problem('query_timeout', `The query took too long and was ended: ${message}`)
  return code ? new Problem('query_refused', `PostgreSQL refused the query: ${message} (${code})`) : error
}
