import type { Statement } from './statement-batch.ts'
import type { Transaction } from './transaction.ts'

export interface Locks {
  /** Runners about to claim: two processes must not both count what one of them holds. */
  runnerIds?: string[]
  /** Keys whose turn may pass. */
  resourceKeys?: string[]
  /** Orders about to change: stands for their resource keys. */
  orderIds?: string[]
}

/**
 * Takes every advisory lock a transaction needs, sorted, before it touches a row: so transactions wait in one direction.
 * Resource keys share 256 locks, because one call may bring thousands of keys and PostgreSQL's lock table is small.
 */
export async function takeLocks(tx: Transaction, { runnerIds = [], resourceKeys = [], orderIds = [] }: Locks) {
  if (runnerIds.length + resourceKeys.length + orderIds.length === 0) return
  await tx.rows(take, runnerIds, resourceKeys, orderIds)
}

const take: Statement = {
  name: 'take_locks',
  text: `
    select count(pg_advisory_xact_lock(lock)) from (
      select distinct lock from (
        select hashtextextended('ikoma runner ' || id, 0) as lock from unnest($1::text[]) as id
        union all
        select hashtext(key) & 255 from unnest($2::text[]) as key
        union all
        select hashtext(resource_key) & 255 from orders where id = any($3::text[]) and resource_key is not null
      ) as wanted order by lock
    ) as sorted`,
}
