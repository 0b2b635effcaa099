import { AppError } from '@ikoma/kernel'
import { getTableName, type SQL, sql } from 'drizzle-orm'
import { getTableConfig, type PgTable } from 'drizzle-orm/pg-core'
import type pg from 'pg'
import type { Database } from './database.ts'

/** Only settings of an app's own: by name alone one could take `role`, or switch `row_security` off. */
const settingName = /^[a-z][a-z0-9_]*\.[a-z][a-z0-9_]*$/

export function settingsFor(as: Record<string, string>): pg.QueryConfig {
  for (const name of Object.keys(as)) {
    if (!settingName.test(name)) {
      throw new AppError('internal', `"${name}" is no setting of an app: write it as app.user_id.`, {
        reason: 'setting',
      })
    }
  }
  return {
    text: 'select set_config(name, value, true) from json_each_text($1::json) as setting (name, value)',
    values: [JSON.stringify(as)],
  }
}

/**
 * For policies: the setting that the transaction runs `as`, null when it was forgotten. A connection that has had the
 * setting once answers with an empty text afterwards, which is nobody's either.
 */
export function currentSetting(name: string): SQL {
  if (!settingName.test(name))
    throw new AppError('internal', `"${name}" is no setting of an app.`, { reason: 'setting' })
  return sql.raw(`nullif(current_setting('${name}', true), '')`)
}

/**
 * Refuses to go on when row-level security would not hold: the role is above it, or a table has it not enabled, not forced
 * for its owner, or has no policy. Call it at the start, with each table that has an owner's column.
 */
export async function assertRowSecurity(database: Database, tables: readonly PgTable[]): Promise<void> {
  const { rows: roles } = await database.pool.query<{ above: boolean }>(
    'select rolsuper or rolbypassrls as above from pg_roles where rolname = current_user',
  )
  if (roles[0]?.above !== false) {
    throw open(
      'the role of DATABASE_URL is a superuser or has BYPASSRLS: connect as a role that owns the database alone',
    )
  }
  const wanted = tables.map(qualified)
  const { rows } = await database.pool.query<{ name: string }>(
    `select name from unnest($1::text[]) as name left join pg_class on oid = to_regclass(name)
      where not coalesce(relrowsecurity and relforcerowsecurity, false)
        or not exists (select from pg_policy where polrelid = pg_class.oid)`,
    [wanted],
  )
  const names = rows.map(({ name }) => name).join(', ')
  if (rows.length > 0) throw open(`it is not enabled, not forced, or without a policy on ${names}`)
}

/** How many rows a transaction sees that runs `as` this; with `{}`, one that forgot to say. */
export async function countVisible(database: Database, table: PgTable, as: Record<string, string>): Promise<number> {
  return database.transaction((tx) => tx.$count(table), { as })
}

function qualified(table: PgTable): string {
  const { schema } = getTableConfig(table)
  return [schema, getTableName(table)].flatMap((name) => (name ? [`"${name.replaceAll('"', '""')}"`] : [])).join('.')
}

function open(why: string): AppError {
  return new AppError('internal', `Row-level security does not hold: ${why}.`, { reason: 'row_security_open' })
}
