import type { RunnerTouch } from '@ikoma/domain'
import type { WriteArgs } from '../writes.ts'
import type { Statement } from './statement-batch.ts'
import type { Transaction } from './transaction.ts'

export async function touchRunners(tx: Transaction, calls: WriteArgs<'touchRunners'>[]): Promise<undefined[]> {
  const merged = new Map<string, RunnerTouch>()
  for (const touch of calls.flatMap(([each]) => each)) {
    const { id, lastSeenAt, reported, capabilities, version, instance } = touch
    const before = merged.get(id)
    merged.set(id, {
      id,
      lastSeenAt,
      reported: reported ?? before?.reported,
      capabilities: capabilities ?? before?.capabilities,
      version: version ?? before?.version,
      instance: instance ?? before?.instance,
    })
  }
  const rows = [...merged.values()].map(({ capabilities, ...rest }) => ({
    ...rest,
    capabilities: capabilities && JSON.stringify(capabilities),
  }))
  if (rows.length > 0) await tx.rows(touchAll, JSON.stringify(rows))
  return calls.map(() => undefined)
}

// What was locked brings its touch along: joined again to all touches, without an index, thousands would take seconds.
const touchAll: Statement = {
  name: 'runners_touch',
  text: `
    with touch as (
      select * from json_to_recordset($1::json)
        as given (id text, "lastSeenAt" bigint, reported text, capabilities text, version text, instance text)
    ), locked as (
      select touch.* from runners join touch using (id) order by runners.id for no key update of runners
    )
    update runners set
      last_seen_at = touch."lastSeenAt",
      reported = coalesce(touch.reported, runners.reported),
      capabilities = coalesce(touch.capabilities::json, runners.capabilities),
      version = coalesce(touch.version, runners.version),
      instance = coalesce(touch.instance, runners.instance)
    from locked as touch where runners.id = touch.id`,
}
