import { heldUntil } from '@ikoma/domain'
import type { Context } from '../context.ts'
import { isoTime } from '../present.ts'

const atMost = 200

/** Raises an alarm for each order that is done once, may still run, and whose runner is not heard of. */
export async function watchSilentOrders({ store, alarms }: Pick<Context, 'store' | 'alarms'>): Promise<void> {
  const { items } = await store.listOrders({ status: ['STALE'] }, { limit: atMost, cursor: null })
  const cases = items.flatMap((order) => {
    const until = heldUntil(order)
    const { id: orderId, type, runnerId, resourceKey } = order
    return until === null ? [] : [{ orderId, type, runnerId, resourceKey, heldUntil: isoTime(until) }]
  })
  alarms.raise('order_silent', ...cases)
}
