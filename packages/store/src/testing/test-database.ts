import { newId } from '@ikoma/kernel'
import type { WipeableStore } from '../conformance/index.ts'
import { withClient } from '../postgres/connection.ts'
import { openPostgresStore, type PostgresOptions } from '../postgres/store.ts'
import { sealKey } from './fixtures.ts'

export interface TestDatabase {
  url: string
  drop(): Promise<void>
}

/** An empty database of its own on the tests' server. */
export async function newDatabase(serverUrl: string): Promise<TestDatabase> {
  const name = `test_${newId().replaceAll('-', '')}`
  const server = `${serverUrl}/postgres`
  await onDatabase(server, `create database ${name}`)
  return { url: `${serverUrl}/${name}`, drop: () => onDatabase(server, `drop database ${name} with (force)`) }
}

type OptionsFor = (databaseUrl: string) => Omit<PostgresOptions, 'sealKey'>

/** An empty PostgreSQL store in a database of its own. */
export async function openTemporary(serverUrl: string, optionsFor: OptionsFor = direct): Promise<WipeableStore> {
  const database = await newDatabase(serverUrl)
  const options = optionsFor(database.url)
  const opened: WipeableStore = {
    store: await openPostgresStore({ sealKey, ...options }),
    async reopen() {
      await opened.store.close()
      opened.store = await openPostgresStore({ sealKey, ...options })
      return opened.store
    },
    async destroy() {
      await opened.store.close()
      await database.drop()
    },
    wipe: () => onDatabase(database.url, wipe),
    tamper: (statement) =>
      onDatabase(database.url, `begin; set local session_replication_role = replica; ${statement}; commit`),
  }
  return opened
}

const direct: OptionsFor = (url) => ({ url, sealKey })

/** A replica's session fires no triggers: those that keep the audit would refuse. */
const wipe = `do $$ begin
  set local session_replication_role = replica;
  execute (select 'truncate ' || string_agg(quote_ident(tablename), ', ') || ' restart identity' from pg_tables
    where schemaname = 'public' and tablename not in ('schema_migrations', 'audit_head'));
  update audit_head set seq = 0, hash = '';
end $$`

/** Runs one statement beside whatever else is connected. */
export async function onDatabase(url: string, statement: string): Promise<void> {
  await withClient({ connectionString: url }, (client) => client.query(statement))
}
