import { getTableName, is } from 'drizzle-orm'
import { getTableConfig, PgTable } from 'drizzle-orm/pg-core'
import type pg from 'pg'
import {
  type Applied,
  type Migrated,
  type Migration,
  refuseIncomplete,
  refuseNewer,
  wasUnsealed,
} from '../migration.ts'
import * as schema from './schema.ts'

/**
 * Brings the schema up to date in one transaction under a lock: killed at any statement, the old schema remains, and of
 * processes that start together one does it. When it rejects, closing the connection undoes all. A database made by `drizzle-kit push` is adopted when it has every column.
 */
export async function migrate(client: Queryable, migrations: Migration[], now: number): Promise<Migrated> {
  await client.query('begin')
  const migrated = await applyAll(client, migrations, now)
  await client.query('commit')
  return migrated
}

type Queryable = Pick<pg.Client, 'query'>

async function applyAll(client: Queryable, migrations: Migration[], now: number): Promise<Migrated> {
  await client.query("select pg_advisory_xact_lock(hashtextextended('ikoma migrations', 0))")
  const applied = await appliedTags(client)
  const adopt = applied?.size === 0
  if (adopt) await refuseMissingColumns(client)
  refuseNewer(applied ?? [], migrations)
  for (const { tag, statements } of migrations) {
    if (applied?.has(tag)) continue
    if (!adopt) for (const statement of statements) await client.query(statement)
    await client.query('insert into schema_migrations (tag, applied_at) values ($1, $2)', [tag, now])
  }
  await client.query(auditHeadRow)
  await client.query(appendOnlyAudit)
  const { rows } = await client.query<Applied>('select tag, applied_at as at from schema_migrations')
  return { isNew: applied === null, unsealed: wasUnsealed(rows) }
}

/** Null for an empty database; an empty set for one that was pushed. */
async function appliedTags(client: Queryable): Promise<Set<string> | null> {
  const ledger = await client.query('select 1 from pg_tables where schemaname = current_schema() and tablename = $1', [
    getTableName(schema.schemaMigrations),
  ])
  if (ledger.rowCount === 0) return null
  const { rows } = await client.query<{ tag: string }>('select tag from schema_migrations')
  return new Set(rows.map(({ tag }) => tag))
}

async function refuseMissingColumns(client: Queryable): Promise<void> {
  const { rows } = await client.query<{ name: string }>(
    "select table_name || '.' || column_name as name from information_schema.columns where table_schema = current_schema()",
  )
  const found = new Set(rows.map(({ name }) => name))
  const wanted = Object.values(schema).flatMap((table) => {
    if (!is(table, PgTable)) return []
    const { name, columns } = getTableConfig(table)
    return columns.map((column) => `${name}.${column.name}`)
  })
  refuseIncomplete(wanted.filter((column) => !found.has(column)))
}

/** A pushed database may have an audit already; what is not a table is not in drizzle-kit's hands. */
const auditHeadRow = `
  insert into audit_head (id, seq, hash)
  select 1, coalesce(max(seq), 0), coalesce((select hash from audit order by seq desc limit 1), '') from audit
  on conflict do nothing`

/** Made only when missing: replacing a trigger waits for, and then holds up, every writer. */
const appendOnlyAudit = `do $$ begin
  if not exists (select from pg_trigger where tgrelid = 'audit'::regclass and tgname = 'audit_append_only') then
    create or replace function refuse_audit_change() returns trigger language plpgsql as
      'begin raise exception ''the audit is append-only''; end';
    create trigger audit_append_only before update or delete or truncate on audit
      for each statement execute function refuse_audit_change();
  end if;
end $$`
