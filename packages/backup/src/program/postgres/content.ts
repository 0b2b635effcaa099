import { createHash } from 'node:crypto'
import pg from 'pg'
import { maxTables, tooManyTables } from '../content.ts'
import type { Content } from '../verbs.ts'
import type { Session } from './session.ts'

/** What is the database's own: not the system's, not a session's, and not what an extension brings along by itself. */
const own = `
  n.nspname NOT IN ('pg_catalog', 'information_schema') AND n.nspname !~ '^pg_(toast|temp)'
  AND NOT EXISTS (
    SELECT FROM pg_catalog.pg_depend d
    WHERE d.classid = 'pg_catalog.pg_class'::pg_catalog.regclass AND d.objid = c.oid AND d.deptype = 'e'
  )`

/** Names and types alone: how PostgreSQL words an expression changes when it is restored. */
const schemaQuery = `
  SELECT c.relkind::text AS kind, n.nspname AS space, c.relname AS name, '' AS detail
    FROM pg_catalog.pg_class c JOIN pg_catalog.pg_namespace n ON n.oid = c.relnamespace
    WHERE c.relkind IN ('r', 'p', 'v', 'm', 'S', 'i', 'I') AND ${own}
  UNION ALL
  SELECT 'column', n.nspname, c.relname,
      pg_catalog.concat_ws(' ', a.attname, pg_catalog.format_type(a.atttypid, a.atttypmod), a.attnotnull)
    FROM pg_catalog.pg_attribute a JOIN pg_catalog.pg_class c ON c.oid = a.attrelid
      JOIN pg_catalog.pg_namespace n ON n.oid = c.relnamespace
    WHERE c.relkind IN ('r', 'p', 'v', 'm') AND a.attnum > 0 AND NOT a.attisdropped AND ${own}
  UNION ALL
  SELECT 'constraint', n.nspname, c.relname, pg_catalog.concat_ws(' ', k.contype, k.conname)
    FROM pg_catalog.pg_constraint k JOIN pg_catalog.pg_class c ON c.oid = k.conrelid
      JOIN pg_catalog.pg_namespace n ON n.oid = c.relnamespace
    WHERE k.contype IN ('c', 'f', 'p', 'u', 'x') AND ${own}`

/** The schema as a digest, and the rows of every table, as the session's transaction sees them. */
export async function contentOf(session: Session): Promise<Content> {
  const schema = await session.query(schemaQuery)
  const lines = schema.rows.map((row) => JSON.stringify([row.kind, row.space, row.name, row.detail])).sort()
  const schemaSha256 = createHash('sha256').update(lines.join('\n')).digest('hex')
  const found = schema.rows.filter(({ kind }) => kind === 'r')
  if (found.length > maxTables) throw tooManyTables()
  const tables: Record<string, number> = {}
  for (const { space, name } of found) {
    const table = `${pg.escapeIdentifier(space)}.${pg.escapeIdentifier(name)}`
    const counted = await session.query(`SELECT pg_catalog.count(*) AS rows FROM ONLY ${table}`)
    tables[`${space}.${name}`] = Number(counted.rows[0].rows)
  }
  return { tables, schemaSha256 }
}
