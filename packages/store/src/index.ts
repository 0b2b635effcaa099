import type { Store } from '@ikoma/domain'
import type { PostgresOptions } from './postgres/store.ts'

export { openSqliteStore } from './sqlite/store.ts'

/** See there. Loaded only when it is asked for: beside SQLite nobody needs its driver. */
export async function openPostgresStore(options: PostgresOptions): Promise<Store> {
  const postgres = await import('./postgres/store.ts')
  return postgres.openPostgresStore(options)
}
