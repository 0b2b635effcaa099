import { DatabaseSync } from 'node:sqlite'
import {
  type Applied,
  type Migrated,
  type Migration,
  refuseIncomplete,
  refuseNewer,
  wasUnsealed,
} from '../migration.ts'

/**
 * Brings the schema up to date in one transaction under the write lock: killed at any statement, the old schema remains.
 * A database made by `drizzle-kit push` is adopted when it has all columns and indexes of the current schema.
 */
export function migrate(client: DatabaseSync, migrations: Migration[], now: number): Migrated {
  client.exec('begin immediate')
  try {
    const applied = appliedTags(client)
    const adopt = applied?.size === 0
    if (adopt) assertPushed(client, migrations)
    refuseNewer(applied ?? [], migrations)
    for (const { tag, statements } of migrations) {
      if (applied?.has(tag)) continue
      if (!adopt) for (const statement of statements) client.exec(statement)
      client.prepare('insert into schema_migrations (tag, applied_at) values (?, ?)').run(tag, now)
    }
    client.exec(appendOnlyAudit)
    const unsealed = wasUnsealed(
      client.prepare('select tag, applied_at as at from schema_migrations').all() as unknown as Applied[],
    )
    client.exec('commit')
    return { isNew: applied === null, unsealed }
  } catch (error) {
    // A full disk may already have rolled it back.
    if (client.isTransaction) client.exec('rollback')
    throw error
  }
}

/** Null for an empty database; an empty set for one that was pushed. */
function appliedTags(client: DatabaseSync): Set<string> | null {
  const ledger = client.prepare("select 1 from sqlite_schema where type = 'table' and name = 'schema_migrations'").get()
  if (!ledger) return null
  const rows = client.prepare('select tag from schema_migrations').all() as { tag: string }[]
  return new Set(rows.map(({ tag }) => tag))
}

function assertPushed(client: DatabaseSync, migrations: Migration[]): void {
  const expected = new DatabaseSync(':memory:')
  for (const { statements } of migrations) for (const statement of statements) expected.exec(statement)
  const [wanted, found] = [partsOf(expected), partsOf(client)]
  expected.close()
  refuseIncomplete([...wanted].filter((part) => !found.has(part)))
}

/** Columns, and the indexes that keep keys unique. */
function partsOf(client: DatabaseSync): Set<string> {
  const rows = client
    .prepare(
      `select t.name || '.' || c.name as part from sqlite_schema t join pragma_table_info(t.name) c where t.type = 'table'
      union all select name from sqlite_schema where type = 'index' and sql is not null`,
    )
    .all() as { part: string }[]
  return new Set(rows.map(({ part }) => part))
}

/** REPLACE deletes without a trigger: that a new event has the next number keeps it out. */
const appendOnlyAudit = `
  create trigger if not exists audit_in_sequence before insert on audit
    when new.seq <> (select coalesce(max(seq), 0) + 1 from audit)
    begin select raise(abort, 'the audit is append-only'); end;
  create trigger if not exists audit_no_update before update on audit
    begin select raise(abort, 'the audit is append-only'); end;
  create trigger if not exists audit_no_delete before delete on audit
    begin select raise(abort, 'the audit is append-only'); end;
`
