import type { orderExportQuery } from '@ikoma/api'
import type { Order, OrderFilter } from '@ikoma/domain'
import { notFound } from '@ikoma/kernel'
import type { z } from 'zod'
import type { Context } from '../context.ts'

export async function getOrder({ store }: Pick<Context, 'store'>, id: string): Promise<Order> {
  const order = await store.findOrder(id)
  if (!order) throw notFound('order', id)
  return order
}

/** What the store is asked for, from a query that was checked. */
export function orderFilter({ label, since, ...rest }: z.infer<typeof orderExportQuery>): OrderFilter {
  return {
    ...rest,
    label: label === undefined ? undefined : splitLabel(label),
    since: since === undefined ? undefined : Date.parse(since),
  }
}

function splitLabel(label: string): { key: string; value: string } {
  const at = label.search(/[=:]/)
  return { key: label.slice(0, at), value: label.slice(at + 1) }
}
