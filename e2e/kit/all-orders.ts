import type { Client, OrderSummary } from '@ikoma/api'

export async function allOrders(client: Client): Promise<OrderSummary[]> {
  const orders: OrderSummary[] = []
  let cursor: string | null = null
  do {
    const page = await client.listOrders({ limit: 200, ...(cursor === null ? {} : { cursor }) })
    orders.push(...page.items)
    cursor = page.next
  } while (cursor !== null)
  return orders
}
