import type { Store } from '@ikoma/domain'
import type { PostgresOptions } from './postgres/store.ts'

export type { Opened } from './row-seals.ts'
export { openSqliteStore } from './sqlite/store.ts'

/** Opens a store on PostgreSQL, whose code is loaded only then: beside SQLite nobody needs its driver. */
export async function openPostgresStore(options: PostgresOptions): Promise<Store> {
  const postgres = await import('./postgres/store.ts')
  return postgres.openPostgresStore(options)
}
export { takeDatabase } from './sqlite/sole-process.ts'
