import { DatabaseSync } from 'node:sqlite'
import { AppError } from '@ikoma/kernel'
import type { Migration } from '../migration.ts'

/**
 * Brings the schema up to date in one transaction under the write lock: killed at any statement, the old schema remains.
 * A database made by `drizzle-kit push` is adopted when its columns are those of the current schema.
 */
export function migrate(client: DatabaseSync, migrations: Migration[], now: number): void {
  client.exec('begin immediate')
  try {
    const applied = appliedTags(client)
    const adopt = applied?.size === 0
    if (adopt) assertPushed(client, migrations)
    refuseNewer(applied, migrations)
    for (const { tag, statements } of migrations) {
      if (applied?.has(tag)) continue
      if (!adopt) for (const statement of statements) client.exec(statement)
      client.prepare('insert into schema_migrations (tag, applied_at) values (?, ?)').run(tag, now)
    }
    client.exec(appendOnlyAudit)
    client.exec('commit')
  } catch (error) {
    client.exec('rollback')
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

function refuseNewer(applied: Set<string> | null, migrations: Migration[]): void {
  const known = new Set(migrations.map(({ tag }) => tag))
  const unknown = [...(applied ?? [])].filter((tag) => !known.has(tag))
  if (unknown.length > 0) {
    throw new AppError('conflict', `The database was written by a newer IKOMA (${unknown.join(', ')}). Start that version.`, {
      reason: 'schema_newer',
    })
  }
}

function assertPushed(client: DatabaseSync, migrations: Migration[]): void {
  const expected = new DatabaseSync(':memory:')
  for (const { statements } of migrations) for (const statement of statements) expected.exec(statement)
  const [wanted, found] = [columnsOf(expected), columnsOf(client)]
  expected.close()
  const missing = [...wanted].filter((column) => !found.has(column))
  if (missing.length > 0) {
    throw new AppError('conflict', `The database lacks ${missing.slice(0, 5).join(', ')}. Run npx drizzle-kit push again.`, {
      reason: 'schema_incomplete',
    })
  }
}

function columnsOf(client: DatabaseSync): Set<string> {
  const rows = client
    .prepare(
      "select t.name as tab, c.name as col from sqlite_schema t join pragma_table_info(t.name) c where t.type = 'table'",
    )
    .all() as { tab: string; col: string }[]
  return new Set(rows.map(({ tab, col }) => `${tab}.${col}`))
}

const appendOnlyAudit = `
  create trigger if not exists audit_no_update before update on audit
    begin select raise(abort, 'the audit is append-only'); end;
  create trigger if not exists audit_no_delete before delete on audit
    begin select raise(abort, 'the audit is append-only'); end;
`
