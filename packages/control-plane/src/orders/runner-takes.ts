import { findOrderType } from '@ikoma/api'
import { type Order, refuseUntaken } from '@ikoma/domain'
import type { Context } from '../context.ts'

/** Nobody is asked to let run what its runner would refuse all the same. An order of a scope has no runner yet. */
export async function refuseUnrunnable(order: Order, { access, store, presence }: Context): Promise<void> {
  const type = findOrderType(order.type)
  const server = order.runnerId === null && order.serverId !== null ? await store.findServer(order.serverId) : null
  const runnerId = order.runnerId ?? server?.runnerId ?? null
  const runner = runnerId === null ? null : await access.findRunner(runnerId)
  if (type && runner) refuseUntaken({ ...type, timeoutSec: order.timeoutSec }, presence.seen(runner))
}
